// The options of the drop-in: those of express-session 1.19 with its defaults, checked at start.
import type { IncomingMessage } from "node:http";
import { SessionOptionError } from "../core/errors.ts";
import type { SessionStore } from "../core/record/store.ts";
import {
  booleanOption,
  checkedWhereParsed,
  checkOptions,
  functionOption,
  type OptionChecks,
  oneOfOption,
  orNull,
  stringOption,
} from "../core/util/option-checks.ts";
import type { ExpressSessionStore } from "./bridge.ts";
import { type Cookie, type CookieOptions, MAX_AGE_PROBLEM } from "./cookie.ts";
import { createSigner, type Secret, type Signer } from "./signature.ts";

/** A function of a request; yours may expect your framework's type of it. */
type OfRequest<Result> = { bivarianceHack(req: IncomingMessage): Result }["bivarianceHack"];

/** The options of express-session. Only `secret` is required. */
export interface SessionOptions {
  /** Signs the cookie: 32 random bytes or more. Of a list, the first signs and all verify. */
  secret?: Secret | readonly Secret[] | undefined;
  /** A store written for express-session, or one of coatcheck's. Default: a new `MemoryStore`, for development. */
  store?: ExpressSessionStore | SessionStore | undefined;
  /** The cookie's settings, or a function that gives them for a request. Default `{ path: "/", httpOnly: true }`. */
  cookie?: CookieOptions | OfRequest<CookieOptions> | undefined;
  /** Makes a session ID. Default: 192 random bits in 32 characters, as ever; 256 with a store of coatcheck's. */
  genid?: OfRequest<string> | undefined;
  /** The cookie's name. Default `"connect.sid"`. */
  name?: string | undefined;
  /** An old name of `name`. */
  key?: string | undefined;
  /** `true`: `X-Forwarded-Proto` is believed. `false`: the connection alone counts. Default: `req.secure` of Express. */
  proxy?: boolean | undefined;
  /** Stores a session that did not change, too. Default `true`; `false` is better with every store that has `touch`. */
  resave?: boolean | undefined;
  /** Sets the cookie on every response, so that it ends `maxAge` after the last one. Default `false`. */
  rolling?: boolean | undefined;
  /** Stores new sessions that hold nothing, and sets their cookie. Default `true`; `false` is better for logins. */
  saveUninitialized?: boolean | undefined;
  /** What happens in the store when `req.session` is unset: `"keep"` (default) or `"destroy"`. */
  unset?: "destroy" | "keep" | undefined;
}

/** The options as they count. */
export interface Settings {
  readonly cookieOf: (req: IncomingMessage) => CookieOptions;
  readonly generateId: ((req: IncomingMessage) => string) | undefined;
  readonly name: string;
  readonly proxy: boolean | undefined;
  readonly resave: boolean;
  readonly rolling: boolean;
  readonly saveUninitialized: boolean;
  /** `undefined` where only cookie-parser's secret, `req.secret`, may be there. */
  readonly signer: Signer | undefined;
  readonly unsetDestroys: boolean;
}

/** `null` and `""` mean what leaving out means, as in express-session. */
const CHECKS: OptionChecks<SessionOptions> = {
  secret: checkedWhereParsed,
  store: checkedWhereParsed,
  cookie: checkedWhereParsed,
  genid: generatorOption,
  name: orNull(stringOption),
  key: orNull(stringOption),
  proxy: orNull(booleanOption),
  resave: orNull(booleanOption),
  rolling: orNull(booleanOption),
  saveUninitialized: orNull(booleanOption),
  unset: orNull(oneOfOption("destroy", "keep", "")),
};

/** Also the properties of a `Cookie`, whose settings may be handed on. */
const COOKIE_CHECKS: OptionChecks<CookieOptions & Pick<Cookie, "originalMaxAge" | "_expires">> = {
  path: orNull(stringOption),
  domain: orNull(stringOption),
  httpOnly: orNull(booleanOption),
  secure: orNull(oneOfOption(true, false, "auto")),
  sameSite: orNull(oneOfOption(true, false, "lax", "strict", "none", "auto")),
  maxAge: maxAgeOption,
  expires: expiresOption,
  priority: orNull(oneOfOption("low", "medium", "high")),
  partitioned: orNull(booleanOption),
  originalMaxAge: maxAgeOption,
  _expires: expiresOption,
};

const SETUP = "Say session({ secret: process.env.SESSION_SECRET }).";

/** @throws SessionOptionError when an option is wrong or unknown. */
export function readOptions(options: SessionOptions): Settings {
  refuseManager(options);
  const { genid, unset } = checkOptions<SessionOptions>(options, CHECKS, SETUP);
  return {
    cookieOf: readCookie(options.cookie),
    generateId: genid || undefined,
    name: options.name || options.key || "connect.sid",
    proxy: options.proxy ?? undefined,
    resave: Boolean(options.resave ?? options.resave === undefined),
    rolling: Boolean(options.rolling),
    saveUninitialized: Boolean(options.saveUninitialized ?? options.saveUninitialized === undefined),
    signer: readSecret(options.secret),
    unsetDestroys: unset === "destroy",
  };
}

function refuseManager(options: unknown): void {
  if (typeof Reflect.get(Object(options), "open") !== "function") return;
  const remedy = "Give it to the session() of coatcheck/express; here, give a store and the other options.";
  throw new SessionOptionError("options", "must not be a manager of createSessions", remedy);
}

function readCookie(cookie: SessionOptions["cookie"]): Settings["cookieOf"] {
  if (typeof cookie === "function") return (req) => checkCookie(cookie(req), "a function must return an object");
  const checked = checkCookie(cookie ?? {}, "must be an object or a function");
  return () => checked;
}

/** @throws SessionOptionError when no cookie can be made of it. */
function checkCookie(cookie: CookieOptions, requirement: string): CookieOptions {
  const remedy = "Give its settings: { maxAge: 86_400_000 }.";
  if (typeof cookie !== "object" || cookie === null) throw new SessionOptionError("cookie", requirement, remedy);
  return checkOptions<CookieOptions>(cookie, COOKIE_CHECKS, remedy, "cookie");
}

/** What is falsy stands for the default, as in express-session. */
function generatorOption(option: string, value: unknown): void {
  if (value) functionOption(option, value);
}

function maxAgeOption(option: string, value: unknown): void {
  if (value === null || (value instanceof Date && isMoment(value))) return;
  if (typeof value === "number" && value >= 0 && isMoment(new Date(Date.now() + value))) return;
  throw new SessionOptionError(
    option,
    `is wrong: ${MAX_AGE_PROBLEM}`,
    "Give milliseconds, or null for a cookie that ends with the browser.",
  );
}

function expiresOption(option: string, value: unknown): void {
  if (value === null || value === false || (value instanceof Date && isMoment(value))) return;
  throw new SessionOptionError(option, "must be a valid Date, false or null", "Prefer maxAge, in milliseconds.");
}

function isMoment(date: Date): boolean {
  return !Number.isNaN(date.getTime());
}

function readSecret(secret: SessionOptions["secret"]): Signer | undefined {
  if (secret === undefined || secret === null || secret === "") return undefined;
  const secrets = Array.isArray(secret) ? (secret as Secret[]) : [secret as Secret];
  if (secrets.length > 0) return createSigner(secrets);
  throw new SessionOptionError(
    "secret",
    "is an empty list: a secret option array must contain one or more secrets",
    "Put the newest first; older ones still verify.",
  );
}
