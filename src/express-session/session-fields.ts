// A session's data beside the fields of its record: what has become of it since it was loaded. It knows no store.
import { encodeValue } from "../core/codec.ts";
import { SessionValueError } from "../core/errors.ts";
import { fieldOfKey, keyOfField } from "../core/field-names.ts";
import { type FieldChange, NO_CHANGE } from "../core/fields.ts";

export type Fields = ReadonlyMap<string, string>;

/** What was loaded: as text, and as values, of which what is no object is still the same if it is equal. */
export interface LoadedData {
  readonly fields: Fields;
  readonly values: Readonly<Record<string, unknown>>;
}

/** All data of a session. */
export function fieldsOf(session: object): Map<string, string> {
  const fields = new Map<string, string>();
  for (const key of Object.keys(session)) {
    const text = textOf(session, key, undefined);
    if (text !== undefined) fields.set(fieldOfKey(key), text);
  }
  return fields;
}

/** How a session's data differs from stored fields; `undefined` when it does not. Each object is encoded once. */
export function changeOf(session: object, stored: Fields, loaded?: LoadedData | undefined): FieldChange | undefined {
  let set: Map<string, string> | undefined;
  const kept: string[] = [];
  for (const key of Object.keys(session)) {
    const text = textOf(session, key, loaded);
    if (text === undefined) continue;
    const field = fieldOfKey(key);
    const before = stored.get(field);
    if (before !== undefined) kept.push(field);
    if (before === text) continue;
    set ??= new Map();
    set.set(field, text);
  }
  const remove = kept.length === dataCount(stored) ? NO_CHANGE.remove : missingFrom(new Set(kept), stored);
  return set || remove.size > 0 ? { set: set ?? NO_CHANGE.set, remove } : undefined;
}

function dataCount(stored: Fields): number {
  let count = 0;
  for (const field of stored.keys()) if (keyOfField(field) !== undefined) count++;
  return count;
}

/** Notes of the library's own are no data, and stay. */
function missingFrom(fields: ReadonlySet<string>, stored: Fields): ReadonlySet<string> {
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

/** What the codec refuses is kept as JSON would keep it, since express-session's users may store it: undefined is dropped. */
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
