// Whether a request that changes something was sent by this site's own pages: SECURITY-BAR S36. It reads no body and knows
// no framework; the token of a form is handed over. The rules follow OWASP's Cross-Site Request Forgery Prevention Cheat
// Sheet (synchronizer token, Fetch Metadata, origin of the source) and W3C's Fetch Metadata Request Headers.
import { CsrfError, SessionOptionError } from "../errors.ts";
import type { SessionControls } from "../session/types.ts";
import { checkOptions, nameOption, type OptionCheck, type OptionChecks, oneOfOption } from "../util/option-checks.ts";

/** What of a request is looked at. */
export interface CsrfRequest {
  /** `"GET"`, `"POST"` and so on, in capitals. */
  readonly method: string;
  /** The headers; `get` asks for names in lower case. */
  readonly headers: { get(name: string): string | null | undefined };
  /** The `scheme://host` that the request came to, as the framework's trusted proxy setting gives it. */
  readonly origin: string;
  /** The token that the body brought, if it brought one. One in the header goes before it. */
  readonly token?: unknown;
}

/** What of a session is asked. */
export type CsrfSession = Pick<SessionControls<unknown>, "verifyCsrfToken">;

/** The options of `verifyCsrf` and of every adapter's `csrf`. All have safe defaults. */
export interface CsrfOptions {
  /**
   * Other origins whose pages may send such requests: `["https://www.app.example"]`, each as the browser writes it.
   * They are believed by the header checks alone: a token is needed from them as well. Default: none.
   */
  readonly trustedOrigins?: readonly string[] | undefined;
  /**
   * `"required"` (default): without the session's token, nothing passes. `"optional"`: the headers decide, so a program
   * that is no browser passes without a token; one that is sent must be right.
   */
  readonly token?: "required" | "optional" | undefined;
  /** The header that brings the token. Default `"x-csrf-token"`. */
  readonly header?: string | undefined;
  /** The form's field that brings the token. Default `"_csrf"`. */
  readonly field?: string | undefined;
}

/** The check with its options looked at, in two steps, since a body is read only for who comes that far. */
export interface CsrfGuard {
  /** The form's field that brings the token. */
  readonly field: string;
  /** Whether requests of a method are checked at all. */
  checks(method: string): boolean;
  /**
   * Checks all that the headers tell.
   * @returns whether `checkFormToken` is still to be called.
   * @throws CsrfError.
   */
  checkHeaders(request: CsrfRequest, session: CsrfSession): boolean;
  /**
   * @param token What the form's field brought; `undefined` or `null` where there was none.
   * @throws CsrfError.
   */
  checkFormToken(session: CsrfSession, token: unknown): void;
}

const CHECKS: OptionChecks<CsrfOptions> = {
  trustedOrigins: trustedOriginsOption,
  token: oneOfOption("required", "optional"),
  header: headerNameOption,
  field: nameOption,
};

