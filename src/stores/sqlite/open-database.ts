// Opens a database file: settings of the connection, whose file it is, and its tables.
import { closeSync, openSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { SessionOptionError } from "../../core/errors.ts";
import { isForeignFile } from "./errors.ts";
import { loadSqlite } from "./load-sqlite.ts";

/** In the file's header: "coat" in ASCII. Other programs' files have another number there. */
const APPLICATION_ID = 0x636f6174;
/** Of the tables below. A file of a later format is refused. */
const FORMAT = 1;

/** Types of file systems as statfs(2) names them: NFS, SMB, CIFS, SMB2, AFS. */
export const NETWORK: ReadonlySet<number> = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f]);
const SMALLEST_DATABASE = 512;
/** How long opening may wait for other processes, in ms. */
const OPEN_TIMEOUT = 5_000;
/** The log is cut back to this when it starts over, in bytes. */
const KEPT_LOG_BYTES = 8 * 1024 * 1024;

/**
 * `sweepAt` is when a sweep next looks at a session: its expiry at creation, and afterwards as the sweep found it. So
 * commits and touches, which only postpone the expiry in the record, write to no index.
 */
const TABLES = `
  CREATE TABLE sessions (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, sweepAt REAL NOT NULL, owner BLOB, record TEXT NOT NULL
  );
  CREATE INDEX sessionsBySweep ON sessions (sweepAt);
  CREATE INDEX sessionsByOwner ON sessions (owner) WHERE owner IS NOT NULL;
  CREATE TABLE ends (number INTEGER PRIMARY KEY, at REAL NOT NULL, writer INTEGER NOT NULL, key TEXT NOT NULL, movedTo TEXT);
  CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  INSERT INTO counts VALUES ('sessions', 0);
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${FORMAT};`;

/**
 * Opens the file, and makes it where there is none.
 * @throws SessionOptionError for a file of another program or of a later version; SQLite's error when it can't be opened.
 */
export function openDatabase(file: string): DatabaseSync {
  const { sqlite, isSafeToShare } = loadSqlite();
  assertLocalDisk(dirname(file));
  createPrivateFile(file);
  // SQLite would take a shorter file for an empty one and write over it.
  const { size } = statSync(file);
  if (size > 0 && size < SMALLEST_DATABASE) throw refusal(file, "is not an SQLite database");
  const database = new sqlite.DatabaseSync(file);
  try {
    database.exec(`PRAGMA busy_timeout = ${OPEN_TIMEOUT}`);
    if (!isSafeToShare) database.exec("PRAGMA locking_mode = EXCLUSIVE");
    if (isEmpty(database, file)) createTables(database, file);
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA wal_autocheckpoint = ${isSafeToShare ? 0 : 1_000};
      PRAGMA journal_size_limit = ${KEPT_LOG_BYTES};
      PRAGMA checkpoint_fullfsync = 1;
      PRAGMA temp_store = MEMORY;
      PRAGMA busy_timeout = 0`);
    assertLogMode(database, file);
    return database;
  } catch (error) {
    database.close();
    throw isForeignFile(error) ? refusal(file, "is not an SQLite database") : error;
  }
}

/** @throws SessionOptionError where the file system says that other machines share it: they would not see this one's locks. */
function assertLocalDisk(directory: string): void {
  if (!NETWORK.has(statfsSync(directory).type >>> 0)) return;
  throw new SessionOptionError(
    "path",
    `leads to ${JSON.stringify(directory)}, on a network file system, where SQLite would damage the database`,
    "Name a directory on a local disk, or use redisStore() or postgresStore().",
  );
}

/** SQLite gives its other files the mode of this one. Never opens a file that exists: closing it would drop its locks. */
function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, "wx", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** One statement, so that it sees one state of a file that another process may be making. */
const IDENTITY = `
  SELECT (SELECT application_id FROM pragma_application_id) AS application,
    (SELECT user_version FROM pragma_user_version) AS format, (SELECT count(*) FROM sqlite_schema) AS tables`;

/** Whether the file has no tables yet; otherwise they are ours. */
function isEmpty(database: DatabaseSync, file: string): boolean {
  const { application, format, tables } = database.prepare(IDENTITY).get() ?? {};
  if (application === 0 && format === 0 && tables === 0) return true;
  if (application !== APPLICATION_ID) throw refusal(file, "is another program's database");
  if (format !== FORMAT) throw refusal(file, "was written by a later version of coatcheck");
  return false;
}

function createTables(database: DatabaseSync, file: string): void {
  // Must come before the first page is written, which the change of the journal does.
  database.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; BEGIN IMMEDIATE");
  if (isEmpty(database, file)) database.exec(TABLES);
  database.exec("COMMIT");
}

function assertLogMode(database: DatabaseSync, file: string): void {
  // The first read makes the log, where there is none: a backup has none.
  database.prepare("SELECT count(*) FROM counts").get();
  if (database.prepare("PRAGMA journal_mode").get()?.["journal_mode"] === "wal") return;
  throw new SessionOptionError(
    "path",
    `leads to ${JSON.stringify(file)}, on a file system without shared memory, where SQLite keeps no write-ahead log`,
    "Name a directory on a local disk.",
  );
}

function refusal(file: string, problem: string): SessionOptionError {
  const remedy = "Remove it if nobody needs it, or name another directory.";
  return new SessionOptionError("path", `leads to ${JSON.stringify(file)}, which ${problem}`, remedy);
}
