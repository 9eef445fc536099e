// A user's Express program that has swapped the import of express-session. It is compiled against the packed types, with and
// without the types of express-session beside them.
import session, { MemoryStore } from "coatcheck/express-session";
import express from "express";

declare module "coatcheck/express-session" {
  interface SessionData {
    user?: string;
    visits?: number;
  }
}

const store: session.Store = new MemoryStore();

export const app = express();
app.use(session({ secret: ["a", "b"], store, resave: false, saveUninitialized: false, cookie: { maxAge: 60_000 } }));
app.get("/", (req, res) => {
  req.session.visits = (req.session.visits ?? 0) + 1;
  const user: string | undefined = req.session.user;
  // @ts-expect-error: `user` is text.
  req.session.user = 1;
  req.session.cookie.maxAge = 3_600_000;
  req.session.regenerate((error: unknown) => res.send(`${req.sessionID} ${user} ${String(error)}`));
});

/** A test's own session needs no more than the members. */
type Members = { [Name in keyof session.Session]: session.Session[Name] };
export const sessionOf = (members: Members): session.Session => members;
