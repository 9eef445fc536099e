// Sessions for Koa 2 and 3: a middleware; the session is `ctx.session`. It imports nothing of Koa, so that its types do
// without `@types/koa`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session, SessionData } from "../../core/session/types.ts";
import { storeAndTell, storeBeforeHeaders } from "../node/exchange.ts";
import { withoutCrash } from "../node-response/without-crash.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import { propertyName } from "../shared/property-name.ts";

export { csrf, type KoaCsrfContext, type KoaCsrfMiddleware, type KoaCsrfOptions } from "./csrf.ts";

/** What `new Koa<DefaultState, SessionContext<Data>>()` needs, so that `ctx.session` is typed everywhere. */
export interface SessionContext<Data = SessionData> {
  session: Session<Data>;
}

/** What of Koa's context is used here. */
export interface KoaContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly secure: boolean;
  readonly body?: unknown;
  /** `false` where the app answers past Koa. */
  readonly respond?: boolean | undefined;
  onerror(error: Error): void;
}

/** A middleware of Koa. */
export type KoaMiddleware<Data = SessionData> = (
  ctx: KoaContext & SessionContext<Data>,
  next: () => Promise<unknown>,
) => Promise<void>;

export interface KoaSessionOptions {
  /** The name of the context's property, where an app has more than one session. Default: `"session"`. */
  readonly as?: string | undefined;
}

/**
 * A middleware that gives each request its session, and stores it when the middleware below is done, or just before the
 * headers where one of them writes to the response itself (`ctx.flushHeaders()`, `ctx.respond = false`). When the session
 * can't be read or stored, Koa's error handling gets the error, with its status. When a middleware below throws, nothing is
 * stored. `secure: "auto"` follows `ctx.secure`, and so `app.proxy`.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @example
 * const app = new Koa<DefaultState, SessionContext<{ visits?: number }>>();
 * app.use(session({ secret: process.env.SESSION_SECRET }));
 * app.use((ctx) => {
 *   ctx.session.visits = (ctx.session.visits ?? 0) + 1;
 *   ctx.body = `Visit ${ctx.session.visits}`;
 * });
 */
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  options: KoaSessionOptions = {},
): KoaMiddleware<Data> {
  const manager = managerOf(sessions);
  const name = propertyName(options);
  return async function sessionMiddleware(ctx, next) {
    const opened = manager.open(ctx.req.headers.cookie);
    const active = opened instanceof Promise ? await opened : opened;
    (ctx as typeof ctx & Record<string, unknown>)[name] = active.session;
    const isSecure = (): boolean => ctx.secure;
    const letGo = storeBeforeHeaders(active, ctx, name, ctx.res, isSecure, (error) => ctx.onerror(error as Error));
    try {
      await next();
      // Middleware that answers past Koa may still be at work: then the session is stored when it writes, since an error
      // thrown here would not stop it.
      if (ctx.respond === false) return;
      // Usually nothing was written yet; then an error is thrown here, to whoever handles errors above.
      const stored = letGo("done") && storeAndTell(active, ctx, name, ctx.res, isSecure);
      if (stored instanceof Promise) await withoutCrash(ctx.body, stored);
    } catch (error) {
      // Koa drops all headers for its answer to an error. What was stored before is told when that answer begins.
      letGo("failed");
      throw error;
    }
  };
}

export default session;
