// Sessions for Next.js, App Router. The Pages Router has node's `req` and `res`, and takes `coatcheck/node`.
import type { SessionData } from "../../core/session/types.ts";
import type { ManagerOrOptions } from "../shared/manager-or-options.ts";
import { createNextSession, type NextSession } from "./next-session.ts";
import { importNextHeaders } from "./request.ts";

export { verifyCsrf, withCsrf } from "./csrf.ts";
export type { NextSession, RouteHandler } from "./next-session.ts";
export { type ReadOnlySession, ReadOnlySessionError } from "./read-only.ts";

/**
 * Sessions for Next.js 15 and 16, on its Node.js runtime. Call it once, in a module that the others import, and say
 * `serverExternalPackages: ["coatcheck"]` in next.config.
 *
 * @param sessions The options, which are then first looked at when the server runs: `next build` needs no secret and
 *   opens no store. Or a manager of `createSessions`.
 * @example
 * // lib/session.ts
 * import { session } from "coatcheck/next";
 *
 * export const { getSession, updateSession, withSession } = session<{ username?: string }>({
 *   secret: process.env.SESSION_SECRET,
 * });
 */
export function session<Data = SessionData>(sessions: ManagerOrOptions<Data>): NextSession<Data> {
  return createNextSession(sessions, importNextHeaders);
}

export default session;
