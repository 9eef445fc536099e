// Flask's client-side session cookie, both ways: payload, time and signature. The data is in the cookie for all to read;
// only the signature is secret.
import { randomBytes } from "node:crypto";
import { deflateSync, inflateSync } from "node:zlib";
import { SessionOptionError, SessionValueError } from "../core/errors.ts";
import { checkOptions, type OptionChecks } from "../core/util/option-checks.ts";
import { splitMembers } from "./json-members.ts";
import { type FlaskSignature, type FlaskSigner, SIGNATURE_CHECKS, sign, signerOf, unsign } from "./signer.ts";
import { fromTaggedJson, toTaggedDict, toTaggedJson } from "./tagged-json.ts";

/** Flask's default `PERMANENT_SESSION_LIFETIME`, in seconds, which it applies to all cookies. */
export const FLASK_LIFETIME: number = 31 * 24 * 60 * 60;

/** In characters. Browsers stop at 4096 bytes, and Node lets no more in than this for all headers together. */
export const MAX_COOKIE_LENGTH = 16_384;

/** What a compressed payload may become, in bytes: twenty times as much as the longest cookie that browsers keep holds. */
const MAX_INFLATED = 65_536;

/** A session is a dict, which begins so, and Python puts no blank before it. */
const BRACE = "{".charCodeAt(0);

/** What JSON allows around a value. */
const WHITESPACE = " \t\n\r";
const UNIQUE_BYTES = 8;

const BASE64URL = /^[\w-]*$/;

export interface ReadFlaskCookieOptions extends FlaskSignature {
  /** In seconds; default 2,678,400, which is 31 days, as Flask has it. `Infinity`: any time will do, the future too. */
  readonly maxAge?: number | undefined;
  /** Unix time in seconds; default the present. */
  readonly now?: number | undefined;
}

export interface WriteFlaskCookieOptions extends Omit<FlaskSignature, "fallbacks"> {
  /** Unix time in seconds; default the present. */
  readonly now?: number | undefined;
}

const READ_CHECKS: OptionChecks<ReadFlaskCookieOptions> = {
  ...SIGNATURE_CHECKS,
  maxAge: secondsOption,
  now: secondsOption,
};
/** The options of reading may be handed on: `fallbacks` and `maxAge` change nothing that is written. */
const WRITE_CHECKS: OptionChecks<ReadFlaskCookieOptions> = { ...READ_CHECKS, now: momentOption };

/** The last moment of a Date, in seconds since 1970. */
const MAX_MOMENT = 8_640_000_000_000;

/** What came of reading a cookie, in itsdangerous' words. Flask takes all but `valid` for an empty session. */
export type FlaskCookie =
  | {
      readonly verdict: "valid";
      readonly data: Record<string, unknown>;
      /** Unix time in seconds. */
      readonly signedAt: number;
      /** Signed by a fallback: write it again, and the newest secret signs. */
      readonly isSignatureOld: boolean;
    }
  | { readonly verdict: "bad_signature" | "expired" | "bad_payload"; readonly data: undefined };

/** A valid cookie, and whether `writeUniqueCookie` wrote it. */
interface ReadCookie {
  readonly cookie: FlaskCookie;
  readonly isUnique: boolean;
}

const BAD_SIGNATURE: FlaskCookie = { verdict: "bad_signature", data: undefined };
const EXPIRED: FlaskCookie = { verdict: "expired", data: undefined };
const BAD_PAYLOAD: FlaskCookie = { verdict: "bad_payload", data: undefined };

/**
 * Reads the cookie of Flask's own sessions. Whatever the text, it throws nothing: the verdict says what it is. Times are
 * in seconds, since the cookie's are.
 *
 * Python's `tuple`, `Markup` and `UUID` come as {@link Tuple}, {@link Markup} and {@link Uuid}, `bytes` as a Uint8Array,
 * `datetime` as a Date, integers past 2^53 as a BigInt.
 *
 * @throws SecretError when there is no secret.
 * @example
 * const { data } = readFlaskCookie(cookies.session, { secret: process.env.SECRET_KEY });
 * console.log(data?.username);
 */
export function readFlaskCookie(cookie: string, options: ReadFlaskCookieOptions): FlaskCookie {
  checkOptions<ReadFlaskCookieOptions>(options, READ_CHECKS, "Call readFlaskCookie(cookie, { secret }).");
  return readCookie(cookie, options).cookie;
}

/** `readFlaskCookie`, which also reports whether no other session can have a cookie of the same text. */
export function readCookie(cookie: string, options: ReadFlaskCookieOptions): ReadCookie {
  const signer = signerOf(options);
  if (typeof cookie !== "string" || cookie.length > MAX_COOKIE_LENGTH) return refused(BAD_SIGNATURE);
  const signed = unsign(signer, cookie);
  if (!signed) return refused(BAD_SIGNATURE);
  const at = signed.text.lastIndexOf(".");
  const signedAt = at === -1 ? undefined : readTime(signed.text.slice(at + 1));
  if (signedAt === undefined) return refused(BAD_SIGNATURE);
  const { maxAge = FLASK_LIFETIME, now = Math.floor(Date.now() / 1000) } = options;
  const age = now - signedAt;
  if (maxAge !== Number.POSITIVE_INFINITY && (age > maxAge || age < 0)) return refused(EXPIRED);
  const payload = readPayload(signed.text.slice(0, at));
  if (!payload) return refused(BAD_PAYLOAD);
  const { data, isUnique } = payload;
  return { cookie: { verdict: "valid", data, signedAt, isSignatureOld: signed.place > 0 }, isUnique };
}

