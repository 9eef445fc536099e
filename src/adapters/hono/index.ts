// Sessions for Hono: a middleware; the session is `c.get("session")`.
import type { Context, MiddlewareHandler } from "hono";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import type { Session, SessionData } from "../../core/session/types.ts";
import { discard, storeLateChanges } from "../shared/late-changes.ts";
import { cookieHeaderOf } from "../shared/light-request.ts";
import { lightResponseWithVary } from "../shared/light-response.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import { propertyName } from "../shared/property-name.ts";
import { withDuties } from "../shared/response-headers.ts";

export { csrf, type HonoCsrfOptions } from "./csrf.ts";

/** Types the variables of a Hono app: with `new Hono<SessionEnv<Data>>()`, `c.get("session")` is typed everywhere. */
export interface SessionEnv<Data = SessionData, Name extends string = "session"> {
  Variables: { [Key in Name]: Session<Data> };
}

export interface HonoSessionOptions<Name extends string = "session"> {
  /** The name of the context's variable, where an app has more than one session. Default: `"session"`. */
  readonly as?: Name | undefined;
}

/**
 * A middleware that gives each request its session and stores it before the response goes out, also a response that
 * an error handler made. Where the store is out, Hono's error handler gets a `StoreUnavailableError`; by default it
 * answers 503.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @example
 * const app = new Hono<SessionEnv<{ username?: string }>>();
 * app.use(session({ secret: process.env.SESSION_SECRET }));
 * app.get("/", (c) => c.text(`Hello ${c.get("session").username ?? "stranger"}`));
 */
export function session<Data = SessionData, Name extends string = "session">(
  sessions: ManagerOrOptions<Data>,
  options: HonoSessionOptions<Name> = {},
): MiddlewareHandler<SessionEnv<Data, Name>> {
  const manager = managerOf(sessions);
  const name = propertyName(options);
  return async function sessionMiddleware(c, next) {
    const { raw } = c.req;
    const opened = manager.open(cookieHeaderOf(raw));
    const active = opened instanceof Promise ? await opened : opened;
    (c as Context).set(name, active.session);
    await next();
    const isSecure = (): boolean => raw.url.startsWith("https:");
    try {
      const finished = active.finish(isSecure);
      const duties = finished instanceof Promise ? await finished : finished;
      if (active.mayChangeUnseen) replaceResponse(c, await storeLateChanges(c.res, active));
      answer(c, duties);
    } catch (error) {
      dropResponse(c);
      answerFailure(c, await active.failureDuties(isSecure));
      throw error;
    }
  };
}

export default session;

function answer(c: Context, duties: ResponseDuties): void {
  if (!duties.varyOnCookie && duties.setCookie === undefined) return;
  const light = duties.setCookie === undefined ? lightResponseWithVary(c.res) : undefined;
  replaceResponse(c, light ?? withDuties(c.res, duties));
}

/** Headers that are about the body. */
const OF_BODY = ["content-encoding", "content-length", "content-range", "etag", "last-modified", "transfer-encoding"];

/**
 * Hono merges the headers of the dropped response into the one of the error handler. Those of middleware, such as CORS,
 * belong there; a length does not.
 */
function dropResponse(c: Context): void {
  discard(c.res);
  const headers = new Headers(c.res.headers);
  for (const name of OF_BODY) headers.delete(name);
  c.res = undefined;
  c.res = new Response(null, { headers });
}

function replaceResponse(c: Context, response: Response): void {
  if (response === c.res) return;
  // Otherwise Hono would merge the headers of the one before into it.
  c.res = undefined;
  c.res = response;
}

/** Hono puts the headers of the answer that it has on the one that its error handler makes. */
function answerFailure(c: Context, { setCookie }: ResponseDuties): void {
  c.header("Cache-Control", "no-store");
  if (setCookie !== undefined) c.header("Set-Cookie", setCookie, { append: true });
}
