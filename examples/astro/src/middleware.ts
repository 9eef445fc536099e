// Every request gets its session here, as `Astro.locals.session`.
import { defineMiddleware } from "astro:middleware";
import { createSessions, type SessionManager } from "coatcheck";
import { withSession } from "coatcheck/fetch";

type Visitor = { username?: string };

let sessions: SessionManager<Visitor> | undefined;

export const onRequest = defineMiddleware((context, next) => {
  // Pages that are rendered at build time have no visitor.
  if (context.isPrerendered) return next();
  sessions ??= createSessions<Visitor>({ secret: process.env.SESSION_SECRET });
  const respond = withSession(sessions, (_request, session) => {
    context.locals.session = session;
    return next();
  });
  return respond(context.request);
});
