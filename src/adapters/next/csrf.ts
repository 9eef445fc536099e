// CSRF protection for Next.js: for route handlers, and for server actions, whose origin Next has checked before.
import { type CsrfOptions, type CsrfSession, createCsrfGuard } from "../../core/request/csrf.ts";
import { type CsrfHandler, type FetchCsrfOptions, withCsrfAt } from "../fetch/csrf.ts";
import { DEFAULT_FORM_LIMIT, formField } from "../shared/form-body.ts";
import { currentRequest, importNextHeaders, isSecure, type NextHeaders } from "./request.ts";

/**
 * Calls a route handler only for requests that change nothing or were sent by this site's own pages; for all others
 * `withSession` answers 403. The token comes in the header, or in a form, which is read from a copy of the request.
 *
 * @throws SessionOptionError for wrong options.
 * @example
 * export const POST = withSession(withCsrf(async (request, session) => {
 *   const form = await request.formData();
 *   ...
 * }));
 */
export function withCsrf<Incoming extends Request, Visitor extends CsrfSession, Rest extends unknown[]>(
  handler: CsrfHandler<Incoming, Visitor, Rest>,
  options: FetchCsrfOptions<Incoming> = {},
): (request: Incoming, session: Visitor, ...rest: Rest) => Promise<Response> {
  return withCsrfAt(({ headers, url }) => originOf(headers, url), handler, options);
}

/**
 * Refuses what was not sent by this site's own pages: in a route handler, hand over the request; in a server action, its
 * form. Next itself compares the origin of server actions; this adds the token that belongs to the session.
 *
 * @param source A request, or a server action's form.
 * @throws CsrfError, status 403, which `withSession` answers by itself. SessionOptionError for wrong options.
 * @example
 * async function rename(form: FormData) {
 *   "use server";
 *   await updateSession(async (session) => {
 *     await verifyCsrf(form, session);
 *     session.username = String(form.get("username"));
 *   });
 * }
 */
export function verifyCsrf(source: Request | FormData, session: CsrfSession, options: CsrfOptions = {}): Promise<void> {
  return verifyCsrfBy(importNextHeaders, source, session, options);
}

/** @param nextHeaders Gives what `import("next/headers")` does. */
export async function verifyCsrfBy(
  nextHeaders: () => Promise<NextHeaders>,
  source: Request | FormData,
  session: CsrfSession,
  options: CsrfOptions,
): Promise<void> {
  const guard = createCsrfGuard(options);
  // Next's requests are of a realm of their own, so their class is not asked for.
  const request = "headers" in source ? source : undefined;
  const { headers } = request ?? (await currentRequest(await nextHeaders()));
  // A server action is always sent by POST.
  const { method, url } = request ?? { method: "POST", url: undefined };
  if (!guard.checkHeaders({ method, headers, origin: originOf(headers, url) }, session)) return;
  guard.checkFormToken(
    session,
    "headers" in source ? await formField(source, guard.field, DEFAULT_FORM_LIMIT) : source.get(guard.field),
  );
}

/** As Next itself tells where a server action came to: it fills in these headers where no proxy did. */
function originOf(headers: Headers, url?: string): string {
  const host = headers.get("x-forwarded-host")?.split(",", 1)[0]?.trim() || headers.get("host");
  if (!host && url !== undefined) return new URL(url).origin;
  return `${isSecure(headers, url) ? "https" : "http"}://${host}`;
}
