// CSRF protection for anything that turns a Request into a Response: a wrapper around the handler, inside `withSession`.
import type { CsrfSession } from "../../core/request/csrf.ts";
import { functionOption, wholeNumberOption } from "../../core/util/option-checks.ts";
import { type CsrfMiddlewareOptions, createCsrfCheck, presentSession } from "../shared/csrf-check.ts";
import { DEFAULT_FORM_LIMIT, formField } from "../shared/form-body.ts";

export interface FetchCsrfOptions<Incoming extends Request = Request> extends CsrfMiddlewareOptions<Incoming> {
  /**
   * How many bytes of a form are looked through for its token. Longer ones bring it in the header. Default: 1 MiB.
   */
  readonly formLimit?: number | undefined;
}

/** A handler that gets its session after the request. */
export type CsrfHandler<Incoming, Visitor, Rest extends unknown[]> = (
  request: Incoming,
  session: Visitor,
  ...rest: Rest
) => Response | Promise<Response>;

/**
 * Calls the handler only for requests that change nothing or were sent by this site's own pages: see `verifyCsrf` of
 * `coatcheck/csrf`. For all others `withSession` answers 403. The token comes in the header, or in a form, which is read
 * from a copy of the request; your handler reads the body as if nothing had happened.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * export default {
 *   fetch: withSession(sessions, withCsrf(async (request, session) => {
 *     const form = await request.formData();
 *     ...
 *   })),
 * };
 */
export function withCsrf<Incoming extends Request, Visitor extends CsrfSession, Rest extends unknown[]>(
  handler: CsrfHandler<Incoming, Visitor, Rest>,
  options: FetchCsrfOptions<Incoming> = {},
): (request: Incoming, session: Visitor, ...rest: Rest) => Promise<Response> {
  return withCsrfAt((request) => new URL(request.url).origin, handler, options);
}

/** @param originOf Where a request came to. */
export function withCsrfAt<Incoming extends Request, Visitor extends CsrfSession, Rest extends unknown[]>(
  originOf: (request: Incoming) => string,
  handler: CsrfHandler<Incoming, Visitor, Rest>,
  options: FetchCsrfOptions<Incoming>,
): (request: Incoming, session: Visitor, ...rest: Rest) => Promise<Response> {
  functionOption("handler", handler);
  const check = createCsrfCheck(options, { formLimit: wholeNumberOption(0) });
  const { formLimit = DEFAULT_FORM_LIMIT } = options;
  return async (request, session, ...rest) => {
    const { method, headers } = request;
    if (check.concerns(method, request)) {
      const visitor = presentSession(session);
      if (check.checkHeaders({ method, headers, origin: originOf(request) }, visitor)) {
        check.checkFormToken(visitor, await formField(request, check.field, formLimit));
      }
    }
    return handler(request, session, ...rest);
  };
}
