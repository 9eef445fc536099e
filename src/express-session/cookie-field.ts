// The cookie's settings in a record of coatcheck's: a note of the drop-in, beside the data. It knows no store.

import { SessionRecordError } from "../core/errors.ts";
import { decodeValue, encodeValue } from "../core/record/codec.ts";
import type { SessionRecord } from "../core/record/store.ts";
import { touchInterval } from "../core/time.ts";
import { Recent } from "../core/util/recent.ts";
import type { Cookie } from "./cookie.ts";
import type { StoredSession } from "./session.ts";

export const COOKIE_FIELD = "$cookie";

/** How long a session lives without activity whose cookie ends with the browser, in ms: a day, as in connect-redis. */
const BROWSER_SESSION = 24 * 60 * 60 * 1000;

const SETTINGS = [
  "originalMaxAge",
  "path",
  "domain",
  "httpOnly",
  "secure",
  "sameSite",
  "priority",
  "partitioned",
] as const;

/** The moment until which the session lives. */
export function expiryOf(cookie: Cookie): number {
  return cookie.expires ? new Date(cookie.expires).getTime() : Date.now() + BROWSER_SESSION;
}

/** The cookie's settings. Its end is the record's own, unless it comes earlier, which no commit can say. */
export function encodeCookie(cookie: Cookie, storedExpiry: number): string {
  const { expires, ...settings } = cookie.data ?? cookie;
  const expiresAt = expiryOf(cookie);
  const isEarlier = expiresAt < storedExpiry - Math.max(touchInterval(expiresAt - Date.now()), 0);
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const end = expires ? (isEarlier ? expiresAt : true) : false;
  return encodeValue(Object.fromEntries([...given, ["expires", end]]), "cookie");
}

interface CookieNote {
  readonly settings: object;
  /** `true`: with the record; a number: at that moment, in ms; otherwise with the browser. */
  readonly end: unknown;
}

/** Nearly all sessions of a site have a cookie of the same settings. Their values cannot be changed from outside. */
const notesByText = new Recent<string, CookieNote>(100);

/** @throws SessionRecordError for a record that the drop-in did not write. */
export function decodeCookie({ fields, expiresAt }: SessionRecord): StoredSession["cookie"] {
  const text = fields.get(COOKIE_FIELD) ?? "null";
  const { settings, end } = notesByText.get(text) ?? readNote(text);
  const expires = end === true ? new Date(expiresAt) : typeof end === "number" ? new Date(end) : null;
  return { ...settings, expires };
}

function readNote(text: string): CookieNote {
  const decoded = decodeValue(text);
  if (typeof decoded !== "object" || decoded === null) throw new SessionRecordError("was not written by the drop-in");
  const { expires: end, ...settings } = decoded as { expires?: unknown };
  const note = { settings, end };
  // An object among the settings would be one for all sessions with this text, and a handler may change it.
  if (!Object.values(settings).some((value) => typeof value === "object" && value !== null))
    notesByText.set(text, note);
  return note;
}

/** Whether the settings are those that were loaded. */
export function hasSettingsOf(cookie: Cookie, loaded: StoredSession["cookie"]): boolean {
  return !cookie.expires === !loaded.expires && SETTINGS.every((name) => cookie[name] === loaded[name]);
}
