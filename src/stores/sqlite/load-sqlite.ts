// The SQLite that Node, Bun and Deno carry, loaded when the first store is made and never before.
import { SessionOptionError } from "../../core/errors.ts";

export type Sqlite = typeof import("node:sqlite");

interface LoadedSqlite {
  readonly sqlite: Sqlite;
  readonly version: string;
  /** Whether several connections may write to one file: see {@link hasWalResetBug}. */
  readonly isSafeToShare: boolean;
}

const OTHER_STORES = "or name another store: memoryStore(), redisStore() or postgresStore().";

let loaded: LoadedSqlite | undefined;

/** @throws SessionOptionError where the runtime has no SQLite, or one whose bug can damage a shared database. */
export function loadSqlite(): LoadedSqlite {
  loaded ??= load();
  const { version, isSafeToShare } = loaded;
  if (isSafeToShare) return loaded;
  if (process.env["NODE_ENV"] === "development") {
    warnOfOldSqlite(version);
    return loaded;
  }
  throw new SessionOptionError(
    "store",
    `cannot be the embedded one: this runtime's SQLite ${version} can damage a database that several processes write to (https://sqlite.org/wal.html#walresetbug)`,
    `Run Node.js 22.22.3, 24.15.0 or newer, ${OTHER_STORES}`,
  );
}

let warned = false;

function warnOfOldSqlite(version: string): void {
  if (warned) return;
  warned = true;
  process.emitWarning(
    `This runtime's SQLite ${version} can damage a database that several processes write to, so the embedded store lets in one process alone, and in production it refuses to start. Run Node.js 22.22.3, 24.15.0 or newer.`,
    "CoatcheckWarning",
  );
}

/**
 * SQLite before 3.51.3 can lose pages when a checkpoint meets the commit of another connection. The fix is also in the
 * maintenance releases 3.50.7 and 3.44.6.
 */
export function hasWalResetBug(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  if (major !== 3 || minor > 51) return major < 3;
  const firstGoodPatch = new Map([
    [51, 3],
    [50, 7],
    [44, 6],
  ]).get(minor);
  return firstGoodPatch === undefined || patch < firstGoodPatch;
}

function load(): LoadedSqlite {
  const sqlite = withoutExperimentalWarning(() => process.getBuiltinModule?.("node:sqlite"));
  if (sqlite === undefined) {
    throw new SessionOptionError(
      "store",
      `cannot be the embedded one: this runtime (${process.version}) has no module "node:sqlite"`,
      `Run Node.js 22.22.3, 24.15.0 or newer, ${OTHER_STORES}`,
    );
  }
  const version = versionOf(sqlite);
  return { sqlite, version, isSafeToShare: !hasWalResetBug(version) };
}

/** Asks the library itself: distributions link Node with the system's SQLite. */
function versionOf({ DatabaseSync }: Sqlite): string {
  const database = new DatabaseSync(":memory:");
  const row = database.prepare("SELECT sqlite_version() AS version").get();
  database.close();
  return String(row?.["version"]);
}

/** Node 22 warns when the module is loaded, although its interface is the one of Node 24. Other warnings are passed on. */
export function withoutExperimentalWarning<Result>(call: () => Result): Result {
  const { emitWarning } = process;
  process.emitWarning = ((...args: Parameters<typeof emitWarning>) => {
    if (!args.includes("ExperimentalWarning")) emitWarning.apply(process, args);
  }) as typeof emitWarning;
  try {
    return call();
  } finally {
    process.emitWarning = emitWarning;
  }
}
