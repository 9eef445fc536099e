// The app's settings under Flask's names: what each is, and the limits that stand without one. It knows no request.
import type { SessionOptions } from "../core/options.ts";
import type { SessionStore } from "../core/record/store.ts";
import type { Lifetime } from "./lifetime.ts";
import type { FlaskSessionData } from "./session.ts";

/** `null` is Python's `None`: the setting is not made. */
export type Unset = null | undefined;

/** `app.config`. Names of your own are free. */
export interface FlaskConfig {
  /** Signs the session's cookie: at least 32 bytes that nobody can guess, from the environment. */
  SECRET_KEY?: string | Unset;
  /** Older keys, which verify and never sign. */
  SECRET_KEY_FALLBACKS?: readonly string[] | Unset;

  /** Default `"session"`, or `"__Host-Http-session"` when the cookie is always Secure, for one host and for the path `/`. */
  SESSION_COOKIE_NAME?: string | Unset;
  /** Default: only the host that set the cookie. */
  SESSION_COOKIE_DOMAIN?: string | Unset;
  /** Default: `APPLICATION_ROOT`. */
  SESSION_COOKIE_PATH?: string | Unset;
  /** Default `true`. */
  SESSION_COOKIE_HTTPONLY?: boolean | Unset;
  /** Default `"auto"`: where the request came by https. */
  SESSION_COOKIE_SECURE?: boolean | "auto" | Unset;
  /** Default `"Lax"`. */
  SESSION_COOKIE_SAMESITE?: "Lax" | "Strict" | "None" | "lax" | "strict" | "none" | Unset;
  /** A jar of its own for each embedding site (CHIPS); makes the cookie Secure. Default `false`. */
  SESSION_COOKIE_PARTITIONED?: boolean | Unset;
  /**
   * How long a session lives: seconds, a text such as `"31d"`, or parts as a timedelta has them, `{ hours: 12 }`.
   * Default: a day without a visit, 31 days in all.
   */
  PERMANENT_SESSION_LIFETIME?: Lifetime | Unset;
  /**
   * Default: each visit begins the lifetime anew, which is stored, and said in a permanent session's cookie, once a minute
   * at most. `true`: every response of a permanent session stores and says it. `false`: only a change begins it anew.
   */
  SESSION_REFRESH_EACH_REQUEST?: boolean | Unset;
  /** The path that the app is mounted at, for the session's cookie. Default `"/"`. */
  APPLICATION_ROOT?: string | Unset;

  /** Where sessions live: a store. Default: the embedded store. */
  SESSION_STORE?: SessionStore | Unset;
  /** Or the directory of the embedded store. Default: one in the system's temporary directory. */
  SESSION_PATH?: string | Unset;
  /** What else `createSessions` takes: `idleTimeout`, `onEvent` and so on. It comes before the names above. */
  SESSION_OPTIONS?: Omit<SessionOptions<FlaskSessionData>, "secret" | "store"> | Unset;

  /** The longest body of a request, in bytes; more is answered with 413. Default 1,000,000; `Infinity` for any. */
  MAX_CONTENT_LENGTH?: number | Unset;
  /** The longest text field of a form, in bytes; more is answered with 413. Default 500,000. */
  MAX_FORM_MEMORY_SIZE?: number | Unset;
  /** How many fields and files a multipart form may have; more are answered with 413. Default 1,000. */
  MAX_FORM_PARTS?: number | Unset;

  /** The host and port of URLs that `urlFor(..., { _external: true })` makes. Default: the request's Host header. */
  SERVER_NAME?: string | Unset;
  /** The scheme of such URLs. Default: the request's. */
  PREFERRED_URL_SCHEME?: "http" | "https" | Unset;

  /** Error pages show the stack, and templates are read anew each time. `app.run({ debug: true })` sets it. */
  DEBUG?: boolean | undefined;
  /** Errors that no handler takes reject `app.request` instead of becoming a page. */
  TESTING?: boolean | undefined;

  [name: string]: unknown;
}

const LIMITS = { MAX_CONTENT_LENGTH: 1_000_000, MAX_FORM_MEMORY_SIZE: 500_000, MAX_FORM_PARTS: 1_000 };

/** A limit of the config, or its default. */
export function limitOf(config: FlaskConfig, name: keyof typeof LIMITS): number {
  return config[name] ?? LIMITS[name];
}
