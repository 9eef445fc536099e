// The app's settings under Flask's names, and what they mean for the session. It knows no request and no route.
import { SessionOptionError } from "../core/errors.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { SessionOptions } from "../core/options.ts";
import type { SessionStore } from "../core/store.ts";
import { type Duration, parseDuration } from "../core/time.ts";
import { lmdbStore } from "../stores/lmdb.ts";
import type { FlaskSessionData } from "./session.ts";

/** `app.config`. Names of your own are free, but for those that begin with `SESSION_`. */
export interface FlaskConfig {
  /** Signs the session's cookie: at least 32 bytes that nobody can guess, from the environment. */
  SECRET_KEY?: string | undefined;
  /** Older keys, which verify and never sign. */
  SECRET_KEY_FALLBACKS?: readonly string[] | undefined;

  /** Default `"session"`, or `"__Host-session"` when `SESSION_COOKIE_SECURE` is `true`. */
  SESSION_COOKIE_NAME?: string | undefined;
  /** Default: only the host that set the cookie. */
  SESSION_COOKIE_DOMAIN?: string | undefined;
  /** Default `"/"`. */
  SESSION_COOKIE_PATH?: string | undefined;
  /** Default `true`. */
  SESSION_COOKIE_HTTPONLY?: boolean | undefined;
  /** Default `"auto"`: where the request came by https. */
  SESSION_COOKIE_SECURE?: boolean | "auto" | undefined;
  /** Default `"Lax"`. */
  SESSION_COOKIE_SAMESITE?: "Lax" | "Strict" | "None" | "lax" | "strict" | "none" | undefined;
  /** Default `false`. */
  SESSION_COOKIE_PARTITIONED?: boolean | undefined;
  /** How long a session lives: seconds, or a text such as `"31d"`. Default: a day without a visit, 31 days in all. */
  PERMANENT_SESSION_LIFETIME?: number | Duration | undefined;
  /** `true` (default): the lifetime begins anew with each visit. `false`: it is counted from the beginning. */
  SESSION_REFRESH_EACH_REQUEST?: boolean | undefined;

  /** Where sessions live: a store. Default: the embedded store. */
  SESSION_STORE?: SessionStore | undefined;
  /** Or the directory of the embedded store. Default: one in the system's temporary directory. */
  SESSION_PATH?: string | undefined;
  /** What else `createSessions` takes: `idleTimeout`, `onEvent` and so on. It comes before the names above. */
  SESSION_OPTIONS?: Omit<SessionOptions<FlaskSessionData>, "secret" | "store"> | undefined;

  /** The longest body of a request, in bytes; more is answered with 413. Default 1,000,000; `Infinity` for any. */
  MAX_CONTENT_LENGTH?: number | undefined;
  /** The longest text field of a form, in bytes; more is answered with 413. Default 500,000. */
  MAX_FORM_MEMORY_SIZE?: number | undefined;
  /** How many fields and files a multipart form may have; more are answered with 413. Default 1,000. */
  MAX_FORM_PARTS?: number | undefined;

  /** The host and port of URLs that `urlFor(..., { _external: true })` makes. Default: the request's Host header. */
  SERVER_NAME?: string | undefined;
  /** The scheme of such URLs. Default: the request's. */
  PREFERRED_URL_SCHEME?: "http" | "https" | undefined;

  /** Error pages show the stack, and templates are read anew each time. `app.run({ debug: true })` sets it. */
  DEBUG?: boolean | undefined;
  /** Errors that no handler takes reject `app.request` instead of becoming a page. */
  TESTING?: boolean | undefined;

  [name: string]: unknown;
}

const SESSION_NAMES: readonly string[] = [
  "SESSION_COOKIE_NAME",
  "SESSION_COOKIE_DOMAIN",
  "SESSION_COOKIE_PATH",
  "SESSION_COOKIE_HTTPONLY",
  "SESSION_COOKIE_SECURE",
  "SESSION_COOKIE_SAMESITE",
  "SESSION_COOKIE_PARTITIONED",
  "SESSION_REFRESH_EACH_REQUEST",
  "SESSION_STORE",
  "SESSION_PATH",
  "SESSION_OPTIONS",
];

/** No session lives longer in all, unless PERMANENT_SESSION_LIFETIME says more. In ms. */
const ABSOLUTE_TIMEOUT = 31 * 24 * 60 * 60 * 1000;

