// What the app's settings mean for its sessions: the options of the manager. It knows no request and no route.
import { SessionOptionError } from "../core/errors.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { SessionOptions } from "../core/options.ts";
import type { SessionStore } from "../core/record/store.ts";
import { sqliteStore } from "../stores/sqlite/index.ts";
import type { FlaskConfig, Unset } from "./config.ts";
import { checkConfig } from "./config-checks.ts";
import { lifetimeOf, refreshOf } from "./lifetime.ts";
import type { FlaskSessionData } from "./session.ts";
import { withoutRefresh } from "./without-refresh.ts";

/** Whether there is a secret, or one may be made for development. */
export function hasSecret({ SECRET_KEY, SESSION_STORE }: FlaskConfig): boolean {
  if (!isMissing(SECRET_KEY)) return true;
  const canKeepOne = !SESSION_STORE || SESSION_STORE.developmentSecret !== undefined;
  return canKeepOne && process.env["NODE_ENV"] === "development";
}

/**
 * The sessions that a config stands for.
 * @throws SessionOptionError that names the setting; SecretError.
 */
export function createSessionsOf(config: FlaskConfig): SessionManager<FlaskSessionData> {
  checkConfig(config);
  const store = config.SESSION_STORE ?? undefined;
  const path = config.SESSION_PATH ?? undefined;
  if (store !== undefined && path !== undefined) {
    throw new SessionOptionError("SESSION_PATH", "must not be set beside SESSION_STORE", "Leave one of them out.");
  }
  const fitted = (made: SessionStore): SessionStore => (refreshOf(config) === false ? withoutRefresh(made) : made);
  // The directory is opened last, when nothing else is wrong.
  return createManager<FlaskSessionData>({ ...sessionOptionsOf(config), store: store && fitted(store) }, () =>
    fitted(sqliteStore({ path })),
  );
}

function sessionOptionsOf(config: FlaskConfig): SessionOptions<FlaskSessionData> {
  const { cookie, ...others } = config.SESSION_OPTIONS ?? {};
  const { SECRET_KEY, SECRET_KEY_FALLBACKS } = config;
  return {
    ...others,
    ...lifetimeOf(config),
    cookie: { ...cookie, ...cookieOf(config) },
    secret: isMissing(SECRET_KEY) ? undefined : [SECRET_KEY, ...(SECRET_KEY_FALLBACKS ?? [])],
  };
}

function isMissing(secret: string | Unset): secret is "" | Unset {
  return secret === undefined || secret === null || secret === "";
}

function cookieOf(config: FlaskConfig): SessionOptions["cookie"] {
  const sameSite = config.SESSION_COOKIE_SAMESITE;
  const isPartitioned = config.SESSION_COOKIE_PARTITIONED;
  return onlySet({
    name: config.SESSION_COOKIE_NAME,
    // Werkzeug drops the dot too: browsers have ignored it since RFC 6265.
    domain: config.SESSION_COOKIE_DOMAIN?.replace(/^\./, ""),
    path: config.SESSION_COOKIE_PATH ?? config.APPLICATION_ROOT,
    httpOnly: config.SESSION_COOKIE_HTTPONLY,
    // Browsers take no partitioned cookie that is not Secure, and Werkzeug makes it so.
    secure: isPartitioned === true ? true : config.SESSION_COOKIE_SECURE,
    // What is no such word goes on as it is, for the core to refuse.
    sameSite: typeof sameSite === "string" ? (sameSite.toLowerCase() as "lax" | "strict" | "none") : sameSite,
    partitioned: isPartitioned,
  });
}

type OnlySet<Values> = { [Name in keyof Values]?: Exclude<Values[Name], Unset> };

function onlySet<Values extends object>(values: Values): OnlySet<Values> {
  const set = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return Object.fromEntries(set) as OnlySet<Values>;
}
