// What users may set, the defaults, and checks at start whose errors say what to do.

import { parseSessionLimit, type SessionLimit, type SessionLimitOption } from "./admin/session-limit.ts";
import { SecretError, SessionOptionError } from "./errors.ts";
import type { SessionEventListener } from "./events.ts";
import { createFieldEncryption, type EncryptionOptions, type FieldEncryption } from "./record/encryption.ts";
import type { Clock, SessionStore } from "./record/store.ts";
import type { UnavailablePolicy } from "./request/open-session.ts";
import { type CookieOptions, createSessionCookie, type SessionCookie } from "./request/session-cookie.ts";
import type { RandomBytes } from "./request/session-id.ts";
import { createValidator, type SessionSchema } from "./schema.ts";
import { deriveKeys, generateSecret, type SecretKeys, type SecretOption } from "./secrets.ts";
import { type Duration, type Limits, parseDuration } from "./time.ts";
import {
  booleanOption,
  checkedWhereParsed,
  checkOptions as checkOptionTypes,
  durationOption,
  functionOption,
  methodsOption,
  type OptionChecks,
  objectOption,
  oneOfOption,
  timeoutOption,
} from "./util/option-checks.ts";

/** The options of `createSessions`. Only `secret` is needed. */
export interface SessionOptions<Data = unknown> {
  /**
   * Signs the cookies: at least 32 bytes that nobody can guess, from the environment. A list rotates: the first signs,
   * all verify; in a rolling deploy, put a new one last at first (docs/operate.md). Where `NODE_ENV` is `"development"` and the store has a private place, one is made and kept there.
   */
  secret?: SecretOption | undefined;
  /** Where sessions live. Default: the embedded store in a private directory, `sqliteStore()`. */
  store?: SessionStore | undefined;
  /** The cookie's name and attributes. */
  cookie?: CookieOptions | undefined;
  /** A session ends when nothing happens for so long. Default `"1d"` (ASVS 7.3.1). A number below a minute is a warning. */
  idleTimeout?: Duration | undefined;
  /** A session ends so long after it began or logged in, whatever happens. Default `"31d"` (ASVS 7.3.2). */
  absoluteTimeout?: Duration | undefined;
  /** Whether the cookie outlives the browser, where `session.permanent` is not set. Default `false`. */
  permanent?: boolean | undefined;
  /** Gives a session a new ID after so long; requests under way keep the old one for ten seconds. Default: never. */
  renewInterval?: Duration | undefined;
  /** How long one call of the store may take. Default `"2s"`. */
  storeTimeout?: Duration | undefined;
  /**
   * When the store can't be read: `"fail"` (default) ends the request with a `StoreUnavailableError`, status 503;
   * `"anonymous"` goes on with an empty session that refuses writes. The visitor's cookie is kept either way.
   */
  whenStoreUnavailable?: UnavailablePolicy | undefined;
  /** Encrypts each field before it is stored, with AES-256-GCM: `{ keys: [newest, ...older] }`. Default: not. */
  encryption?: EncryptionOptions | undefined;
  /**
   * How many live sessions one owner may have (ASVS 7.1.2). A number ends those that logged in first;
   * `{ limit, whenFull: "refuse" }` refuses the login instead. Default: no limit.
   */
  maxSessionsPerOwner?: SessionLimitOption | undefined;
  /** What the data must look like: a schema of Zod, Valibot, ArkType or any other that speaks Standard Schema. */
  schema?: SessionSchema<Data> | undefined;
  /** Hears what happens, for logs and counters. Never gets an ID, a cookie or a secret. */
  onEvent?: SessionEventListener | undefined;
  /** The clock that all limits are measured by. Default `Date.now`. */
  clock?: Clock | undefined;
  /** The source of session IDs, for tests of its failure. Default: `randomBytes` of `node:crypto`. */
  randomBytes?: RandomBytes | undefined;
}

/** Options, checked and with their defaults. */
export interface Settings {
  readonly store: SessionStore;
  readonly secrets: readonly [SecretKeys, ...SecretKeys[]];
  readonly cookie: SessionCookie;
  readonly limits: Limits;
  readonly permanent: boolean;
  readonly renewInterval: number | undefined;
  readonly storeTimeout: number;
  readonly whenStoreUnavailable: UnavailablePolicy;
  readonly encryption: FieldEncryption | undefined;
  readonly sessionLimit: SessionLimit | undefined;
  readonly validate: ((data: Record<string, unknown>) => void) | undefined;
  readonly onEvent: SessionEventListener | undefined;
  readonly random: RandomBytes | undefined;
}

const STORE_METHODS = [
  "load",
  "create",
  "commit",
  "replace",
  "destroy",
  "list",
  "destroyAll",
  "sweep",
  "close",
] as const;

const SETUP = "Call createSessions({ secret: process.env.SESSION_SECRET }).";

