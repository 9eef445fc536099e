// The settings of one session's cookie, as express-session keeps them beside the data. It knows no request and no store.
import { type SetCookie, stringifySetCookie } from "cookie";

/** What the cookie of a session can be told. */
export interface CookieOptions {
  /** Default `"/"`. Requests outside it get no session. */
  path?: string | undefined;
  /** Default: only the host that set it. */
  domain?: string | undefined;
  /** Default `true`: scripts in the page can't read it. */
  httpOnly?: boolean | undefined;
  /** `true`: https only, and set on secure requests alone. `"auto"`: as the request is. Default `false`. */
  secure?: boolean | "auto" | undefined;
  /** `true` is `"strict"`; `"auto"` is `"none"` on secure requests and `"lax"` on others. Default: not set. */
  sameSite?: boolean | "lax" | "strict" | "none" | "auto" | undefined;
  /** How long it lives, in ms. Default `null`: until the browser closes. */
  maxAge?: number | null | undefined;
  /** The moment it ends; of this and `maxAge`, the one written last counts. Prefer `maxAge`. */
  expires?: Date | false | null | undefined;
  /** Default: not set. */
  priority?: "low" | "medium" | "high" | undefined;
  /** Default `false`. */
  partitioned?: boolean | undefined;
}

/** What a store keeps of a cookie: the `cookie` of a stored session. */
export interface CookieData {
  originalMaxAge: number | null;
  partitioned: boolean | undefined;
  priority: "low" | "medium" | "high" | undefined;
  expires: Date | false | null | undefined;
  secure: boolean | "auto" | undefined;
  httpOnly: boolean | undefined;
  domain: string | undefined;
  path: string;
  sameSite: boolean | "lax" | "strict" | "none" | undefined;
}

/**
 * The cookie of a session, as `req.session.cookie`. Changes to it hold for this visitor.
 *
 * @throws TypeError when the options are no object, or `maxAge` is no number.
 * @example
 * req.session.cookie.maxAge = 14 * 24 * 60 * 60 * 1000; // stay logged in for two weeks
 */
export class Cookie {
  path = "/";
  httpOnly: boolean | undefined = true;
  domain: string | undefined;
  secure: boolean | "auto" | undefined;
  sameSite: boolean | "lax" | "strict" | "none" | undefined;
  priority: "low" | "medium" | "high" | undefined;
  partitioned: boolean | undefined;
  /** The time to live that `touch()` goes back to, in ms; `null` until the browser closes. */
  originalMaxAge: number | null = null;
  /** Under the name that stores of express-session know. */
  _expires: Date | false | null | undefined = null;

  constructor(options?: CookieOptions) {
    if (!options) return;
    if (typeof options !== "object") throw new TypeError("argument options must be a object");
    // In the order in which they are written: of `expires` and `maxAge`, the last one counts.
    const given = options as Record<string, unknown>;
    for (const name in given) if (name !== "data") (this as Record<string, unknown>)[name] = given[name];
    this.originalMaxAge ??= timeLeft(this._expires);
  }

  /** When the cookie ends; nothing for one that ends with the browser. */
  get expires(): Date | null | undefined {
    // `false` is kept as it was given; the type is that of @types/express-session.
    return this._expires as Date | null | undefined;
  }

  set expires(moment: Date | false | null | undefined) {
    this._expires = moment;
    this.originalMaxAge = timeLeft(moment);
  }

  /** The time that is left, in ms; nothing, and as a rule `null`, for a cookie that ends with the browser. */
  get maxAge(): number | undefined {
    return timeLeft(this._expires) as number | undefined;
  }

  set maxAge(ms: number | Date | null | undefined) {
    if (!isMaxAge(ms)) throw new TypeError(MAX_AGE_PROBLEM);
    this.expires = typeof ms === "number" ? new Date(Date.now() + ms) : ms;
  }

  /** What a store keeps. */
  get data(): CookieData {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    };
  }

  /**
   * The value of a Set-Cookie header.
   * @throws TypeError when the name or an attribute can't stand in a header.
   */
  serialize(name: string, value: string): string {
    const { originalMaxAge: _, ...attributes } = this.data;
    // The cookie library judges what it is given, falsy values included.
    return stringifySetCookie({ ...attributes, name, value } as SetCookie, ENCODING);
  }

  toJSON(): CookieData {
    return this.data;
  }
}

/** As express-session encodes the value; the library's own way leaves `:` and `/` as they are. */
const ENCODING = { encode: encodeURIComponent };

/** In the words of express-session, which code may look for. */
export const MAX_AGE_PROBLEM = "maxAge must be a number or Date";

/** Whether it can be a `maxAge`; what is falsy stands for none. */
export function isMaxAge(ms: unknown): boolean {
  return !ms || typeof ms === "number" || ms instanceof Date;
}

/** A cookie of what JSON, or an app, has kept of one: its settings. */
export function cookieFrom(settings: object): Cookie {
  const { expires, originalMaxAge } = settings as { expires?: unknown; originalMaxAge?: number | null };
  const cookie = new Cookie(settings as CookieOptions);
  if (typeof expires === "string") cookie.expires = new Date(expires);
  // Setting `expires` has changed it.
  if (originalMaxAge !== undefined) cookie.originalMaxAge = originalMaxAge;
  return cookie;
}

/** What is no date is kept as it is: `null`, or what else was given as `expires`. */
function timeLeft(moment: Date | false | null | undefined): number | null {
  return moment instanceof Date ? moment.getTime() - Date.now() : (moment as null);
}
