// A reply of Fastify's told of the session's cookie. It knows no session.
import type { FastifyReply } from "fastify";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { varyOnCookie, withDuties } from "../shared/response-headers.ts";

/** Sets the headers that tell the browser of the session, and gives the payload to send. */
export function tell(reply: FastifyReply, payload: unknown, duties: ResponseDuties): unknown {
  if (duties.varyOnCookie) reply.header("vary", varyOnCookie(reply.getHeader("vary")?.toString()));
  if (duties.setCookie !== undefined) {
    addCookie(reply, duties.setCookie);
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
  }
  // A Response has headers of its own, which replace those of the reply.
  if (payload instanceof Response && payload.headers.has("vary")) {
    return withDuties(payload, { varyOnCookie: duties.varyOnCookie, setCookie: undefined });
  }
  return payload;
}

/** Tells the browser what was stored before a failure. */
export function tellFailure(reply: FastifyReply, { setCookie }: ResponseDuties): void {
  reply.header("cache-control", "no-store");
  if (setCookie !== undefined) addCookie(reply, setCookie);
}

/** Reads all cookies and sets them anew, since Fastify would drop those that were set on `reply.raw`. */
function addCookie(reply: FastifyReply, setCookie: string): void {
  const cookies = [reply.getHeader("set-cookie") ?? []].flat().map(String);
  reply.removeHeader("set-cookie").header("set-cookie", [...cookies, setCookie]);
}
