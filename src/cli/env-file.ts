// One variable of an env file (`NAME=value`, a line each) that holds a list of secrets with commas between. The file is
// replaced in one step: whoever reads it sees the old one or the new one, whole.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { CliError, EXIT, usageError } from "./exit.ts";

/**
 * Puts a secret first in a variable's list; a variable that is not there is added.
 * @returns How many secrets the list has then.
 * @throws CliError when the file is not there, can't be written, or has the variable twice.
 */
export function rotateInFile(file: string, name: string, secret: string): number {
  if (!/^[A-Za-z_]\w*$/.test(name)) throw usageError("--name must be the name of a variable: SESSION_SECRET.");
  try {
    // Behind a link is the file that counts; the link stays.
    const path = realpathSync(file);
    const { text, count } = rotated(readFileSync(path, "utf8"), name, secret);
    replaceFile(path, text);
    return count;
  } catch (error) {
    const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
    if (error instanceof CliError || code === undefined) throw error;
    const remedy = code === "ENOENT" ? "Make it first, closed to others: install -m 600 /dev/null FILE." : "";
    throw new CliError(EXIT.failed, code, `The file can't be rewritten (${code}). ${remedy}`.trim(), error);
  }
}

/** The text of an env file with a secret first in the list. */
export function rotated(text: string, name: string, secret: string): { text: string; count: number } {
  // A value in quotes ends with them; one without, at a comment or at the end of the line.
  const line = new RegExp(
    `^([ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*)("[^"\\n]*"|'[^'\\n]*'|[^#\\r\\n]*?)([ \\t]*(?:#.*)?\\r?)$`,
    "gm",
  );
  const found = [...text.matchAll(line)];
  if (found.length > 1) {
    throw new CliError(EXIT.failed, "AMBIGUOUS", `${name} stands ${found.length} times in this file. Leave one.`);
  }
  const [match] = found;
  if (!match) {
    const separator = text === "" || text.endsWith("\n") ? "" : "\n";
    return { text: `${text}${separator}${name}=${secret}\n`, count: 1 };
  }
  const [whole, before = "", value = "", after = ""] = match;
  const quote = /^["']/.exec(value)?.[0] ?? "";
  const older = value.slice(quote.length, value.length - quote.length);
  const list = older.trim() === "" ? secret : `${secret},${older}`;
  const start = match.index;
  const next = `${before}${quote}${list}${quote}${after}`;
  return { text: text.slice(0, start) + next + text.slice(start + whole.length), count: list.split(",").length };
}

/** In place of the old file, with its mode and owner, only when it is wholly written. */
function replaceFile(path: string, text: string): void {
  const draft = join(dirname(path), `.${randomBytes(8).toString("hex")}.tmp`);
  const old = openSync(path, "r+");
  try {
    const { mode, uid, gid } = fstatSync(old);
    const descriptor = openSync(draft, "wx", 0o600);
    try {
      writeFileSync(descriptor, text);
      if (uid !== process.geteuid?.() || gid !== process.getegid?.()) fchownSync(descriptor, uid, gid);
      fchmodSync(descriptor, mode & 0o7777);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(old);
  }
}