/** @throws SessionOptionError unless it is a number of seconds; `Infinity` is allowed. */
function secondsOption(option: string, value: unknown): void {
  if (typeof value === "number" && value >= 0) return;
  throw new SessionOptionError(
    option,
    "must be a number of seconds that is not negative",
    "Give one, or leave it out.",
  );
}

/** @throws SessionOptionError unless it is a time that a cookie can say. */
function momentOption(option: string, value: unknown): void {
  secondsOption(option, value);
  if (Number(value) > MAX_MOMENT) {
    throw new SessionOptionError(option, "must be a moment that a Date can be", "Give seconds since 1970.");
  }
}

const refused = (cookie: FlaskCookie): ReadCookie => ({ cookie, isUnique: false });

/**
 * Writes a cookie that Flask reads as its own session. Set it with the attributes that the Flask app uses.
 *
 * @throws SecretError when there is no secret; SessionValueError for a value that Python could not have written, and for
 * more than 64 KB of JSON.
 * @example
 * res.setHeader("Set-Cookie", `session=${writeFlaskCookie({ username: "ada" }, { secret })}; HttpOnly; Path=/`);
 */
export function writeFlaskCookie(data: Readonly<Record<string, unknown>>, options: WriteFlaskCookieOptions): string {
  checkOptions<ReadFlaskCookieOptions>(options, WRITE_CHECKS, "Call writeFlaskCookie(data, { secret }).");
  return writeCookie(data, options, "");
}

/**
 * Writes a cookie that differs from every other one, also where data and time are the same: 64 random bits follow the
 * JSON as whitespace, which JSON allows there (RFC 8259 2). Flask reads the data alone, and drops them when it writes.
 */
export function writeUniqueCookie(
  data: Readonly<Record<string, unknown>>,
  options: WriteFlaskCookieOptions,
  from?: WrittenCookie,
): string {
  return writeCookie(data, options, randomWhitespace(), from && keptMembers(data, from));
}

/** A valid cookie, whose values are written as they are in it for as long as they are the same. */
export interface WrittenCookie {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

function keptMembers(data: Readonly<Record<string, unknown>>, from: WrittenCookie): ReadonlyMap<string, string> {
  const payload = from.text.slice(0, from.text.lastIndexOf(".", from.text.lastIndexOf(".") - 1));
  const members = splitMembers(jsonOf(payload)?.toString() ?? "");
  return new Map([...members].filter(([key]) => Object.is(data[key], from.data[key])));
}

function writeCookie(
  data: Readonly<Record<string, unknown>>,
  options: WriteFlaskCookieOptions,
  whitespace: string,
  kept?: ReadonlyMap<string, string>,
): string {
  const signer: FlaskSigner = signerOf(options);
  const { now = Date.now() / 1000 } = options;
  const json = kept ? toTaggedDict(data, kept) : toTaggedJson(data);
  return sign(signer, `${writePayload(json + whitespace)}.${writeTime(Math.floor(now))}`);
}

/** Two bits a character. */
function randomWhitespace(): string {
  return Array.from(randomBytes(UNIQUE_BYTES), (byte) =>
    [0, 2, 4, 6].map((shift) => WHITESPACE[(byte >> shift) & 3]).join(""),
  ).join("");
}

/** Compressed where that is shorter, as Flask does. */
function writePayload(json: string): string {
  const plain = Buffer.from(json);
  if (plain.length > MAX_INFLATED) {
    const problem = `is ${plain.length} bytes of JSON, of which ${MAX_INFLATED} are read again`;
    throw new SessionValueError("session", problem, "Keep less in it, or keep it on the server.");
  }
  const deflated = deflateSync(plain);
  return deflated.length < plain.length - 1 ? `.${deflated.toString("base64url")}` : plain.toString("base64url");
}

/** @throws Error when what is compressed is broken, or becomes too long. */
function jsonOf(payload: string): Buffer | undefined {
  const isCompressed = payload.startsWith(".");
  const text = isCompressed ? payload.slice(1) : payload;
  if (!BASE64URL.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  return isCompressed ? inflateSync(bytes, { maxOutputLength: MAX_INFLATED }) : bytes;
}

function readPayload(payload: string): { data: Record<string, unknown>; isUnique: boolean } | undefined {
  try {
    const json = jsonOf(payload);
    if (json?.[0] !== BRACE) return undefined;
    const data = fromTaggedJson(json.toString());
    return isDict(data) ? { data, isUnique: endsUnique(json) } : undefined;
  } catch {
    return undefined;
  }
}

/** The JSON is an object, so whitespace at its end belongs to no string. */
function endsUnique(json: Buffer): boolean {
  const length = UNIQUE_BYTES * 4;
  return json.length > length && json.subarray(-length).every((byte) => WHITESPACE.includes(String.fromCharCode(byte)));
}

function isDict(data: unknown): data is Record<string, unknown> {
  return typeof data === "object" && data !== null && Object.getPrototypeOf(data) === Object.prototype;
}

/** Big-endian bytes without leading zeros: nothing at all for 0. */
function readTime(text: string): number | undefined {
  if (!BASE64URL.test(text)) return undefined;
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length > 8) return undefined;
  let seconds = 0;
  for (const byte of bytes) seconds = seconds * 256 + byte;
  return seconds;
}

function writeTime(seconds: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(seconds));
  const first = bytes.findIndex((byte) => byte !== 0);
  return first === -1 ? "" : bytes.subarray(first).toString("base64url");
}
