// What the CSRF middleware of all adapters share: their options, and what to look at in a parsed form. It knows no framework.
import { type CsrfGuard, type CsrfOptions, type CsrfSession, createCsrfGuard } from "../../core/csrf.ts";
import { SessionError, SessionOptionError } from "../../core/errors.ts";

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

/** @throws SessionOptionError. */
export function createCsrfCheck<Incoming>({
  ignore,
  ...options
}: CsrfMiddlewareOptions<Incoming>): CsrfCheck<Incoming> {
  if (ignore !== undefined && typeof ignore !== "function") {
    throw new SessionOptionError("csrf.ignore", "is no function", "Give a function that looks at the request.");
  }
  const guard = createCsrfGuard(options);
  return { ...guard, concerns: (method, request) => guard.checks(method) && !ignore?.(request) };
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
export function fieldOf(body: unknown, field: string): unknown {
  return typeof body === "object" && body !== null && Object.hasOwn(body, field) ? Reflect.get(body, field) : undefined;
}

/** Whether a body is a form: what else there is, such as JSON, brings its token in a header. */
export function isForm(contentType: string | null | undefined): boolean {
  return /^\s*(?:application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i.test(contentType ?? "");
}
