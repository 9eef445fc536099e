// Texts for people: tables, times, sizes, and texts of visitors made harmless. It knows no session.

/** Control characters and what changes the direction of text: a visitor's name must not move a terminal's cursor. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A text that came from elsewhere, on one line, with nothing in it that a terminal obeys. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** At most so many characters, with an ellipsis where some are missing. */
export function shortened(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join("")}…`;
}

/** Columns as wide as their widest cell. The last one is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, [...cell].length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - [...cell].length)))
      .join("  ")
      .trimEnd(),
  );
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** A length of time in one unit: `"3 h"`. */
export function duration(ms: number): string {
  const exact = Math.abs(ms) / 1000;
  // A day that has just begun is a day, and not 23 hours.
  const seconds = exact < 3_570 ? Math.round(exact) : Math.round(exact / 60) * 60;
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return `${Math.floor(seconds / length)} ${unit}`;
  }
  return "0 s";
}

/** A length of time to the millisecond, in the largest unit in which it is a whole number: `"90 min"`, `"3.6 s"`. */
export function exactDuration(ms: number): string {
  const unit = UNITS.find(([, seconds]) => ms % (seconds * 1000) === 0);
  if (unit) return `${count(ms / (unit[1] * 1000))} ${unit[0]}`;
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** A moment as people say it: `"3 h ago"`, `"in 2 d"`. */
export function fromNow(moment: Date, now: number): string {
  const ms = moment.getTime() - now;
  return ms > 0 ? `in ${duration(ms)}` : `${duration(ms)} ago`;
}

/** `"1,234,567"`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/** `"1 session"`, `"2 sessions"`. */
export function countOf(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `"12.5 MB"`. */
export function bytes(number: number): string {
  if (number < 1_000) return `${number} B`;
  const power = Math.min(Math.floor(Math.log10(number) / 3), 4);
  return `${(number / 1000 ** power).toFixed(1)} ${["B", "kB", "MB", "GB", "TB"][power]}`;
}

/** JSON for programs, harmless on a terminal as well. */
export function json(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