/** They change nothing (RFC 9110, 9.2.1), so whoever sends them is welcome. */
const SAFE_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** What a header may be called (RFC 9110, 5.6.2), in lower case. */
const HEADER_NAME = /^[a-z\d!#$%&'*+.^_`|~-]+$/;

/** An origin as browsers write it, apps with schemes of their own among them: `capacitor://localhost`. */
const ORIGIN = /^([a-z][a-z\d+.-]*):\/\/[^\s/\\?#@*]+$/;

/**
 * Refuses a request that changes something unless this site's own pages have sent it. GET, HEAD, OPTIONS and TRACE pass.
 * Of all others:
 * 1. `Sec-Fetch-Site`, where the browser sends it, must be `same-origin` or `none`, or the `Origin` a trusted one.
 * 2. Without it, an `Origin` must be the request's own or a trusted one. `null` is neither.
 * 3. The token, of the header `x-csrf-token` or else of the form, must be this session's.
 *
 * The adapters' `csrf` does the same as a middleware, and finds the token in the form itself.
 *
 * @throws CsrfError, status 403, when one of these fails; its `check` and its message say which.
 * @throws SessionOptionError for wrong options.
 * @example
 * verifyCsrf(
 *   { method: request.method, headers: request.headers, origin: new URL(request.url).origin, token: form.get("_csrf") },
 *   session,
 * );
 */
export function verifyCsrf(request: CsrfRequest, session: CsrfSession, options: CsrfOptions = {}): void {
  const guard = createCsrfGuard(options);
  if (guard.checkHeaders(request, session)) guard.checkFormToken(session, request.token);
}

/**
 * @param more Checks of the options that a middleware takes besides.
 * @throws SessionOptionError.
 */
export function createCsrfGuard(options: CsrfOptions, more: Readonly<Record<string, OptionCheck>> = {}): CsrfGuard {
  const remedy = 'Give its settings: { trustedOrigins: ["https://www.app.example"] }.';
  const checked = checkOptions<CsrfOptions>(options, { ...CHECKS, ...more }, remedy, "csrf");
  const { token: policy = "required", header = "x-csrf-token", field = "_csrf", trustedOrigins = [] } = checked;
  const headerName = header.toLowerCase();
  const trusted = new Set(trustedOrigins);

  const checkToken = (session: CsrfSession, token: unknown): void => {
    if (token !== undefined && token !== null) {
      if (!session.verifyCsrfToken(token)) throw wrongToken();
    } else if (policy === "required") throw noToken(headerName, field);
  };
  return {
    field,
    checks: (method) => !SAFE_METHODS.has(method),

    checkHeaders(request, session) {
      if (SAFE_METHODS.has(request.method)) return false;
      checkSource(request, trusted);
      const token = request.headers.get(headerName) ?? undefined;
      if (token === undefined) return true;
      checkToken(session, token);
      return false;
    },

    checkFormToken: checkToken,
  };
}

function checkSource({ headers, origin: own }: CsrfRequest, trusted: ReadonlySet<string>): void {
  const site = headers.get("sec-fetch-site") ?? undefined;
  if (site === "same-origin" || site === "none") return;
  const origin = headers.get("origin") ?? undefined;
  if (origin !== undefined && trusted.has(origin)) return;
  if (site !== undefined) throw fromOtherSite(site);
  // Neither header: no browser of these years sends a form so. What is left is the token.
  if (origin === undefined) return;
  if (!isOwnOrigin(origin, own)) throw fromOtherOrigin(origin, own);
}

/**
 * Scheme, host and port must be equal, with one exception: where the request came by http as far as the framework knows,
 * the page may be https of the same host and port. A proxy that ends TLS, and that the framework does not trust, makes it
 * look so; and who holds a certificate for this very host name is no other site. The opposite, an http page that sends to
 * https, is refused: anybody on the network can write such a page.
 */
function isOwnOrigin(origin: string, own: string): boolean {
  const url = ORIGIN.test(own) && URL.canParse(own) ? new URL(own) : undefined;
  if (url === undefined) return false;
  return origin === url.origin || (url.protocol === "http:" && origin === new URL(`https://${url.host}`).origin);
}

function fromOtherSite(site: string): CsrfError {
  const known = site === "same-site" || site === "cross-site" ? site : "a value that no browser sends";
  return new CsrfError(
    "site",
    `The request was sent by a page of another origin (Sec-Fetch-Site: ${known}). If that origin is yours too, add it to trustedOrigins.`,
  );
}

function fromOtherOrigin(origin: string, own: string): CsrfError {
  if (origin === "null") {
    return new CsrfError(
      "origin",
      'The browser hid which page sent the request (Origin: null). Send it from a page that is not sandboxed and whose Referrer-Policy is not "no-referrer", such as "same-origin".',
    );
  }
  return new CsrfError(
    "origin",
    `The request was sent by a page of ${shown(origin)}, and came to ${shown(own)}. If the first is yours too, add it to trustedOrigins; if the second is not your address, let the framework trust your proxy.`,
  );
}

function noToken(header: string, field: string): CsrfError {
  return new CsrfError(
    "token",
    `The request has no CSRF token. Send session.csrfToken in the form field "${field}" or the header "${header}"; a form's body must be parsed before it is checked.`,
  );
}

function wrongToken(): CsrfError {
  return new CsrfError(
    "token",
    "The CSRF token is not this session's: it belongs to another one, or to the time before a login. Get the page again, and send the token that it has then.",
  );
}

/** What a client has sent, fit for an error's message. */
function shown(origin: string): string {
  return ORIGIN.test(origin) && origin.length <= 200 ? origin : "an origin that is none";
}

function headerNameOption(option: string, value: unknown): void {
  if (typeof value === "string" && HEADER_NAME.test(value.toLowerCase())) return;
  throw new SessionOptionError(option, "must be the name of a header", 'Use a name such as "x-csrf-token".');
}

/** @throws SessionOptionError unless it is a list of origins as browsers write them. */
export function trustedOriginsOption(option: string, value: unknown): void {
  if (!Array.isArray(value)) {
    throw new SessionOptionError(option, "must be an array", 'Give one: ["https://www.app.example"].');
  }
  for (const origin of value) checkTrustedOrigin(option, origin);
}

/** Browsers send one spelling of an origin, so another would never be met. */
function checkTrustedOrigin(option: string, origin: unknown): void {
  const text = typeof origin === "string" ? origin : "";
  const scheme = ORIGIN.exec(text)?.[1];
  const isWeb = scheme === "http" || scheme === "https";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (scheme !== undefined && url !== undefined && (!isWeb || url.origin === text)) return;
  const meant = url?.protocol.startsWith("http") ? url.origin : "https://www.app.example";
  throw new SessionOptionError(
    option,
    "must hold origins as browsers write them",
    `It holds ${text === "" ? "something else" : JSON.stringify(text)}. Write scheme, host and port alone, such as "${meant}".`,
  );
}
