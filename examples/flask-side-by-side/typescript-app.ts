// The pages that have moved to TypeScript. They have Flask's sessions.
import { createSessions } from "coatcheck";
import { flaskCookieStore } from "coatcheck/flask-cookie";
import { type SessionEnv, session } from "coatcheck/hono";
import { Hono } from "hono";

interface Visitor {
  username?: string;
}

const sessions = createSessions<Visitor>({
  secret: process.env.SESSION_SECRET, // CSRF tokens only: the cookie is signed with Flask's SECRET_KEY
  store: flaskCookieStore({ secret: process.env.SECRET_KEY ?? "" }),
  cookie: { name: "session" },
});

export const app = new Hono<SessionEnv<Visitor>>();
app.use(session(sessions));

app.get("/ts", (c) => {
  const { username } = c.get("session");
  const [flash] = c.get("session").takeFlashes();
  const greeting = username === undefined ? "You are not logged in." : `Logged in as ${username}`;
  return c.text(`TypeScript: ${greeting}${flash ? ` (${flash.message})` : ""}`);
});

app.post("/ts/login", async (c) => {
  const { username } = await c.req.parseBody();
  if (typeof username === "string") c.get("session").username = username;
  return c.redirect("/ts", 303);
});

app.post("/ts/logout", async (c) => {
  await c.get("session").logout();
  return c.redirect("/ts", 303);
});
