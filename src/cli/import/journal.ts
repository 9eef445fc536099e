// What an import has done so far, in a file: the keys of the sessions that are in the target, a line each. A run that goes
// on after a kill, or comes again later, leaves them alone, so that a session that was logged out in the target meanwhile
// does not come back. Keys are hashes; nobody gets in with them.
import { createHash } from "node:crypto";
import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { CliError, EXIT } from "../exit.ts";

const HEADING = "coatcheck import 1";
const KEY = /^[\w-]{43}$/;
/** The disk has what was noted so long ago, in ms, whatever happens to the machine. */
const SYNC_INTERVAL = 1_000;

/** From where to where; of another import, a file is refused. */
export interface Route {
  readonly format: string;
  readonly source: string;
  readonly target: string;
}

export interface Journal {
  readonly file: string;
  /** How many sessions earlier runs have copied. */
  readonly earlier: number;
  /** Whether a run has copied this session: an earlier one, or this one; `undefined` where none has. */
  copiedBy(key: string): "earlier" | "this" | undefined;
  /** Notes that these sessions are in the target. */
  add(keys: readonly string[]): void;
  close(): void;
}

/** The file of an import, in this directory, where none is named. */
export function defaultJournalFile(route: Route): string {
  return `coatcheck-import-${createHash("sha256").update(headingOf(route)).digest("hex").slice(0, 8)}.keys`;
}

/**
 * @param readOnly For a dry run: what there is counts, and nothing is written.
 * @throws CliError when the file belongs to another import.
 */
export function openJournal(file: string, route: Route, readOnly: boolean): Journal {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text !== "" && !text.startsWith(headingOf(route))) {
    const problem = `${file} belongs to an import of other sessions or to another place. Name another file: --state.`;
    throw new CliError(EXIT.failed, "OTHER_IMPORT", problem);
  }
  // A line that a kill has cut off is no key.
  const earlier = new Set(text.split("\n").filter((line) => KEY.test(line)));
  const done = new Set<string>();
  const descriptor = readOnly ? undefined : openSync(file, "a", 0o600);
  let syncedAt = performance.now();

  function write(lines: string): void {
    if (descriptor !== undefined) writeSync(descriptor, lines);
  }

  if (text === "") write(headingOf(route));
  else if (!text.endsWith("\n")) write("\n");

  return {
    file,
    earlier: earlier.size,
    copiedBy: (key) => (earlier.has(key) ? "earlier" : done.has(key) ? "this" : undefined),
    add(keys) {
      for (const key of keys) done.add(key);
      if (descriptor === undefined || keys.length === 0) return;
      write(`${keys.join("\n")}\n`);
      if (performance.now() - syncedAt < SYNC_INTERVAL) return;
      fdatasyncSync(descriptor);
      syncedAt = performance.now();
    },
    close() {
      if (descriptor === undefined) return;
      fdatasyncSync(descriptor);
      closeSync(descriptor);
    },
  };
}

function headingOf({ format, source, target }: Route): string {
  return `${HEADING} ${JSON.stringify({ format, source, target })}\n`;
}
