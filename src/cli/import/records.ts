// A session of another library -> a record of ours, under the key by which the browser's cookie will be found again: the
// drop-in for express-session, and the stores for Flask-Session, look it up by the hash of the ID that the cookie has.

import type { SessionRecord } from "../../core/record/store.ts";
import { keyOfId } from "../../core/request/session-id.ts";
import { newRecordOf } from "../../express-session/coatcheck-store.ts";
import { OwnFields } from "../../flask-cookie/own-fields.ts";
import { FLASK_LOGIN_OWNER, fieldsOf, ownerOf } from "../../flask-cookie/session-fields.ts";
import { decodeRecord } from "../../flask-cookie/session-records.ts";
import type { SourceSession } from "./source.ts";

export type SourceFormat = "express-session" | "flask-session";

/** How long a session lives that has no end in the source, in ms: a day, as connect-redis and the drop-in have it. */
const DEFAULT_LIFE = 24 * 60 * 60 * 1000;

export interface Imported {
  readonly key: string;
  readonly record: SessionRecord;
}

/** Makes records of one format. @param ownerPath Where the data says whose session it is: `"passport.user"`. */
export function createTranslator(
  format: SourceFormat,
  ownerPath: string | undefined,
): (id: string, session: SourceSession, now: number) => Imported {
  const toRecord = format === "express-session" ? expressRecord : flaskRecord;
  return (id, { bytes, timeLeft = DEFAULT_LIFE }, now) => ({
    key: keyOfId(id),
    record: toRecord(bytes, { createdAt: now, expiresAt: Math.floor(now + timeLeft) }, ownerPath),
  });
}

/** Neither source notes when a session began: its absolute limit, where the app has one, counts from now. */
interface Times {
  readonly createdAt: number;
  readonly expiresAt: number;
}

/** @throws Error when the bytes are no session of express-session's. */
function expressRecord(bytes: Buffer, times: Times, ownerPath: string | undefined): SessionRecord {
  const data: unknown = JSON.parse(bytes.toString());
  const cookie: unknown = isObject(data) ? Reflect.get(data, "cookie") : undefined;
  if (!isObject(data) || !isObject(cookie)) throw new Error("it is no session of express-session: it has no cookie");
  // Of a session that was read since it was last written, only the source's own end is true: `touch` leaves the JSON.
  const expires: unknown = Reflect.get(cookie, "expires");
  const live = { ...cookie, expires: expires ? new Date(times.expiresAt) : null };
  return newRecordOf({ ...data, cookie: live }, { ...times, owner: ownerAt(data, ownerPath) });
}

/** @throws SessionRecordError when the bytes are no record of Flask-Session 0.7 or newer. */
function flaskRecord(bytes: Buffer, times: Times, ownerKey: string = FLASK_LOGIN_OWNER): SessionRecord {
  const { data } = decodeRecord(bytes);
  // What coatcheck noted for another manager in that session is of no use here: no key opens it.
  const rules = { ownerKey, ownFields: new OwnFields() };
  return { ...times, fields: fieldsOf(data, rules), owner: ownerOf(data, rules), version: 1 };
}

function ownerAt(data: unknown, path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  let value = data;
  for (const name of path.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  const owner = typeof value === "number" ? String(value) : value;
  return typeof owner === "string" && owner !== "" ? owner.toWellFormed() : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
