// A login page on Koa.
import { bodyParser } from "@koa/bodyparser";
import Router from "@koa/router";
import { session } from "coatcheck/koa";
import Koa from "koa";
import { form, welcome } from "./pages.ts";

declare module "coatcheck" {
  interface SessionData {
    username?: string;
  }
}

const router = new Router();

router.get("/", (ctx) => {
  ctx.body = welcome(ctx.session.username);
});

router.get("/login", (ctx) => {
  ctx.body = form;
});

router.post("/login", async (ctx) => {
  const body: { username?: string } = ctx.request.body ?? {};
  const username = String(body.username ?? "").trim();
  if (username === "") {
    ctx.status = 400;
    ctx.body = form;
    return;
  }
  ctx.session.username = username;
  // A new session ID: one that somebody else may know ends here.
  await ctx.session.login(username);
  ctx.status = 303;
  ctx.redirect("/");
});

router.post("/logout", async (ctx) => {
  await ctx.session.logout();
  ctx.status = 303;
  ctx.redirect("/");
});

const app = new Koa();
app.use(session({ secret: process.env.SESSION_SECRET }));
app.use(bodyParser());
app.use(router.routes());

const port = Number(process.env.PORT ?? 3000);
app.listen(port, () => console.log(`http://localhost:${port}`));
