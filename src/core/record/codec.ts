// One value of a session <-> its text: JSON, with tags for what JSON lacks (Date, Map, Set, bigint, Uint8Array, -0).
// A value comes back as it was, or it is refused with its path; it is never silently changed. Nothing is ever revived
// as code, and a `__proto__` key is refused in both directions.
import { types } from "node:util";
import { SessionRecordError, SessionValueError } from "../errors.ts";
import { isMisread } from "../util/misread-keys.ts";

/** What a session can hold. Objects are plain ones; class instances, functions and symbols are refused. */
export type SessionValue =
  | null
  | boolean
  | number
  | string
  | bigint
  | Date
  | Uint8Array
  | readonly SessionValue[]
  | ReadonlyMap<SessionValue, SessionValue>
  | ReadonlySet<SessionValue>
  | { readonly [key: string]: SessionValue };

/** Deeper than any sane session, and far below where a recursion would overflow the stack. */
const MAX_DEPTH = 100;

/** A string that stands for itself, as most values of sessions do; a parser is not needed for it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in a string.
const PLAIN_STRING = /^"[^"\\\u0000-\u001f]*"$/;

/** A text with none of these has no tag and no `__proto__`, and is plain JSON. */
const NEEDS_REVIVAL = /\{"\$|__proto__|\\u/;

/**
 * The text of a value.
 * @param path Where the value sits, for the error: the key's name.
 * @throws SessionValueError when the value would not come back as it is.
 */
export function encodeValue(value: unknown, path: string, depth = 0): string {
  const text = encodePrimitive(value);
  if (text !== undefined) return text;
  switch (typeof value) {
    case "object":
      return encodeObject(value as object, path, depth + 1);
    case "undefined":
      throw new SessionValueError(path, "is undefined", "Store null instead.");
    case "number":
      throw new SessionValueError(path, `is ${value}`, "Only finite numbers can be stored.");
    default:
      throw new SessionValueError(path, `is a ${typeof value}`, "Store data: what the code needs to find it again.");
  }
}

/** `undefined` for an object, and for what can't be stored. Most members are primitive, and need no path then. */
function encodePrimitive(value: unknown): string | undefined {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "number":
      if (!Number.isFinite(value)) return undefined;
      return Object.is(value, -0) ? "-0" : String(value);
    case "bigint":
      return `{"$bigint":"${value}"}`;
    default:
      return value === null ? "null" : undefined;
  }
}

function encodeObject(value: object, path: string, depth: number): string {
  if (depth > MAX_DEPTH) {
    throw new SessionValueError(path, `nests deeper than ${MAX_DEPTH} levels or contains itself`, "Store flat data.");
  }
  const prototype: object | null = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return encodePlainArray(value, prototype, path, depth);
  // Judged by shape and not by identity: a test runner may hand over objects of another realm.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return encodePlainObject(value, path, depth);
  if (types.isUint8Array(value)) return `{"$bytes":"${Buffer.from(value).toString("base64")}"}`;
  const name: string = prototype.constructor?.name ?? "class";
  if (name === "Date" && types.isDate(value)) return encodeDate(value, path);
  if (name === "Map" && types.isMap(value)) return `{"$map":${encodeArray([...value], path, depth)}}`;
  if (name === "Set" && types.isSet(value)) return `{"$set":${encodeArray([...value], path, depth)}}`;
  throw anInstance(path, name);
}

function anInstance(path: string, name: string): SessionValueError {
  return new SessionValueError(path, `is an instance of ${name}`, "Store a plain object with the fields that matter.");
}

function encodePlainArray(value: readonly unknown[], prototype: object | null, path: string, depth: number): string {
  const name: string = prototype?.constructor?.name ?? "class";
  if (name !== "Array") throw anInstance(path, name);
  return encodeArray(value, path, depth);
}

function encodeDate(value: Date, path: string): string {
  const time = value.getTime();
  if (Number.isNaN(time))
    throw new SessionValueError(path, "is an invalid Date", "Check the date before you store it.");
  return `{"$date":${time}}`;
}

