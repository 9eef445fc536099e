// A session's data beside the fields of its record: values as fields, and what has changed since they were loaded.
// It knows no store.

import { SessionValueError } from "../core/errors.ts";
import { decodeValue, encodeValue } from "../core/record/codec.ts";
import { fieldOfKey, keyOfField } from "../core/session/reserved-fields.ts";
import { type FieldChange, NO_CHANGE } from "../core/session/tracked-fields.ts";
import type { StoredSession } from "./session.ts";

export type Fields = ReadonlyMap<string, string>;

/** The data of a session at one moment, without the cookie. */
export interface Description {
  /** Equal for equal data. */
  readonly text: string;
  /** How the data differs from what was loaded, if the describer knows. */
  readonly change?: FieldChange | undefined;
}

/** What was loaded: as text, and as values, of which a primitive one that is still equal need not be encoded again. */
export interface LoadedData {
  readonly fields: Fields;
  readonly values: StoredSession;
}

/** All data of a session. */
export function fieldsOf(session: object, loaded?: LoadedData): Map<string, string> {
  const fields = new Map<string, string>();
  for (const key of Object.keys(session)) {
    const text = textOf(session, key, loaded);
    if (text !== undefined) fields.set(fieldOfKey(key), text);
  }
  return fields;
}

/** Adds the data in a record's fields to a session. */
export function addValues(session: StoredSession, fields: Fields): void {
  for (const [field, text] of fields) {
    const key = keyOfField(field);
    if (key !== undefined) session[key] = decodeValue(text);
  }
}

/** How a session's data differs from stored fields; `undefined` if it does not. Notes of the library's own stay. */
export function changeOf(session: object, stored: Fields, loaded?: LoadedData): FieldChange | undefined {
  let set: Map<string, string> | undefined;
  /** How many of the stored keys the session lacks; most requests remove none. */
  let missing = 0;
  for (const field of stored.keys()) if (keyOfField(field) !== undefined) missing++;
  for (const key of Object.keys(session)) {
    const text = textOf(session, key, loaded);
    if (text === undefined) continue;
    const field = fieldOfKey(key);
    const before = stored.get(field);
    if (before !== undefined) missing--;
    if (before === text) continue;
    set ??= new Map();
    set.set(field, text);
  }
  if (!set && missing === 0) return undefined;
  const remove = missing === 0 ? NO_CHANGE.remove : missingFrom(fieldsOf(session, loaded), stored);
  return { set: set ?? NO_CHANGE.set, remove };
}

function missingFrom(fields: Fields, stored: Fields): ReadonlySet<string> {
  return new Set([...stored.keys()].filter((field) => keyOfField(field) !== undefined && !fields.has(field)));
}

/** `undefined` for what is not stored. */
function textOf(session: object, key: string, loaded: LoadedData | undefined): string | undefined {
  if (key === "cookie" || key === "__proto__") return undefined;
  const value = (session as Record<string, unknown>)[key];
  if (loaded && typeof value !== "object" && value !== undefined && Object.is(value, loaded.values[key])) {
    return loaded.fields.get(fieldOfKey(key));
  }
  return encode(value, key);
}

/** Values that the codec refuses are kept as JSON would keep them, since express-session's users may store them. */
function encode(value: unknown, key: string): string | undefined {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return undefined;
  try {
    return encodeValue(value, key);
  } catch (error) {
    if (!(error instanceof SessionValueError)) throw error;
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? undefined : encodeValue(JSON.parse(json), key);
  }
}
