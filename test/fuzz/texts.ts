// Texts as attackers, other programs and broken ones send them, and small changes of a text that is right.
import { few, listOf, oneIn, pick, type Random } from "./random.ts";

/** Names and values with a meaning to some parser, database, shell, script or prototype. */
export const HOSTILE: readonly string[] = [
  "",
  " ",
  "\t",
  "\r\n",
  "\0",
  "\u00a0",
  "\ufeff",
  "\u2028",
  "\ufffd",
  "\uffff",
  "\ud800",
  "\udc00",
  "\ud83d\ude00",
  ";",
  "; ",
  "=",
  ".",
  ",",
  ":",
  "%",
  "%00",
  "%3B",
  "*",
  "?",
  "_",
  "~",
  "-",
  "$",
  "$$",
  "$1",
  "$date",
  "$map",
  "$set",
  "$bigint",
  "$bytes",
  "$recordKey",
  "$flash:",
  "$permanent",
  "$csrf",
  "$device",
  '"',
  "'",
  "\\",
  "\\u005f",
  "\\x00",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "then",
  "length",
  "0",
  "-1",
  "-0",
  "1e999",
  "9007199254740993",
  "NaN",
  "null",
  "undefined",
  "true",
  "../",
  "../../etc/passwd",
  "/",
  "{slot}",
  "{}",
  "[]",
  "[[[[",
  '{"a":',
  "'; DROP TABLE sessions; --",
  '"; return redis.call("FLUSHALL") --',
  "$" + "{process.exit(1)}",
  "ann",
  "Ann",
  "ann\n",
  "用户",
  "e\u0301",
  "\u0000j",
  '\u0000j"\\ud800"',
  "\uffff0;",
  "cposix\nsystem\n(S'id'\ntR.",
  "a".repeat(300),
];

/** A character code: mostly one that people type, sometimes any of UTF-16. */
function unit(random: Random): number {
  switch (random.below(4)) {
    case 0:
      return random.below(0x10000);
    case 1:
      return random.below(0x20);
    default:
      return 0x20 + random.below(0x60);
  }
}

function characters(random: Random): string {
  return String.fromCharCode(...listOf(random, few(random, 12), unit));
}

/** Any UTF-16 text, half surrogate pairs among them. */
export function anyText(random: Random): string {
  if (oneIn(random, 2)) return pick(random, HOSTILE);
  return oneIn(random, 3) ? characters(random) + pick(random, HOSTILE) + characters(random) : characters(random);
}

/** The same, of whole characters. */
export function wellFormedText(random: Random): string {
  return anyText(random).toWellFormed();
}

/** The text with some small changes; `pieces` are what such texts are made of. */
export function mutated(random: Random, text: string, pieces: readonly string[]): string {
  let changed = text;
  for (let changes = 1 + few(random, 4); changes > 0; changes--) changed = changedOnce(random, changed, pieces);
  return changed;
}

function changedOnce(random: Random, text: string, pieces: readonly string[]): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + few(random, 12));
  const [before, middle, after] = [text.slice(0, at), text.slice(at, end), text.slice(end)];
  switch (random.below(10)) {
    case 0:
      return before + after;
    case 1:
      return before + middle + middle + after;
    case 2:
      return before + middle + pick(random, pieces) + after;
    case 3:
      return before + pick(random, pieces) + after;
    case 4:
      return before + pick(random, HOSTILE) + middle + after;
    case 5:
      return before;
    case 6:
      return after + before + middle;
    case 7:
      return oneIn(random, 20) ? before + (middle || "a").repeat(1 + few(random, 200)) + after : text + middle;
    default:
      return withOtherUnit(random, text, at);
  }
}

/** One character is another: any, the next one, the one with the other case, or one that a cut to bytes takes for it. */
function withOtherUnit(random: Random, text: string, at: number): string {
  const old = text.charCodeAt(at);
  if (Number.isNaN(old)) return text + String.fromCharCode(unit(random));
  const others = [unit(random), old ^ 1, old + 1, old ^ 0x20, old + 0x100, old ^ (1 << random.below(7))];
  return text.slice(0, at) + String.fromCharCode(pick(random, others)) + text.slice(at + 1);
}
