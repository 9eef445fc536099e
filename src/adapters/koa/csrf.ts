// CSRF protection for Koa 2 and 3: a middleware, after those of the session and of the body. It imports nothing of Koa.
import type { IncomingMessage } from "node:http";
import {
  type CsrfMiddlewareOptions,
  createParsedRequestCheck,
  type NamedSessionOptions,
} from "../shared/csrf-check.ts";
import { headersOf } from "../shared/node-request.ts";

/** What of Koa's context is used. */
export interface KoaCsrfContext {
  readonly req: IncomingMessage;
  readonly request: object;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly host: string;
}

export interface KoaCsrfOptions extends CsrfMiddlewareOptions<KoaCsrfContext>, NamedSessionOptions {}

/** A middleware of Koa. */
export type KoaCsrfMiddleware = (ctx: KoaCsrfContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Refuses requests that change something and were not sent by this site's own pages: see `verifyCsrf` of `coatcheck/csrf`.
 * The token comes in the header, or in `ctx.request.body`: put your body parser before it. Koa's error handling gets a
 * `CsrfError`, status 403. The request's own origin follows `app.proxy`.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * app.use(session(sessions));
 * app.use(bodyParser());
 * app.use(csrf());
 */
export function csrf(options: KoaCsrfOptions = {}): KoaCsrfMiddleware {
  const check = createParsedRequestCheck(options, (ctx: KoaCsrfContext) => ({
    headers: headersOf(ctx.req.headers),
    // `ctx.origin` is another thing in Koa 3 than in Koa 2.
    origin: `${ctx.protocol}://${ctx.host}`,
    body: Reflect.get(ctx.request, "body"),
  }));
  return async function csrfMiddleware(ctx, next) {
    check(ctx);
    await next();
  };
}
