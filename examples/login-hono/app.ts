// A login page on Hono.
import { serve } from "@hono/node-server";
import { type SessionEnv, session } from "coatcheck/hono";
import { Hono } from "hono";
import { html } from "hono/html";

interface Visitor {
  username?: string;
}

const app = new Hono<SessionEnv<Visitor>>();
app.use(session<Visitor>({ secret: process.env.SESSION_SECRET }));

app.get("/", (c) => {
  const { username } = c.get("session");
  if (username === undefined) return c.html('<p>You are not logged in. <a href="/login">Log in</a></p>');
  return c.html(html`
    <p>Logged in as ${username}</p>
    <form method="post" action="/logout"><button>Log out</button></form>`);
});

app.get("/login", (c) =>
  c.html(html`
    <form method="post" action="/login">
      <label>Username <input name="username" required maxlength="64" autocomplete="username"></label>
      <button>Log in</button>
    </form>`),
);

app.post("/login", async (c) => {
  const { username } = await c.req.parseBody();
  if (typeof username !== "string" || username.trim() === "") return c.redirect("/login", 303);
  const session = c.get("session");
  session.username = username.trim();
  // A new session ID: one that somebody else may know ends here.
  await session.login(session.username);
  return c.redirect("/", 303);
});

app.post("/logout", async (c) => {
  await c.get("session").logout();
  return c.redirect("/", 303);
});

serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}`);
});
