// How keys, records and times are spelled in Redis. A record is one string: a line of numbers, then the texts one after
// another, so that a script finds and changes a field by its place and no text is ever parsed.
import { SessionRecordError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record/store.ts";

/** Digits of a moment: as many as the greatest that a Date can have. */
const MOMENT_DIGITS = 16;
const GREATEST_MOMENT = 8_640_000_000_000_000;
/** Stands for an absent owner, size or moment. */
const NONE = "-";
/** Before a text that is spelled in JSON, since UTF-8 can't tell half of a surrogate pair from another. */
const ESCAPE = "\u0000j";
/** `expiresAt version tag createdAt listedUntil ownerSize`, then name's and text's size of each field, all in bytes. */
const HEADER_TOKENS = 6;

/** What is found under a key. */
export type Found =
  | { readonly state: "live"; readonly record: SessionRecord }
  /** The session goes on under another key; `text` is its record there, until that key is known to have it. */
  | { readonly state: "moved"; readonly to: string; readonly kept: SessionRecord | undefined; readonly text: string }
  /** Live as soon as the session under `from` has moved here. */
  | { readonly state: "pending"; readonly from: string };

/** What a record holds beside the session: both are the store's own. */
interface Notes {
  /** Names the call that wrote the record last, so that a client that sends a call again does not do it twice. */
  readonly tag: string;
  /** Until then the owner's index names the session for certain; spelled by {@link momentText}. */
  readonly listedUntil: string | undefined;
}

/** Any text as one that UTF-8 can spell; no two are spelled alike. */
export function spell(text: string): string {
  return text.isWellFormed() && !text.startsWith(ESCAPE) ? text : `${ESCAPE}${JSON.stringify(text)}`;
}

/** A pattern of SCAN that only this text has: what means something there is taken for itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, "\\$&");
}

/** What the spellings of all texts begin with that begin so; but for a prefix that ends within a character. */
export function spellPrefix(prefix: string): string {
  const spelled = spell(prefix);
  return spelled === prefix ? prefix : spelled.slice(0, -1);
}

/** @throws SessionRecordError for a text that {@link spell} does not make. */
export function unspell(text: string): string {
  if (!text.startsWith(ESCAPE)) return text;
  try {
    const spelled: unknown = JSON.parse(text.slice(ESCAPE.length));
    if (typeof spelled === "string") return spelled;
  } catch {
    // It is told below, with what is no text.
  }
  throw new SessionRecordError("holds a misspelt text");
}

/** A moment in digits that sort as the moments do. Redis counts in whole milliseconds. */
export function momentText(moment: number): string {
  return String(wholeMoment(moment)).padStart(MOMENT_DIGITS, "0");
}

function wholeMoment(moment: number): number {
  return Math.min(Math.max(Math.ceil(moment), 0), GREATEST_MOMENT);
}

/** The argument of PXAT for what is absent from that moment on: to Redis, a key lives to the end of its last millisecond. */
export function pxat(expiresAt: number): string {
  return String(Math.max(wholeMoment(expiresAt) - 1, 1));
}

export function encodeRecord(record: SessionRecord, { tag, listedUntil = NONE }: Notes): string {
  const owner = record.owner === undefined ? undefined : spell(record.owner);
  let sizes = owner === undefined ? NONE : String(Buffer.byteLength(owner));
  let body = owner ?? "";
  for (const [name, text] of record.fields) {
    const [spelledName, spelledText] = [spell(name), spell(text)];
    sizes += sizesText(spelledName, spelledText);
    body += spelledName + spelledText;
  }
  const { expiresAt, version, createdAt } = record;
  return `L${momentText(expiresAt)} ${version} ${tag} ${createdAt} ${listedUntil} ${sizes}\n${body}`;
}

/** What the first line has of a field whose name and text are spelled already. */
export function sizesText(name: string, text: string): string {
  return ` ${Buffer.byteLength(name)} ${Buffer.byteLength(text)}`;
}

/** What keeps a new key for a session that is about to move there. */
export function encodePending(oldKey: string): string {
  return `P${spell(oldKey)}`;
}

/** @throws SessionRecordError for a text that this store does not write. */
export function decode(text: string): Found {
  switch (text[0]) {
    case "L":
      return { state: "live", record: decodeRecord(text) };
    case "M":
      return decodeMoved(text);
    case "P":
      return { state: "pending", from: unspell(text.slice(1)) };
    default:
      throw new SessionRecordError("is no record of this library");
  }
}

function decodeRecord(text: string): SessionRecord {
  const { tokens, rest } = split(text);
  const [expiresAt, version, , createdAt, , ownerSize] = tokens;
  const sizes = tokens.slice(HEADER_TOKENS).map(Number);
  const numbers = [Number(expiresAt), Number(version), Number(createdAt)] as const;
  const isWhole = tokens.length >= HEADER_TOKENS && sizes.length % 2 === 0 && sizes.every(isSize);
  if (!isWhole || !numbers.every(Number.isFinite) || !(ownerSize === NONE || isSize(Number(ownerSize)))) {
    throw new SessionRecordError("has no valid header");
  }
  const take = reader(rest, sum(sizes) + (ownerSize === NONE ? 0 : Number(ownerSize)));
  const owner = ownerSize === NONE ? undefined : take(Number(ownerSize));
  const fields = new Map<string, string>();
  for (let i = 0; i < sizes.length; i += 2) fields.set(take(sizes[i] ?? 0), take(sizes[i + 1] ?? 0));
  return { fields, createdAt: numbers[2], expiresAt: numbers[0], owner, version: numbers[1] };
}

/** `keptUntil createdAt size`, then the new key and the record under it. */
function decodeMoved(text: string): Found {
  const { tokens, rest } = split(text);
  const [keptUntil, createdAt, size] = tokens;
  const bytes = Buffer.from(rest);
  const isValid = tokens.length === 3 && isNumber(createdAt) && (keptUntil === NONE || isNumber(keptUntil));
  if (!isValid || !isSize(Number(size)) || Number(size) > bytes.length) {
    throw new SessionRecordError("has no valid header");
  }
  const to = unspell(bytes.toString("utf8", 0, Number(size)));
  const kept: SessionRecord | undefined =
    keptUntil === NONE
      ? undefined
      : {
          fields: new Map(),
          createdAt: Number(createdAt),
          expiresAt: Number(keptUntil),
          owner: undefined,
          version: 0,
          movedTo: to,
        };
  return { state: "moved", to, kept, text: bytes.toString("utf8", Number(size)) };
}

function split(text: string): { tokens: string[]; rest: string } {
  const end = text.indexOf("\n");
  if (end === -1) throw new SessionRecordError("has no valid header");
  return { tokens: text.slice(1, end).split(" "), rest: text.slice(end + 1) };
}

/** Reads texts one after another by their sizes in bytes. Where all is ASCII, a byte is a character. */
function reader(rest: string, total: number): (size: number) => string {
  let start = 0;
  const bytes = rest.length === total ? undefined : Buffer.from(rest);
  if (bytes !== undefined && bytes.length !== total) throw new SessionRecordError("is not as long as its header says");
  return (size) => {
    const end = start + size;
    const text = bytes === undefined ? rest.slice(start, end) : bytes.toString("utf8", start, end);
    start = end;
    return unspell(text);
  };
}

function isNumber(token: string | undefined): boolean {
  return token !== undefined && token !== "" && Number.isFinite(Number(token));
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
