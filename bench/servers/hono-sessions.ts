// hono-sessions with its own memory store, set up as its README does.
import { Hono } from "hono";
import { MemoryStore, type Session, sessionMiddleware } from "hono-sessions";
import { listenWithHono } from "./listen.ts";
import { type BenchData, dataOf, greeting, loginState, SECRET, SEEDED, visitCount } from "./texts.ts";

export function startHonoSessions(): Promise<number> {
  const app = new Hono<{ Variables: { session: Session<BenchData> } }>();
  app.use(
    "*",
    sessionMiddleware({
      store: new MemoryStore(),
      encryptionKey: SECRET,
      expireAfterSeconds: 900,
      cookieOptions: { sameSite: "Lax", path: "/", httpOnly: true },
    }),
  );
  app.get("/seed/:user", (c) => {
    const { username, visits, locale, roles, cart, note } = dataOf(c.req.param("user"));
    const session = c.get("session");
    session.set("username", username);
    session.set("visits", visits);
    session.set("locale", locale);
    session.set("roles", roles);
    session.set("cart", cart);
    session.set("note", note);
    return c.text(SEEDED);
  });
  app.get("/read", (c) => c.text(greeting(c.get("session").get("username"))));
  app.get("/write", (c) => {
    const visits = (c.get("session").get("visits") ?? 0) + 1;
    c.get("session").set("visits", visits);
    return c.text(visitCount(visits));
  });
  app.get("/has", (c) => c.text(loginState(c.get("session").get("username") !== null)));
  return listenWithHono(app);
}
