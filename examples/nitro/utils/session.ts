// The sessions of this app, and what its routes are made with.
import { createSessions } from "coatcheck";
import { type SessionHandler, withSession } from "coatcheck/fetch";
import { defineEventHandler, type EventHandler, toWebRequest } from "h3";

interface Visitor {
  username?: string;
}

const sessions = createSessions<Visitor>({ secret: process.env.SESSION_SECRET });

/** A route whose function gets the session. */
export function page(handler: SessionHandler<Visitor, []>): EventHandler {
  const respond = withSession(sessions, handler);
  return defineEventHandler((event) => respond(toWebRequest(event)));
}

export function html(body: string, status = 200): Response {
  return new Response(body, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

export function redirect(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location } });
}
