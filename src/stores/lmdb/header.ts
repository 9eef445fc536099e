// Looks at a database before LMDB does: the package lmdb (3.5.6) ends the process when it can't open one.
import { accessSync, closeSync, constants, openSync, readSync } from "node:fs";
import { join } from "node:path";
import { SessionOptionError } from "../../core/errors.ts";

/** The first page starts with a header of some words, and then these two. Sizes and byte order are the machine's. */
const MAGIC = 0xbeefc0de;
const VERSION = 2;
const HEADER_WORDS = 16;
/** There are two such pages, and no smaller ones. */
const MIN_BYTES = 2 * 4_096;

/** @throws SessionOptionError when what is in the directory is no database that LMDB can open; an Error when it can't be read. */
export function checkDatabase(directory: string): void {
  accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  const file = join(directory, "data.mdb");
  let descriptor: number;
  try {
    descriptor = openSync(file, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const bytes = new Uint8Array(MIN_BYTES);
    const length = readSync(descriptor, bytes, 0, MIN_BYTES, 0);
    if (length > 0 && (length < MIN_BYTES || !isDatabase(bytes))) {
      throw new SessionOptionError(
        "path",
        `leads to ${JSON.stringify(file)}, which is no database of this version of LMDB`,
        "Remove it if nobody needs it, or name another directory.",
      );
    }
  } finally {
    closeSync(descriptor);
  }
}

function isDatabase(bytes: Uint8Array): boolean {
  const words = new Uint32Array(bytes.buffer, 0, HEADER_WORDS);
  const at = words.indexOf(MAGIC);
  return at !== -1 && ((words[at + 1] ?? 0) & 0xffff) === VERSION;
}
