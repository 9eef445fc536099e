// Flask's JSON with tags: what Python's types become in a session cookie, and back. A tag is an object with one key that
// begins with a blank; an object of the app's that looks like one is wrapped once more.
import { randomBytes } from "node:crypto";
import { SessionValueError } from "../core/errors.ts";
import { Markup, Tuple, Uuid } from "./values.ts";

/** Deeper than this is nothing that a session holds. */
const MAX_DEPTH = 100;

const TAGS: ReadonlySet<string> = new Set([" di", " t", " b", " m", " u", " d"]);

/** As Python has it: a longer integer costs more than it can be worth. In digits. */
const MAX_DIGITS = 4_300;

/**
 * Strings and numbers, whole: none is looked into twice, however broken the text is, so the time grows with its length
 * alone.
 */
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\[\s\S]?)*"?|-?\d[\d.eE+-]*|-?Infinity|NaN/g;
/** Numbers that JSON.parse would refuse or round. */
const HAS_SUCH = /\d{16}|NaN|Infinity/;
const SUCH_NUMBER = /^(?:-?\d{16,}|-?Infinity|NaN)$/;
/** Stands for such a number between the two parsers. Random, so that no key of a session can be the same. */
const NUMBER_TAG = `number ${randomBytes(16).toString("hex")}`;

/**
 * @throws SessionValueError for a value that Python could not have written, such as a function.
 */
export function toTaggedJson(value: unknown): string {
  return write(value, "session", 0);
}

/**
 * `toTaggedJson` of a session's dict.
 * @param kept Members that are written as they are, key and value, by their key.
 */
export function toTaggedDict(dict: Readonly<Record<string, unknown>>, kept: ReadonlyMap<string, string>): string {
  return writeDict(dict, "session", 1, kept);
}

/**
 * @throws SyntaxError for what is no JSON, nests too deep or has an integer of more than 4300 digits.
 */
export function fromTaggedJson(text: string): unknown {
  return revive(parse(text), 0, untagOne);
}

/**
 * Plain JSON, whose integers stay exact: those past 2^53 are a BigInt.
 * @throws SyntaxError as `fromTaggedJson`.
 */
export function parseJson(text: string): unknown {
  return revive(parse(text), 0, reviveNumber);
}

function parse(text: string): unknown {
  if (text.length > WORTH_A_LOOK) checkDepth(text);
  return JSON.parse(HAS_SUCH.test(text) ? text.replace(STRING_OR_NUMBER, keepNumber) : text);
}

/** Such a number as an object that JSON.parse leaves alone. */
function keepNumber(found: string): string {
  if (!SUCH_NUMBER.test(found)) return found;
  if (found.length > MAX_DIGITS) throw new SyntaxError("The JSON has too long a number.");
  return `{"${NUMBER_TAG}":"${found}"}`;
}

/** A shorter text can't hold enough to keep JSON.parse busy. */
const WORTH_A_LOOK = 1_000;

/** JSON.parse would build all of it first. */
function checkDepth(text: string): void {
  let depth = 0;
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') isInString = !isInString;
    else if (isInString) i += character === "\\" ? 1 : 0;
    else if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth--;
    if (depth > MAX_DEPTH + 1) throw new SyntaxError("The JSON nests too deep.");
  }
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > MAX_DEPTH) throw new SessionValueError(path, "nests too deep", "Keep it flatter.");
  switch (typeof value) {
    case "string":
      return quote(value);
    case "number":
      return writeNumber(value);
    case "boolean":
    case "bigint":
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, path, depth + 1);
    default:
      throw new SessionValueError(path, `is a ${typeof value}`, "Flask's cookie holds data alone.");
  }
}

function writeNumber(value: number): string {
  return Object.is(value, -0) ? "-0.0" : String(value);
}

