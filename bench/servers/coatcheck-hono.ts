// coatcheck on Hono, with any of its stores.
import { createSessions, type SessionStore } from "coatcheck";
import { type SessionEnv, session } from "coatcheck/hono";
import { Hono } from "hono";
import { listenWithHono } from "./listen.ts";
import { type BenchData, dataOf, greeting, loginState, SECRET, SEEDED, visitCount } from "./texts.ts";

type Data = Partial<BenchData>;

export function startCoatcheckOnHono(store: SessionStore): Promise<number> {
  const app = new Hono<SessionEnv<Data>>();
  app.use(session(createSessions<Data>({ secret: SECRET, store })));
  app.get("/seed/:user", (c) => {
    c.get("session").update(dataOf(c.req.param("user")));
    return c.text(SEEDED);
  });
  app.get("/read", (c) => c.text(greeting(c.get("session").username)));
  app.get("/write", (c) => {
    const visits = (c.get("session").visits ?? 0) + 1;
    c.get("session").visits = visits;
    return c.text(visitCount(visits));
  });
  app.get("/has", (c) => c.text(loginState("username" in c.get("session"))));
  return listenWithHono(app);
}
