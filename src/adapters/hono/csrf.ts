// CSRF protection for Hono: a middleware, after that of the session.
import type { Context, Env, MiddlewareHandler } from "hono";
import {
  type CsrfMiddlewareOptions,
  createCsrfCheck,
  isForm,
  NAME_CHECK,
  type NamedSessionOptions,
  presentSession,
} from "../shared/csrf-check.ts";

export interface HonoCsrfOptions extends CsrfMiddlewareOptions<Context>, NamedSessionOptions {}

/**
 * Refuses requests that change something and were not sent by this site's own pages: see `verifyCsrf` of `coatcheck/csrf`.
 * The token comes in the header, or in a form; the form is read through `c.req`, where your handler can read it again.
 * `app.onError` gets a `CsrfError`; by default it answers 403.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * app.use(session(sessions));
 * app.use(csrf());
 * app.get("/", (c) => c.html(html`<input type="hidden" name="_csrf" value="${c.get("session").csrfToken}">`));
 */
export function csrf(options: HonoCsrfOptions = {}): MiddlewareHandler<Env> {
  const check = createCsrfCheck(options, NAME_CHECK);
  const { as: name = "session" } = options;
  return async function csrfMiddleware(c, next) {
    const { method, raw } = c.req;
    if (check.concerns(method, c)) {
      const session = presentSession((c as Context).get(name));
      const request = { method, headers: raw.headers, origin: new URL(c.req.url).origin };
      if (check.checkHeaders(request, session)) check.checkFormToken(session, await formToken(c, check.field));
    }
    await next();
  };
}

async function formToken(c: Context, field: string): Promise<unknown> {
  if (!isForm(c.req.header("content-type"))) return undefined;
  try {
    return (await c.req.parseBody())[field];
  } catch {
    // A body that is no form has no token; the handler that reads it learns what is wrong with it.
    return undefined;
  }
}