function writeObject(value: object, path: string, depth: number): string {
  if (value instanceof Tuple) return tag(" t", writeItems(value, path, depth));
  if (Array.isArray(value)) return writeItems(value, path, depth);
  if (value instanceof Uint8Array) return tag(" b", quote(Buffer.from(value).toString("base64")));
  if (value instanceof Markup) return tag(" m", quote(value.html));
  if (value instanceof Uuid) return tag(" u", quote(value.text.replaceAll("-", "")));
  if (value instanceof Date) return tag(" d", quote(writeDate(value, path)));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new SessionValueError(path, "is an object of a class", "Give plain objects, or text.");
  }
  return writeDict(value as Record<string, unknown>, path, depth);
}

function writeItems(items: readonly unknown[], path: string, depth: number): string {
  return `[${Array.from(items, (item, i) => write(item, `${path}[${i}]`, depth)).join(",")}]`;
}

function writeDate(date: Date, path: string): string {
  if (Number.isNaN(date.getTime())) throw new SessionValueError(path, "is an invalid Date", "Give a valid one.");
  return date.toUTCString();
}

/** Keys stand in the order of their code points, as Flask writes them. */
function writeDict(
  dict: Readonly<Record<string, unknown>>,
  path: string,
  depth: number,
  kept?: ReadonlyMap<string, string>,
): string {
  const keys = Object.keys(dict).filter((key) => dict[key] !== undefined);
  const [only = ""] = keys;
  if (keys.length === 1 && TAGS.has(only)) {
    return tag(" di", `{${quote(`${only}__`)}:${write(dict[only], `${path}.${only}`, depth)}}`);
  }
  const members = keys
    .sort(compareCodePoints)
    .map((key) => kept?.get(key) ?? `${quote(key)}:${write(dict[key], `${path}.${key}`, depth)}`);
  return `{${members.join(",")}}`;
}

const tag = (name: string, content: string): string => `{"${name}":${content}}`;

/** UTF-8 sorts as code points do; UTF-16 does not. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** As Python does with `ensure_ascii`: everything beyond printable ASCII is escaped. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What an object with one key stands for. */
type ReviveOne = (key: string, dict: Record<string, unknown>) => unknown;

function revive(value: unknown, depth: number, reviveOne: ReviveOne): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > MAX_DEPTH) throw new SyntaxError("The JSON nests too deep.");
  if (Array.isArray(value)) return value.map((item) => revive(item, depth + 1, reviveOne));
  const keys = Object.keys(value);
  const dict: Record<string, unknown> = {};
  for (const key of keys) {
    const member = revive(Reflect.get(value, key) as unknown, depth + 1, reviveOne);
    // Assigned, it would change the prototype.
    if (key === "__proto__")
      Object.defineProperty(dict, key, { value: member, writable: true, enumerable: true, configurable: true });
    else dict[key] = member;
  }
  const [only = ""] = keys;
  return keys.length === 1 ? reviveOne(only, dict) : dict;
}

/** What an object with one key stands for; itself, where it is no tag or not as Flask writes that tag. */
function untagOne(name: string, dict: Record<string, unknown>): unknown {
  const content = dict[name];
  if (name === " t" && Array.isArray(content)) return Tuple.of(...(content as unknown[]));
  if (name === " di") return unwrap(content) ?? dict;
  if (typeof content !== "string") return dict;
  switch (name) {
    case " b":
      return new Uint8Array(Buffer.from(content, "base64"));
    case " m":
      return new Markup(content);
    case " u":
      return /^[0-9a-f]{32}$/i.test(content) ? new Uuid(content) : dict;
    case " d": {
      const date = new Date(content);
      return Number.isNaN(date.getTime()) ? dict : date;
    }
    default:
      return reviveNumber(name, dict);
  }
}

/** A number that stood in for another; any other object is itself. */
function reviveNumber(name: string, dict: Record<string, unknown>): unknown {
  const content = dict[name];
  if (name !== NUMBER_TAG || typeof content !== "string") return dict;
  return /^-?\d+$/.test(content) ? integerOf(content) : Number(content);
}

/** A dict that looked like a tag: its key has two more characters. */
function unwrap(content: unknown): object | undefined {
  if (typeof content !== "object" || content === null) return undefined;
  const [key] = Object.keys(content);
  return key === undefined ? undefined : { [key.slice(0, -2)]: Reflect.get(content, key) as unknown };
}

function integerOf(digits: string): number | bigint {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : BigInt(digits);
}
