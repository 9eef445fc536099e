// Hono without sessions: what the others on Hono are compared with.
import { Hono } from "hono";
import { bareCookie } from "./bare-cookie.ts";
import { listenWithHono } from "./listen.ts";
import { greeting, loginState, SEEDED, userName, visitCount } from "./texts.ts";

/** @param withMiddleware Whether an empty middleware runs before each handler: what any middleware costs. */
export function startHono(withMiddleware: boolean): Promise<number> {
  const app = new Hono();
  let visits = 100_000;
  if (withMiddleware) app.use(async (_c, next) => next());
  app.get("/seed/:user", (c) => {
    c.header("Set-Cookie", bareCookie());
    return c.text(SEEDED);
  });
  app.get("/read", (c) => c.text(greeting(userName(0))));
  app.get("/write", (c) => c.text(visitCount(++visits)));
  app.get("/has", (c) => c.text(loginState(false)));
  return listenWithHono(app);
}
