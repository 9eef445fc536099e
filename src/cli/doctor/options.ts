// The options of a manager against the security bar, before any server is asked.

import { SecretError, SessionOptionError } from "../../core/errors.ts";
import { checkOptions, misreadLimit, type SessionOptions } from "../../core/options.ts";
import { type CookieOptions, createSessionCookie, hasSecurePrefix } from "../../core/request/session-cookie.ts";
import { checkSecret } from "../../core/secrets.ts";
import { parseDuration } from "../../core/time.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { exactDuration } from "../text.ts";
import { type Check, fail, note, ok, warn } from "./check.ts";

/** Any data: the doctor looks at none. */
export type AnyOptions = SessionOptions<Record<string, unknown>>;

/** @param isProduction Whether NODE_ENV says so. */
export function checkAllOptions(options: AnyOptions, isProduction: boolean): Check[] {
  const checks = [
    ...checkSecrets(options.secret, "secret", isProduction),
    ...checkCookie(options.cookie ?? {}, isProduction),
    ...checkLimits(options),
    checkEncryption(options.encryption),
  ];
  return [...checks, ...checkTheRest(options, checks)];
}

/** @param where How the user knows them: an option, or a variable of the environment. */
export function checkSecrets(secret: unknown, where: string, isProduction: boolean): Check[] {
  const secrets: unknown[] = Array.isArray(secret) ? secret : [secret];
  if (secrets.length === 1 && (secret === undefined || secret === "" || secrets[0] === undefined)) {
    const remedy = "Make one with `coatcheck secret`, and pass it in from the environment.";
    return [
      isProduction
        ? fail("secret", "S25", `There is no ${where}.`, remedy)
        : warn("secret", "S25", `There is no ${where}; only development goes without.`, remedy),
    ];
  }
  const problems = secrets.flatMap((each, i) => {
    const problem = problemOfSecret(each);
    return problem === undefined ? [] : [fail("secret", "S25", `${where}, secret ${i + 1}: ${problem}`, null)];
  });
  if (problems.length > 0) return problems;
  return [ok("secret", "S25", `${where} is long and random enough.`), checkRotation(secrets, where)];
}

function problemOfSecret(secret: unknown): string | undefined {
  try {
    checkSecret(secret);
    return undefined;
  } catch (error) {
    if (error instanceof SecretError) return error.message;
    throw error;
  }
}

function checkRotation(secrets: readonly unknown[], where: string): Check {
  const isListAsOne = secrets.some(
    (each) =>
      String(each)
        .split(",")
        .filter((part) => part.length >= 32).length > 1,
  );
  if (isListAsOne) {
    const remedy = 'Split it: secret: process.env.SESSION_SECRET.split(",").';
    return fail("secret.list", "S26", `${where} is a list with commas, taken for one secret.`, remedy);
  }
  if (new Set(secrets).size < secrets.length) {
    return warn("secret.list", "S26", `${where} has a secret twice.`, "Remove one of the two.");
  }
  const message = secrets.length === 1 ? "one secret" : `${secrets.length} secrets, of which the first signs`;
  return ok("secret.list", "S26", `${where} has ${message}.`);
}

/** The rows of the bar that refuse a contradiction, by the option that shows it. */
const COOKIE_ROWS: Readonly<Record<string, string>> = { "cookie.sameSite": "S17", "cookie.partitioned": "S17" };

function checkCookie(cookie: CookieOptions, isProduction: boolean): Check[] {
  try {
    createSessionCookie(cookie);
  } catch (error) {
    if (!(error instanceof SessionOptionError)) throw error;
    return [fail("cookie", COOKIE_ROWS[error.option] ?? "S16", error.message, null)];
  }
  return [checkAttributes(cookie), checkSecure(cookie, isProduction), ...checkSameSite(cookie)];
}

function checkAttributes({ httpOnly, domain, path }: CookieOptions): Check {
  if (httpOnly === false) {
    const remedy = "Leave cookie.httpOnly out: any script in the page could read the cookie.";
    return fail("cookie.attributes", "S15", "The cookie is not HttpOnly.", remedy);
  }
  if (domain !== undefined) {
    const remedy = "Leave cookie.domain out, unless several hosts must share the login and all are trusted.";
    return warn("cookie.attributes", "S15", "The cookie goes to every host of its domain.", remedy);
  }
  if (path !== undefined && path !== "/") {
    return note(
      "cookie.attributes",
      "S15",
      "The cookie has a path, which keeps no other app of the host away from it.",
    );
  }
  return ok("cookie.attributes", "S15", "The cookie is HttpOnly, for this host alone.");
}

function checkSecure({ secure, name = "" }: CookieOptions, isProduction: boolean): Check {
  if (secure === true || (secure === undefined && hasSecurePrefix(name))) {
    return ok("cookie.secure", "S16", "The cookie goes over https alone.");
  }
  const remedy =
    "Say cookie: { secure: true } where all visitors come by https; the cookie is then __Host-Http-session.";
  if (secure === false) {
    const message = "The cookie goes over http as well, where others can read it.";
    return isProduction ? fail("cookie.secure", "S16", message, remedy) : warn("cookie.secure", "S16", message, remedy);
  }
  return note("cookie.secure", "S16", "The cookie is Secure where the framework says that a request is.", remedy);
}

