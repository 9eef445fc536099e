// Every request gets its session here, as `locals.session`.
import type { Handle } from "@sveltejs/kit";
import { createSessions, type SessionManager } from "coatcheck";
import { withSession } from "coatcheck/fetch";

type Visitor = { username?: string };

let sessions: SessionManager<Visitor> | undefined;

export const handle: Handle = ({ event, resolve }) => {
  // Not before the first request: `vite build` loads this file too, and has no secret.
  sessions ??= createSessions<Visitor>({ secret: process.env.SESSION_SECRET });
  const respond = withSession(sessions, (_request, session) => {
    event.locals.session = session;
    return resolve(event);
  });
  return respond(event.request);
};
