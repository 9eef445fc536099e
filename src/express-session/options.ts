// The options of the drop-in: those of express-session 1.19 with its defaults, checked at start.
import type { IncomingMessage } from "node:http";
import { SessionOptionError } from "../core/errors.ts";
import type { SessionStore } from "../core/store.ts";
import type { ExpressSessionStore } from "./bridge.ts";
import { type CookieOptions, isMaxAge, MAX_AGE_PROBLEM } from "./cookie.ts";
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

/** @throws SessionOptionError when an option can't be meant. */
export function readOptions(options: SessionOptions): Settings {
  checkOptions(options);
  const { genid, unset } = options;
  if (genid && typeof genid !== "function") {
    throw new SessionOptionError("genid", "is no function, and must be one", "Give a function that returns an ID.");
  }
  if (unset && unset !== "destroy" && unset !== "keep") {
    throw new SessionOptionError("unset", "must be one of two words", 'Say "destroy" or "keep".');
  }
  return {
    cookieOf: readCookie(options.cookie),
    generateId: genid || undefined,
    name: options.name || options.key || "connect.sid",
    proxy: options.proxy,
    resave: Boolean(options.resave ?? options.resave === undefined),
    rolling: Boolean(options.rolling),
    saveUninitialized: Boolean(options.saveUninitialized ?? options.saveUninitialized === undefined),
    signer: readSecret(options.secret),
    unsetDestroys: unset === "destroy",
  };
}

function checkOptions(options: unknown): void {
  if (typeof options !== "object" || options === null) {
    throw new SessionOptionError(
      "options",
      "must be an object",
      "Say session({ secret: process.env.SESSION_SECRET }).",
    );
  }
  if (typeof Reflect.get(options, "open") === "function") {
    const remedy = "Give it to the session() of coatcheck/express; here, give a store and the other options.";
    throw new SessionOptionError("options", "is a manager of createSessions", remedy);
  }
}

function readCookie(cookie: SessionOptions["cookie"]): Settings["cookieOf"] {
  if (typeof cookie === "function") return (req) => checkCookie(cookie(req), "a function must give an object");
  const checked = checkCookie(cookie || {}, "must be an object or a function");
  return () => checked;
}

/** @throws SessionOptionError when no cookie can be made of it. */
function checkCookie(cookie: CookieOptions, problem: string): CookieOptions {
  if (typeof cookie !== "object" || cookie === null) {
    throw new SessionOptionError("cookie", problem, "Give its settings: { maxAge: 86_400_000 }.");
  }
  if (isMaxAge(cookie.maxAge)) return cookie;
  throw new SessionOptionError("cookie.maxAge", `is wrong: ${MAX_AGE_PROBLEM}`, "Give milliseconds, or nothing.");
}

function readSecret(secret: SessionOptions["secret"]): Signer | undefined {
  if (!secret) return undefined;
  const secrets = Array.isArray(secret) ? (secret as Secret[]) : [secret as Secret];
  if (secrets.length > 0) return createSigner(secrets);
  throw new SessionOptionError(
    "secret",
    "is an empty list: a secret option array must contain one or more secrets",
    "Put the newest first; older ones still verify.",
  );
}
