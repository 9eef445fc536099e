// The session's cookie: finding its values in a Cookie header, and writing Set-Cookie. Options contradicting each other
// are refused at start. It knows no ID and no signature; a value is text to it.
import { type SetCookie, stringifySetCookie } from "cookie";
import { SessionOptionError } from "../errors.ts";
import { described } from "../util/format-value.ts";
import { booleanOption, checkOptions, type OptionChecks, oneOfOption, stringOption } from "../util/option-checks.ts";

/** The attributes of the session's cookie. All have safe defaults. */
export interface CookieOptions {
  /**
   * The cookie's name. Default `"session"`. When `secure` is `true` and neither `domain` nor another `path` is set, it is
   * `"__Host-Http-session"`, or `"__Host-session"` with `httpOnly: false`. A name that begins with `__Host-`, `__Secure-`
   * or `__Http-` forces `secure: true` (RFC 6265bis 4.1.3).
   */
  name?: string | undefined;
  /** The path the browser sends it to. Default `"/"`. */
  path?: string | undefined;
  /** The domain whose hosts all get the cookie. Default: only the host that set it. */
  domain?: string | undefined;
  /**
   * `true`: always Secure, right for every site that visitors reach by https, behind a proxy too. `"auto"` (default):
   * Secure where the framework says that the request came by https. `false`: never.
   */
  secure?: boolean | "auto" | undefined;
  /** Hidden from scripts. Default `true`. */
  httpOnly?: boolean | undefined;
  /** Default `"lax"`. `"none"` needs `secure: true`. */
  sameSite?: "lax" | "strict" | "none" | undefined;
  /** A jar of its own for each embedding site (CHIPS). Default `false`; needs `secure: true`. */
  partitioned?: boolean | undefined;
  /** Which cookies a crowded browser drops first. Default: not sent. */
  priority?: "low" | "medium" | "high" | undefined;
}

/** Reads and writes one manager's cookie. */
export interface SessionCookie {
  readonly name: string;
  /** Every value under this cookie's name, in the header's order; there may be several, planted ones among them. */
  find(header: string): readonly string[];
  /** A Set-Cookie value. `maxAge` in seconds; without it the cookie lasts as long as the browser runs. */
  issue(value: string, isSecureRequest: () => boolean, maxAge?: number): string;
  /** A Set-Cookie value that makes the browser forget the cookie. */
  clear(isSecureRequest: () => boolean): string;
}

const CHECKS: OptionChecks<CookieOptions> = {
  name: cookieNameOption,
  path: cookiePathOption,
  domain: cookieDomainOption,
  secure: oneOfOption(true, false, "auto"),
  httpOnly: booleanOption,
  sameSite: oneOfOption("lax", "strict", "none"),
  partitioned: booleanOption,
  priority: oneOfOption("low", "medium", "high"),
};

/** No cookie lasts longer in a browser, whatever it says: 400 days, in seconds (RFC 6265bis 5.5). */
const MAX_AGE_LIMIT = 400 * 24 * 60 * 60;

/** With the value, a name may have 4096 bytes (RFC 6265bis 5.6, ASVS 3.3.5); no sane name comes near. */
const MAX_NAME = 1024;

/** The names of RFC 9110's tokens: what a cookie's name may be made of. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

/** @throws SessionOptionError when an option is wrong or contradicts another (SECURITY-BAR S16, S17). */
export function createSessionCookie(options: CookieOptions = {}): SessionCookie {
  checkOptions<CookieOptions>(options, CHECKS, 'Say cookie: { name: "sid" }, or leave it out.', "cookie");
  const { path = "/", domain, httpOnly = true, sameSite = "lax", partitioned = false, priority } = options;
  const secure = options.secure ?? (hasSecurePrefix(options.name ?? "") ? true : "auto");
  const isForOneHost = secure === true && domain === undefined && path === "/";
  const name = options.name ?? `${isForOneHost ? hostPrefix(httpOnly) : ""}session`;
  checkCookie({ ...options, name, path, secure, sameSite, partitioned, httpOnly });

  const attributes: Omit<SetCookie, "name" | "value"> = {
    path,
    httpOnly,
    sameSite,
    partitioned,
    ...(domain === undefined ? {} : { domain }),
    ...(priority === undefined ? {} : { priority }),
  };
  const write = (value: string, isSecureRequest: () => boolean, maxAge?: number): string =>
    stringifySetCookie({
      ...attributes,
      name,
      value,
      secure: secure === "auto" ? isSecureRequest() : secure,
      ...(maxAge === undefined ? {} : { maxAge: Math.min(Math.ceil(maxAge), MAX_AGE_LIMIT) }),
    });

  const needle = `${name}=`;
  return {
    name,
    find: (header) => findCookieValues(header, needle),
    issue: write,
    clear: (isSecureRequest) => write("", isSecureRequest, 0),
  };
}

