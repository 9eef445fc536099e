// A login page as it is written for express-session. Only the import and the store are others.
import session from "coatcheck/express-session";
import { sqliteStore } from "coatcheck/sqlite";
import express from "express";
import { form, welcome } from "./pages.ts";

declare module "coatcheck/express-session" {
  interface SessionData {
    username: string;
  }
}

const app = express();
app.use(
  session({
    secret: process.env.SESSION_SECRET ?? "",
    // Without a store it is the memory, as ever.
    store: sqliteStore(),
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: "lax" },
  }),
);
app.use(express.urlencoded());

app.get("/", (req, res) => {
  res.send(welcome(req.session.username));
});

app.get("/login", (_req, res) => {
  res.send(form);
});

app.post("/login", (req, res, next) => {
  const username = String(req.body?.username ?? "").trim();
  // A new session ID: one that somebody else may know ends here.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.username = username;
    res.redirect(303, "/");
  });
});

app.post("/logout", (req, res, next) => {
  req.session.destroy((error) => {
    if (error) return next(error);
    res.redirect(303, "/");
  });
});

const port = Number(process.env.PORT ?? 3000);
app.listen(port, () => console.log(`http://localhost:${port}`));
