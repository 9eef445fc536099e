// Every request gets its session here, in the context of its route.
import { createSessions, type Session, type SessionManager } from "coatcheck";
import { withSession } from "coatcheck/fetch";
import { createContext, type MiddlewareFunction } from "react-router";

type Visitor = { username?: string };

export const sessionContext = createContext<Session<Visitor>>();

let sessions: SessionManager<Visitor> | undefined;

export const sessionMiddleware: MiddlewareFunction<Response> = ({ request, context }, next) => {
  // Not before the first request: a build may load this file too, and has no secret.
  sessions ??= createSessions<Visitor>({ secret: process.env.SESSION_SECRET });
  const respond = withSession(sessions, (_request, session) => {
    context.set(sessionContext, session);
    return next();
  });
  return respond(request);
};
