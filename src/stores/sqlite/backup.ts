// A backup of an embedded store that is in use: one file, whole, as of one moment.
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE } from "./files.ts";
import { loadSqlite } from "./load-sqlite.ts";

/** How long it waits where a lock is held, in ms. */
const TIMEOUT = 30_000;

/**
 * Writes all sessions of a store into a new file, which its user alone can read. The store may be in use meanwhile.
 * @param directory Of the store.
 * @throws an Error with the code `EEXIST` when the file is there already; SQLite's errors.
 */
export function backupDatabase(directory: string, target: string): void {
  const { DatabaseSync } = loadSqlite().sqlite;
  closeSync(openSync(target, "wx", 0o600));
  const database = new DatabaseSync(join(directory, DATABASE_FILE));
  try {
    database.exec(`PRAGMA busy_timeout = ${TIMEOUT}`);
    database.prepare("VACUUM INTO ?").run(target);
  } finally {
    database.close();
  }
}
