// What the CSRF middleware of all adapters share: their options, and what to look at in a parsed form. It knows no framework.

import { SessionError } from "../../core/errors.ts";
import {
  type CsrfGuard,
  type CsrfOptions,
  type CsrfRequest,
  type CsrfSession,
  createCsrfGuard,
} from "../../core/request/csrf.ts";
import { functionOption, nameOption, type OptionCheck, type OptionChecks } from "../../core/util/option-checks.ts";

export interface CsrfMiddlewareOptions<Incoming> extends CsrfOptions {
  /**
   * Requests that are not checked, such as webhooks, which prove by a signature of their own where they come from.
   * Asked for requests alone that would be checked. Default: none.
   */
  readonly ignore?: ((request: Incoming) => boolean) | undefined;
}

/** Where an app has sessions under several names. */
export interface NamedSessionOptions {
  /** The name under which the request has its session, as it was given to `session()`. Default: `"session"`. */
  readonly as?: string | undefined;
}

interface CsrfCheck<Incoming> extends CsrfGuard {
  /** Whether a request is to be checked. */
  concerns(method: string, request: Incoming): boolean;
}

const IGNORE_CHECK: OptionChecks<Pick<CsrfMiddlewareOptions<unknown>, "ignore">> = { ignore: functionOption };

/** The check of `as`, for the adapters that take it. */
export const NAME_CHECK: OptionChecks<NamedSessionOptions> = { as: nameOption };

/**
 * @param more Checks of the options that an adapter takes besides.
 * @throws SessionOptionError.
 */
export function createCsrfCheck<Incoming>(
  options: CsrfMiddlewareOptions<Incoming>,
  more: Readonly<Record<string, OptionCheck>> = {},
): CsrfCheck<Incoming> {
  const guard = createCsrfGuard(options, { ...IGNORE_CHECK, ...more });
  const { ignore } = options;
  return { ...guard, concerns: (method, request) => guard.checks(method) && !ignore?.(request) };
}

/** The parts of a request that the check reads, where a parser of the app has read the body already. */
export interface ParsedRequest {
  readonly headers: CsrfRequest["headers"];
  readonly origin: string;
  readonly body: unknown;
}

/**
 * Creates the check for frameworks whose request object has the session as a property.
 * @param parse Called only for requests that are checked.
 * @returns A function that throws a CsrfError for a request that must be refused.
 * @throws SessionOptionError.
 */
export function createParsedRequestCheck<Incoming extends { readonly method?: string | undefined }>(
  options: CsrfMiddlewareOptions<Incoming> & NamedSessionOptions,
  parse: (request: Incoming) => ParsedRequest,
): (request: Incoming) => void {
  const check = createCsrfCheck(options, NAME_CHECK);
  const { as: name = "session" } = options;
  return (request) => {
    const { method = "" } = request;
    if (!check.concerns(method, request)) return;
    const session = presentSession(Reflect.get(request, name));
    const { headers, origin, body } = parse(request);
    if (check.checkHeaders({ method, headers, origin }, session)) {
      check.checkFormToken(session, fieldOf(body, check.field));
    }
  };
}

/** @throws SessionError when what the request has under the session's name is none. */
export function presentSession(session: unknown): CsrfSession {
  if (isSession(session)) return session;
  throw new SessionError(
    "NO_SESSION",
    "csrf() found no session with the request. Put session(sessions) before it, for the same paths.",
  );
}

function isSession(value: unknown): value is CsrfSession {
  return typeof value === "object" && value !== null && typeof Reflect.get(value, "verifyCsrfToken") === "function";
}

/** A field of what a framework's parser has made of the body; `undefined` where it is not parsed, or has no such field. */
function fieldOf(body: unknown, field: string): unknown {
  return typeof body === "object" && body !== null && Object.hasOwn(body, field) ? Reflect.get(body, field) : undefined;
}

/** Whether a body is a form: what else there is, such as JSON, brings its token in a header. */
export function isForm(contentType: string | null | undefined): boolean {
  return /^\s*(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i.test(contentType ?? "");
}
