// A login page on h3.
import { createSessions } from "coatcheck";
import { type SessionHandler, withSession } from "coatcheck/fetch";
import { type EventHandler, H3, serve } from "h3";
import { form, welcome } from "./pages.ts";

interface Visitor {
  username?: string;
}

const sessions = createSessions<Visitor>({ secret: process.env.SESSION_SECRET });

/** A handler of h3 whose function gets the session. */
function page(handler: SessionHandler<Visitor, []>): EventHandler {
  const respond = withSession(sessions, handler);
  return (event) => respond(event.req);
}

const app = new H3()
  .get(
    "/",
    page((_request, session) => html(welcome(session.username))),
  )
  .get("/login", () => html(form))
  .post(
    "/login",
    page(async (request, session) => {
      const username = String((await request.formData()).get("username") ?? "").trim();
      if (username === "") return html(form, 400);
      session.username = username;
      // A new session ID: one that somebody else may know ends here.
      await session.login(username);
      return redirect("/");
    }),
  )
  .post(
    "/logout",
    page(async (_request, session) => {
      await session.logout();
      return redirect("/");
    }),
  );

function html(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

function redirect(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location } });
}

serve(app, { port: Number(process.env.PORT ?? 3000) });