/** Whether browsers take a cookie of this name only with Secure. */
export function hasSecurePrefix(name: string): boolean {
  return /^__(Host|Secure|Http)-/i.test(name);
}

/** Browsers that know `__Host-Http-` refuse such a cookie from a script; in all others it is a `__Host-` name. */
function hostPrefix(httpOnly: boolean): string {
  return httpOnly ? "__Host-Http-" : "__Host-";
}

interface CookieChoice extends CookieOptions {
  name: string;
  path: string;
  secure: boolean | "auto";
  sameSite: "lax" | "strict" | "none";
}

function checkCookie(cookie: CookieChoice): void {
  const { secure, sameSite, partitioned } = cookie;
  refuseUnless(
    sameSite !== "none" || secure === true,
    "sameSite",
    'is "none" without secure: true',
    "Browsers drop such a cookie: add secure: true.",
  );
  refuseUnless(
    !partitioned || secure === true,
    "partitioned",
    "is set without secure: true",
    "Browsers drop such a cookie: add secure: true.",
  );
  checkPrefix(cookie);
}

/** What browsers demand of a cookie whose name has a prefix; they drop others in silence. */
function checkPrefix({ name, path, domain, secure, httpOnly }: CookieChoice): void {
  if (hasSecurePrefix(name)) {
    refuseUnless(
      secure === true,
      "secure",
      `is not true under the name ${name}`,
      "Say secure: true, or change the name.",
    );
  }
  if (/^__(Host-)?Http-/i.test(name)) {
    refuseUnless(httpOnly === true, "httpOnly", `is false under the name ${name}`, "Leave it out, or change the name.");
  }
  if (/^__Host-/i.test(name)) {
    refuseUnless(domain === undefined, "domain", `is set under the name ${name}`, "Leave it out, or use __Secure-.");
    refuseUnless(path === "/", "path", `is not "/" under the name ${name}`, "Leave it out, or use __Secure-.");
  }
}

function refuseUnless(condition: boolean, option: string, problem: string, remedy: string): void {
  if (!condition) throw new SessionOptionError(`cookie.${option}`, problem, remedy);
}

/** @throws SessionOptionError unless browsers take it as the name of a cookie. */
export function cookieNameOption(option: string, value: unknown): void {
  stringOption(option, value);
  const name = String(value);
  if (name.length <= MAX_NAME && TOKEN.test(name)) return;
  const requirement = "must be the name of a cookie: letters, digits, - and _";
  throw new SessionOptionError(option, requirement, `It is ${described(value)}.`);
}

/** @throws SessionOptionError unless it is a path as cookies have it. */
export function cookiePathOption(option: string, value: unknown): void {
  stringOption(option, value);
  const path = String(value);
  if (path.startsWith("/") && canBeWritten({ path })) return;
  throw new SessionOptionError(option, 'must be a path that begins with "/"', `It is ${described(value)}.`);
}

/** @throws SessionOptionError unless it is a domain as cookies have it. */
export function cookieDomainOption(option: string, value: unknown): void {
  stringOption(option, value);
  const domain = String(value);
  if (domain !== "" && canBeWritten({ domain })) return;
  throw new SessionOptionError(option, "must be a domain such as app.example", `It is ${described(value)}.`);
}

/** The cookie library checks an attribute when it writes it: a wrong one shows at start, not at the first login. */
function canBeWritten(attribute: Pick<SetCookie, "path" | "domain">): boolean {
  try {
    stringifySetCookie({ name: "session", value: "", ...attribute });
    return true;
  } catch {
    return false;
  }
}

const NONE: readonly string[] = [];

/**
 * The values under a name in a Cookie header of any content and length, in time that grows with its length alone.
 * @param needle The name, followed by "=".
 */
export function findCookieValues(header: string, needle: string): readonly string[] {
  let at = header.indexOf(needle);
  if (at === -1) return NONE;
  const values: string[] = [];
  while (at !== -1) {
    let next = at + needle.length;
    if (startsPair(header, at)) {
      const end = header.indexOf(";", next);
      values.push(unquoted(header.slice(next, end === -1 ? undefined : end).trim()));
      if (end === -1) break;
      next = end;
    }
    at = header.indexOf(needle, next);
  }
  return values;
}

/** A value without the quotation marks that RFC 6265 allows around it (4.1.1). */
function unquoted(value: string): string {
  return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
}

/** Whether a name at this place is a whole name: only blanks between it and a semicolon or the beginning. */
function startsPair(header: string, at: number): boolean {
  let before = at - 1;
  while (before >= 0 && (header[before] === " " || header[before] === "\t")) before--;
  return before < 0 || header[before] === ";";
}