function encodeArray(values: readonly unknown[], path: string, depth: number): string {
  let text = "[";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) text += ",";
    text += encodePrimitive(values[i]) ?? encodeValue(values[i], `${path}[${i}]`, depth);
  }
  if (Object.keys(values).length !== values.length) {
    throw new SessionValueError(path, "is an array with named properties", "Store an object instead.");
  }
  return `${text}]`;
}

function encodePlainObject(value: object, path: string, depth: number): string {
  if (Object.getOwnPropertySymbols(value).length > 0) {
    throw new SessionValueError(path, "has a symbol as a key", "Use strings as keys.");
  }
  const keys = definedKeys(value as Record<string, unknown>);
  let text = "{";
  for (const key of keys) {
    if (key === "__proto__") {
      throw new SessionValueError(path, 'has a key "__proto__"', "Remove it: it would change prototypes when copied.");
    }
    if (isMisread(key)) return encodeByEntries(value as Record<string, unknown>, keys, path, depth);
    if (text.length > 1) text += ",";
    // A user's own object that looks like a tag gets one more "$", which decoding takes off again.
    const name = keys.length === 1 && key.startsWith("$") ? `$${key}` : key;
    const member = (value as Record<string, unknown>)[key];
    text += `${JSON.stringify(name)}:${encodePrimitive(member) ?? encodeValue(member, `${path}.${key}`, depth)}`;
  }
  return `${text}}`;
}

/** A property that is undefined is dropped, as JSON does; it must not count when an object is told from a tag. */
function definedKeys(value: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = Object.keys(value);
  return keys.some((key) => value[key] === undefined) ? keys.filter((key) => value[key] !== undefined) : keys;
}

function encodeByEntries(
  value: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  path: string,
  depth: number,
): string {
  const texts = keys.map((key) => `[${JSON.stringify(key)},${encodeValue(value[key], `${path}.${key}`, depth)}]`);
  return `{"$object":[${texts.join(",")}]}`;
}

/**
 * The value in a text that {@link encodeValue} made. Each call gives a fresh value.
 * @throws SessionRecordError for any other text.
 */
export function decodeValue(text: string): unknown {
  if (PLAIN_STRING.test(text)) return text.slice(1, -1);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SessionRecordError("holds a value that is not JSON", cause);
  }
  return NEEDS_REVIVAL.test(text) ? revive(value, 0) : value;
}

function revive(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > 2 * MAX_DEPTH) throw new SessionRecordError("nests too deep");
  if (Array.isArray(value)) return value.map((member) => revive(member, depth + 1));

  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first?.[0].startsWith("$")) return reviveTagged(first[0], first[1], depth + 1);

  return reviveObject(entries, depth);
}

function reviveObject(entries: readonly (readonly [string, unknown])[], depth: number): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  for (const [key, member] of entries) {
    if (key === "__proto__") throw new SessionRecordError('holds a key "__proto__"');
    object[key] = revive(member, depth + 1);
  }
  return object;
}

function reviveTagged(tag: string, content: unknown, depth: number): unknown {
  if (tag.startsWith("$$")) return { [tag.slice(1)]: revive(content, depth) };
  if (tag === "$date" && typeof content === "number") return reviveDate(content);
  if (tag === "$bigint" && typeof content === "string" && /^-?\d+$/.test(content)) return BigInt(content);
  if (tag === "$bytes" && typeof content === "string") return new Uint8Array(Buffer.from(content, "base64"));
  if (tag === "$set" && Array.isArray(content)) return new Set(revive(content, depth) as unknown[]);
  if (tag === "$map" && areEntries(content)) return new Map(revive(content, depth) as [unknown, unknown][]);
  if (tag === "$object" && areEntries(content) && content.every(hasName)) return reviveObject(content, depth);
  throw new SessionRecordError("holds a value with an unknown tag");
}

function areEntries(content: unknown): content is readonly (readonly [unknown, unknown])[] {
  return Array.isArray(content) && content.every((entry) => Array.isArray(entry) && entry.length === 2);
}

function hasName(entry: readonly [unknown, unknown]): entry is readonly [string, unknown] {
  return typeof entry[0] === "string";
}

function reviveDate(time: number): Date {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new SessionRecordError("holds an invalid date");
  return date;
}
