// CSRF protection for plain `node:http`, and for everything that takes a (req, res, next) middleware.
import type { CsrfRequest } from "../../core/request/csrf.ts";
import {
  type CsrfMiddlewareOptions,
  createParsedRequestCheck,
  type NamedSessionOptions,
} from "../shared/csrf-check.ts";
import { headersOf, hostOf, schemeOf } from "../shared/node-request.ts";
import type { NodeRequest, NodeResponse } from "./exchange.ts";

export interface NodeCsrfOptions extends CsrfMiddlewareOptions<NodeRequest>, NamedSessionOptions {}

/** A middleware of the (req, res, next) kind. */
export type NodeCsrfMiddleware = (req: NodeRequest, res: NodeResponse, next: (error?: unknown) => void) => void;

/**
 * Refuses requests that change something and were not sent by this site's own pages: see `verifyCsrf` of `coatcheck/csrf`.
 * `next` gets a `CsrfError`, status 403. The token comes in the header, or in `req.body` where a parser before it made one.
 * Without a parser, read the form yourself and hand its token over: see `csrfRequest`.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * const app = connect();
 * app.use(session(sessions));
 * app.use(csrf());
 */
export function csrf(options: NodeCsrfOptions = {}): NodeCsrfMiddleware {
  return csrfMiddleware(
    createParsedRequestCheck(options, (req: NodeRequest) => ({ ...csrfRequest(req), body: Reflect.get(req, "body") })),
  );
}

/** A (req, res, next) middleware that hands the check's error to `next`. */
export function csrfMiddleware<Incoming>(
  check: (req: Incoming) => void,
): (req: Incoming, res: unknown, next: (error?: unknown) => void) => void {
  return (req, _res, next) => {
    try {
      check(req);
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}

/**
 * A request of Node's for `verifyCsrf` of `coatcheck/csrf`. Behind a proxy, which nothing here trusts, the scheme is that of
 * the proxy's connection.
 *
 * @param token What the form's field brought, where you have read one.
 * @example
 * createServer(
 *   session(sessions, async (req, res) => {
 *     const form = new URLSearchParams(await text(req));
 *     verifyCsrf(csrfRequest(req, form.get("_csrf")), req.session);
 *     ...
 *   }),
 * );
 */
export function csrfRequest(req: NodeRequest, token?: unknown): CsrfRequest {
  const origin = `${schemeOf(req)}://${hostOf(req)}`;
  return { method: req.method ?? "", headers: headersOf(req.headers), origin, token };
}
