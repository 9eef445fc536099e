// iron-session on Hono: the data is sealed into the cookie, and the server keeps nothing.
import { type Context, Hono } from "hono";
import { getIronSession, type IronSession } from "iron-session";
import { listenWithHono } from "./listen.ts";
import { type BenchData, dataOf, greeting, loginState, SECRET, SEEDED, visitCount } from "./texts.ts";

const sessionOf = (c: Context): Promise<IronSession<Partial<BenchData>>> =>
  getIronSession<Partial<BenchData>>(c.req.raw, c.res, { password: SECRET, cookieName: "session" });

export function startIronSession(): Promise<number> {
  const app = new Hono();
  app.get("/seed/:user", async (c) => {
    const session = await sessionOf(c);
    Object.assign(session, dataOf(c.req.param("user")));
    await session.save();
    return c.text(SEEDED);
  });
  app.get("/read", async (c) => c.text(greeting((await sessionOf(c)).username)));
  app.get("/write", async (c) => {
    const session = await sessionOf(c);
    const visits = (session.visits ?? 0) + 1;
    session.visits = visits;
    await session.save();
    return c.text(visitCount(visits));
  });
  app.get("/has", async (c) => c.text(loginState("username" in (await sessionOf(c)))));
  return listenWithHono(app);
}
