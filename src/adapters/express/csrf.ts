// CSRF protection for Express 4 and 5: a middleware, after those of the session and of the body. Its types do without
// `@types/express`.
import type { IncomingMessage, ServerResponse } from "node:http";
import { csrfMiddleware } from "../node/csrf.ts";
import {
  type CsrfMiddlewareOptions,
  createParsedRequestCheck,
  type NamedSessionOptions,
} from "../shared/csrf-check.ts";
import { headersOf, hostOf } from "../shared/node-request.ts";

/** What of Express's request is used. */
interface ExpressCsrfRequest extends IncomingMessage {
  readonly method: string;
  readonly protocol: string;
  /** The app's settings. */
  readonly app: { get(setting: string): unknown };
  readonly body?: unknown;
}

/** @template Incoming The type of the request that `ignore` gets: `csrf<Request>({ ignore: ({ path }) => ... })`. */
export interface ExpressCsrfOptions<Incoming = ExpressCsrfRequest>
  extends CsrfMiddlewareOptions<Incoming>,
    NamedSessionOptions {}

/** A middleware of Express. */
export type ExpressCsrfMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Refuses requests that change something and were not sent by this site's own pages: see `verifyCsrf` of `coatcheck/csrf`.
 * The token comes in the header, or in the form: put `express.urlencoded()`, and for multipart your parser, before it.
 * Express's error handling gets a `CsrfError`, status 403. The request's own origin follows the setting `trust proxy`.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * app.use(session(sessions));
 * app.use(express.urlencoded());
 * app.use(csrf());
 */
export function csrf<Incoming = ExpressCsrfRequest>(options: ExpressCsrfOptions<Incoming> = {}): ExpressCsrfMiddleware {
  // `Incoming` is the app's own view of the same request.
  const check = createParsedRequestCheck(options as ExpressCsrfOptions, (req: ExpressCsrfRequest) => ({
    headers: headersOf(req.headers),
    origin: `${req.protocol}://${trustedHostOf(req)}`,
    body: req.body,
  }));
  return csrfMiddleware((req: IncomingMessage) => check(req as ExpressCsrfRequest));
}

/** As `req.host` of Express 5 has it; that of Express 4 lacks the port. */
function trustedHostOf(req: ExpressCsrfRequest): string {
  const forwarded = req.headers["x-forwarded-host"]?.toString().split(",", 1)[0]?.trim();
  const trusts = req.app.get("trust proxy fn");
  const isTrusted = typeof trusts === "function" && trusts(req.socket.remoteAddress, 0) === true;
  return forwarded && isTrusted ? forwarded : hostOf(req);
}