function checkSameSite({ sameSite, partitioned }: CookieOptions): Check[] {
  if (sameSite !== "none") return [ok("cookie.sameSite", "S15", `The cookie is SameSite=${sameSite ?? "lax"}.`)];
  const remedy = "Check session.csrfToken with every change, or leave cookie.sameSite out.";
  const message = `The cookie comes with requests from other sites${partitioned ? ", in a jar for each" : ""}.`;
  return [warn("cookie.sameSite", "S36", message, remedy)];
}

function checkLimits(options: AnyOptions): Check[] {
  const { idleTimeout = "1d", absoluteTimeout = "31d", renewInterval, storeTimeout = "2s" } = options;
  const idle = limitOf("idleTimeout", "S7", idleTimeout);
  const absolute = limitOf("absoluteTimeout", "S8", absoluteTimeout);
  return [
    judgeLimit(idle, "without a request", LONGEST_IDLE),
    isNumber(idle.ms) && isNumber(absolute.ms) && idle.ms > absolute.ms
      ? warn(
          "absoluteTimeout",
          "S8",
          "The absolute limit comes before the idle one.",
          "Make idleTimeout the shorter one.",
        )
      : judgeLimit(absolute, "after the login", LONGEST_ABSOLUTE),
    ...(renewInterval === undefined ? [] : [checkRenewal(limitOf("renewInterval", "S10", renewInterval))]),
    checkStoreTimeout(limitOf("storeTimeout", "S33", storeTimeout)),
    checkSessionLimit(options),
  ];
}

/** A limit of the options. */
interface Limit {
  readonly option: string;
  readonly row: string;
  /** In ms; the error where it is no limit. */
  readonly ms: number | SessionOptionError;
  /** Both readings, where it is a number that may be meant in seconds. */
  readonly misread: string | undefined;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A login that nobody uses for longer was forgotten. */
const LONGEST_IDLE = 90 * DAY;
/** No browser keeps a cookie longer (RFC 6265bis 5.5). */
const LONGEST_ABSOLUTE = 400 * DAY;
/** Most stores on a network take longer than this now and then. In ms. */
const SHORTEST_STORE_TIMEOUT = 100;

function limitOf(option: string, row: string, given: unknown): Limit {
  try {
    return { option, row, ms: parseDuration(option, given), misread: misreadLimit(option, given) };
  } catch (error) {
    if (!(error instanceof SessionOptionError)) throw error;
    return { option, row, ms: error, misread: undefined };
  }
}

/** @param what How the sentence goes on that says when sessions end. @param longest In ms. */
function judgeLimit({ option, row, ms, misread }: Limit, what: string, longest: number): Check {
  if (!isNumber(ms)) return fail(option, row, ms.message, null);
  const message = `Sessions end ${exactDuration(ms)} ${what}.`;
  if (misread !== undefined) return warn(option, row, message, misread);
  if (ms < MINUTE) return warn(option, row, message, "Visitors lose it while they read a page: give a minute or more.");
  if (ms > longest) return warn(option, row, message, `Make it ${exactDuration(longest)} at most.`);
  return ok(option, row, message);
}

function checkRenewal({ option, row, ms, misread }: Limit): Check {
  if (!isNumber(ms)) return fail(option, row, ms.message, null);
  const message = `Sessions get a new ID every ${exactDuration(ms)}.`;
  if (ms >= MINUTE) return ok(option, row, message);
  return warn(option, row, message, misread ?? "Give a minute or more: each renewal is a write and a new cookie.");
}

function checkStoreTimeout({ option, row, ms }: Limit): Check {
  if (!isNumber(ms)) return fail(option, row, ms.message, null);
  const message = `A call of the store may take ${exactDuration(ms)}.`;
  if (ms >= SHORTEST_STORE_TIMEOUT) return ok(option, row, message);
  return warn(option, row, message, 'A number counts milliseconds. Give more, such as "2s".');
}

function checkSessionLimit({ maxSessionsPerOwner }: AnyOptions): Check {
  const id = "maxSessionsPerOwner";
  if (maxSessionsPerOwner !== undefined) return ok(id, "S13", "The sessions of a user are limited.");
  return note(id, "S13", "A user may have any number of sessions.", "maxSessionsPerOwner limits it.");
}

function isNumber(ms: Limit["ms"]): ms is number {
  return typeof ms === "number";
}

function checkEncryption(encryption: AnyOptions["encryption"]): Check {
  if (encryption === undefined) {
    return note("encryption", "S29", "The store keeps data in clear.", "The option `encryption` encrypts it.");
  }
  if (encryption?.acceptPlaintext) {
    const remedy = "Drop encryption.acceptPlaintext one absoluteTimeout after encryption was switched on.";
    return warn("encryption", "S29", "Data is encrypted, and plain data is still accepted.", remedy);
  }
  return ok("encryption", "S29", "Data is encrypted before it is stored.");
}

/** All that the app itself would refuse at start and was not found by now: an unknown option, a weak key. */
function checkTheRest(options: AnyOptions, known: readonly Check[]): Check[] {
  if (known.some(({ status }) => status === "fail")) return [];
  try {
    // Its own store may have to stay closed.
    checkOptions({ ...options, store: memoryStore() }, memoryStore);
    return [ok("options", null, "The app would start with these options.")];
  } catch (error) {
    if (error instanceof SecretError && options.secret === undefined) return [];
    if (!(error instanceof SessionOptionError) && !(error instanceof SecretError)) throw error;
    return [fail("options", error instanceof SecretError ? "S29" : null, error.message, null)];
  }
}
