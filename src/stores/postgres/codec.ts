// Any JavaScript text as a text that PostgreSQL holds, and back: U+0000 and lone surrogates have no place there.
// It knows no table.
import { isMisread } from "../../core/util/misread-keys.ts";

/** A noncharacter of Unicode: no text that people write has it, and it is escaped where one does. */
const ESCAPE = "\uffff";
const ESCAPED = /\uffff([0-9a-z]+);/g;
const LONE_SURROGATES = /\p{Surrogate}/gu;

/** One text for each text, and the same one wherever it can be stored as it is. */
export function encodeText(text: string): string {
  if (!text.includes("\0") && !text.includes(ESCAPE) && text.isWellFormed()) return text;
  return text.replaceAll(ESCAPE, escapeUnit).replaceAll("\0", escapeUnit).replace(LONE_SURROGATES, escapeUnit);
}

/** A field's name, which stands as a key in JSON. */
export function encodeName(name: string): string {
  return isMisread(name) ? escapeUnit(name) : encodeText(name);
}

/** Whether a text, or any text within it, needs {@link decodeText}. */
export function hasEscapes(text: string): boolean {
  return text.includes(ESCAPE);
}

/** The text that {@link encodeText} was given. */
export function decodeText(text: string): string {
  if (!hasEscapes(text)) return text;
  return text.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 36)));
}

/** What comes next after a stored text in the order of bytes: nothing lies between, as U+0000 can't be in one. */
export function successorOf(stored: string): string {
  return `${stored}\u0001`;
}

function escapeUnit(unit: string): string {
  return `${ESCAPE}${unit.charCodeAt(0).toString(36)};`;
}
