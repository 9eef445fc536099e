// A login page on Express.
import { session } from "coatcheck/express";
import express from "express";
import { form, welcome } from "./pages.ts";

declare module "coatcheck" {
  interface SessionData {
    username?: string;
  }
}

const app = express();
app.use(session({ secret: process.env.SESSION_SECRET }));
app.use(express.urlencoded());

app.get("/", (req, res) => {
  res.send(welcome(req.session.username));
});

app.get("/login", (_req, res) => {
  res.send(form);
});

app.post("/login", async (req, res) => {
  const username = String(req.body?.username ?? "").trim();
  if (username === "") {
    res.status(400).send(form);
    return;
  }
  req.session.username = username;
  // A new session ID: one that somebody else may know ends here.
  await req.session.login(username);
  res.redirect(303, "/");
});

app.post("/logout", async (req, res) => {
  await req.session.logout();
  res.redirect(303, "/");
});

const port = Number(process.env.PORT ?? 3000);
app.listen(port, () => console.log(`http://localhost:${port}`));