/** Whether there is a secret, or one may be made for development. */
export function hasSecret({ SECRET_KEY }: FlaskConfig): boolean {
  return (SECRET_KEY !== undefined && SECRET_KEY !== "") || process.env["NODE_ENV"] === "development";
}

/**
 * The sessions that a config stands for.
 * @throws SessionOptionError that names the setting; SecretError.
 */
export function createSessionsOf(config: FlaskConfig): SessionManager<FlaskSessionData> {
  const { SESSION_STORE: store, SESSION_PATH: path } = config;
  if (store !== undefined && path !== undefined) {
    throw new SessionOptionError("SESSION_PATH", "is set beside SESSION_STORE", "Leave one of them out.");
  }
  // The directory is opened last, when nothing else is wrong.
  return createManager<FlaskSessionData>({ ...sessionOptionsOf(config), store }, () => lmdbStore({ path }));
}

function sessionOptionsOf(config: FlaskConfig): SessionOptions<FlaskSessionData> {
  const unknown = Object.keys(config).find((name) => name.startsWith("SESSION_") && !SESSION_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new SessionOptionError(unknown, "is unknown", `The names are ${SESSION_NAMES.join(", ")}.`);
  }
  const { cookie, ...others } = config.SESSION_OPTIONS ?? {};
  const { SECRET_KEY, SECRET_KEY_FALLBACKS = [] } = config;
  return {
    ...others,
    ...lifetimeOf(config),
    cookie: { ...cookie, ...cookieOf(config) },
    secret: SECRET_KEY ? [SECRET_KEY, ...SECRET_KEY_FALLBACKS] : undefined,
  };
}

function cookieOf(config: FlaskConfig): SessionOptions["cookie"] {
  const sameSite = config.SESSION_COOKIE_SAMESITE;
  return withoutUndefined({
    name: config.SESSION_COOKIE_NAME,
    domain: config.SESSION_COOKIE_DOMAIN,
    path: config.SESSION_COOKIE_PATH,
    httpOnly: config.SESSION_COOKIE_HTTPONLY,
    secure: config.SESSION_COOKIE_SECURE,
    // What is no such word goes on as it is, for the core to refuse.
    sameSite: typeof sameSite === "string" ? (sameSite.toLowerCase() as "lax" | "strict" | "none") : sameSite,
    partitioned: config.SESSION_COOKIE_PARTITIONED,
  });
}

function lifetimeOf(config: FlaskConfig): Pick<SessionOptions, "idleTimeout" | "absoluteTimeout"> {
  const { PERMANENT_SESSION_LIFETIME: given, SESSION_REFRESH_EACH_REQUEST: refresh = true } = config;
  if (typeof refresh !== "boolean") {
    throw new SessionOptionError("SESSION_REFRESH_EACH_REQUEST", "is no boolean", "Say true or false.");
  }
  if (given === undefined) return refresh ? {} : { idleTimeout: ABSOLUTE_TIMEOUT, absoluteTimeout: ABSOLUTE_TIMEOUT };
  const lifetime = lifetimeInMs(given);
  return { idleTimeout: lifetime, absoluteTimeout: refresh ? Math.max(lifetime, ABSOLUTE_TIMEOUT) : lifetime };
}

function lifetimeInMs(given: unknown): number {
  try {
    return parseDuration("PERMANENT_SESSION_LIFETIME", typeof given === "number" ? given * 1000 : given);
  } catch {
    const remedy = 'Give a number of seconds above zero, or a text such as "30m", "12h" or "31d".';
    throw new SessionOptionError("PERMANENT_SESSION_LIFETIME", `is ${JSON.stringify(given)}`, remedy);
  }
}

function withoutUndefined<Values extends object>(values: Values): Partial<Values> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<Values>;
}

const LIMITS = { MAX_CONTENT_LENGTH: 1_000_000, MAX_FORM_MEMORY_SIZE: 500_000, MAX_FORM_PARTS: 1_000 };

/** A limit of the config, or its default. @throws Error when it is no number. */
export function limitOf(config: FlaskConfig, name: keyof typeof LIMITS): number {
  const limit: unknown = config[name] ?? LIMITS[name];
  if (typeof limit === "number" && limit >= 0) return limit;
  throw new Error(`config.${name} is ${String(limit)}. Give a number, or leave it out.`);
}