const CHECKS: OptionChecks<SessionOptions> = {
  secret: checkedWhereParsed,
  store: methodsOption(
    STORE_METHODS,
    "must be a store",
    'Give one of ours, such as memoryStore(), or one that passes the suite in "coatcheck/testing/conformance".',
  ),
  cookie: checkedWhereParsed,
  idleTimeout: durationOption,
  absoluteTimeout: durationOption,
  permanent: booleanOption,
  renewInterval: durationOption,
  storeTimeout: timeoutOption,
  whenStoreUnavailable: oneOfOption("fail", "anonymous"),
  encryption: checkedWhereParsed,
  maxSessionsPerOwner: checkedWhereParsed,
  schema: checkedWhereParsed,
  onEvent: functionOption,
  clock: functionOption,
  randomBytes: functionOption,
};

/**
 * @param defaultStore Makes the store when none is given.
 * @throws SessionOptionError, SecretError.
 */
export function checkOptions<Data>(
  options: SessionOptions<Data>,
  defaultStore: (options: { clock: Clock }) => SessionStore,
): Settings {
  objectOption(SETUP)("options", options);
  checkOptionTypes<SessionOptions<Data>>(options, CHECKS, SETUP);
  const { permanent = false, whenStoreUnavailable = "fail", renewInterval, schema, clock = Date.now } = options;

  const settings = {
    cookie: createSessionCookie(options.cookie),
    limits: {
      clock,
      idle: parseDuration("idleTimeout", options.idleTimeout ?? "1d"),
      absolute: parseDuration("absoluteTimeout", options.absoluteTimeout ?? "31d"),
    },
    permanent,
    renewInterval: renewInterval === undefined ? undefined : parseDuration("renewInterval", renewInterval),
    storeTimeout: parseDuration("storeTimeout", options.storeTimeout ?? "2s"),
    whenStoreUnavailable,
    encryption: options.encryption === undefined ? undefined : createFieldEncryption(options.encryption),
    sessionLimit: parseSessionLimit(options.maxSessionsPerOwner),
    validate: schema === undefined ? undefined : createValidator(schema),
    onEvent: options.onEvent,
    random: options.randomBytes,
  };
  for (const option of LIMITS) warnOfShortLimit(option, options[option]);
  // The store comes last, so that a wrong option leaves no opened directory behind.
  if (options.store !== undefined) checkFit(options, options.store);
  const known = deriveGivenKeys(options.secret);
  const store = options.store ?? defaultStore({ clock });
  return { ...settings, store, secrets: known ?? deriveKeys(developmentSecret(store)) };
}

/** The keys of the secret that was given; `undefined` when none was, and one may be made for development. */
function deriveGivenKeys(secret: SecretOption | undefined): Settings["secrets"] | undefined {
  const isMissing = secret === undefined || secret === "";
  return isMissing && process.env["NODE_ENV"] === "development" ? undefined : deriveKeys(secret);
}

function developmentSecret(store: SessionStore): string {
  const secret = store.developmentSecret?.(generateSecret);
  if (secret === undefined) throw new SecretError("There is no secret.");
  process.emitWarning(
    "No secret was given, so one for development is kept beside the sessions. Set `secret` before you go live.",
    { type: "CoatcheckWarning", code: "COATCHECK_DEVELOPMENT_SECRET" },
  );
  return secret;
}

const LIMITS = ["idleTimeout", "absoluteTimeout", "renewInterval"] as const;

/** Other libraries count limits in seconds: 3600 may be meant as an hour. */
function warnOfShortLimit(option: string, given: Duration | undefined): void {
  const message = misreadLimit(option, given);
  if (message === undefined) return;
  process.emitWarning(message, { type: "CoatcheckWarning", code: "COATCHECK_SHORT_LIMIT" });
}

/** Both readings of a limit below a minute that is a number; `undefined` where no other reading is likely. */
export function misreadLimit(option: string, given: unknown): string | undefined {
  if (typeof given !== "number" || given >= 60_000) return undefined;
  return `Option "${option}" is ${given}: a number counts milliseconds, so it means ${given / 1000} s. If ${given} s were meant, use "${given}s".`;
}

/** Options that a store can't serve fail here, and not at somebody's first login. */
function checkFit(
  { encryption, maxSessionsPerOwner }: Pick<SessionOptions, "encryption" | "maxSessionsPerOwner">,
  store: SessionStore,
): void {
  const isUnfit = "can't be used with this store";
  if (encryption !== undefined && store.sharesRecords) {
    throw new SessionOptionError("encryption", isUnfit, "Another program reads its records.");
  }
  if (encryption !== undefined && store.encryptsRecords) {
    throw new SessionOptionError("encryption", isUnfit, "It encrypts all that it keeps already: leave the option out.");
  }
  if (maxSessionsPerOwner !== undefined && store.unkeptLaws?.includes(5)) {
    throw new SessionOptionError(
      "maxSessionsPerOwner",
      isUnfit,
      "It can't find the sessions of an owner: use sqliteStore(), redisStore() or postgresStore().",
    );
  }
}
