// Sessions for anything that turns a Request into a Response: Bun, Deno, Workers, SvelteKit, React Router, Astro.
import type { RequestSession } from "../../core/manager.ts";
import type { Session, SessionData } from "../../core/session/types.ts";
import { functionOption } from "../../core/util/option-checks.ts";
import { answerFailure } from "../shared/answer-failure.ts";
import { finishWith } from "../shared/finish-with.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";

export { type CsrfHandler, type FetchCsrfOptions, withCsrf } from "./csrf.ts";

/** Your handler: a request, its session, and whatever else the server hands over (Bun's server, a Worker's env). */
export type SessionHandler<Data, Rest extends unknown[] = unknown[]> = (
  request: Request,
  session: Session<Data>,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Gives a handler the session of each request. It is stored before the response is handed on; when the handler throws,
 * nothing is stored. Where the store is out it answers 503; where the session ended meanwhile and what was written could
 * not be stored, 409.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @example
 * const sessions = createSessions<{ visits?: number }>({ secret: process.env.SESSION_SECRET });
 * export default {
 *   fetch: withSession(sessions, (request, session) => {
 *     session.visits = (session.visits ?? 0) + 1;
 *     return new Response(`Visit ${session.visits}`);
 *   }),
 * };
 */
export function withSession<Data = SessionData, Rest extends unknown[] = unknown[]>(
  sessions: ManagerOrOptions<Data>,
  handler: SessionHandler<Data, Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  const manager = managerOf(sessions);
  functionOption("handler", handler);
  return async (request, ...rest) => {
    const isSecure = (): boolean => request.url.startsWith("https:");
    let active: RequestSession<Data> | undefined;
    try {
      active = await manager.open(request.headers.get("cookie"));
      const response = await handler(request, active.session, ...rest);
      return await finishWith(response, active, isSecure);
    } catch (error) {
      return answerFailure(error, active, isSecure);
    }
  };
}

export default withSession;
