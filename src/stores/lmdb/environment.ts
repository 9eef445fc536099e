// An LMDB environment: its tables, reads of the latest state, and writes that apply whole or not at all.
// It knows no record.
import { createRequire } from "node:module";
import type { Database, RootDatabase } from "lmdb";
import { SessionOptionError } from "../../core/errors.ts";
import { Gate } from "./gate.ts";
import { checkDatabase } from "./header.ts";
import { Nudge } from "./nudge.ts";

type Lmdb = typeof import("lmdb");

type Table<Value> = Database<Value, Buffer>;

/** One entry to write; without a value, one to remove. */
export interface Write {
  readonly table: Table<string> | Table<Buffer>;
  readonly key: Buffer;
  readonly value?: Buffer;
  /** LMDB's version of the entry, in the one table that has them. */
  readonly version?: number;
}

/** What must be so at the moment of the write: the entry has this version, there is an entry, or there is none. */
interface Condition {
  readonly table: Table<string> | Table<Buffer>;
  readonly key: Buffer;
  readonly version: number | "any" | "none";
}

interface Tables {
  /** Key -> the record's text. */
  readonly records: Table<string>;
  /** When it expires and key -> the hash of its owner, or nothing. */
  readonly expiries: Table<Buffer>;
  /** The hash of its owner and key -> nothing. */
  readonly owners: Table<Buffer>;
  /** Who tells it and its number -> which session ended. */
  readonly ends: Table<string>;
}

export interface Environment extends Tables {
  /** Lets the reads that follow see all that was committed by now, by any process. */
  refresh(): void;
  /**
   * Queues the writes, in order of the calls; they are one transaction. `true`: they are synced to the disk. `false`: the
   * condition was not met and nothing was written.
   */
  write(condition: Condition, writes: readonly Write[]): Promise<boolean>;
  /** How many entries the table of records has. */
  count(): number;
  /** Keeps what cleans temporary directories from taking its files for forgotten ones. */
  markInUse(): void;
  /** Waits for the writes under way. */
  close(): Promise<void>;
}

/** The files that LMDB keeps in its directory. */
export const LMDB_FILES: readonly string[] = ["data.mdb", "lock.mdb"];

/** Address space, not disk; LMDB doubles it when it is full. A million small sessions fit in without that. */
const INITIAL_MAP_BYTES = 2 ** 30;

const OPTIONS = {
  permissionsMode: 0o600,
  // Every process needs a place or two; each is 64 bytes in the lock file.
  maxReaders: 1_000,
  // A commit is acknowledged after fdatasync and not between the commit and it; measured, it costs the same.
  overlappingSync: false,
  // Batches by the turn of the event loop have a promise of their own that nobody can catch, and a full disk would end
  // the process. Without, writes that meet are batched all the same.
  eventTurnBatching: false,
};

/**
 * Opens the environment in a directory.
 * @param timeout How long it waits for other processes' writes, in ms.
 * @throws SessionOptionError when the native module does not run here, or for a file that is no database of its version.
 */
export function openEnvironment(directory: string, timeout: number): Environment {
  const lmdb = loadLmdb();
  checkDatabase(directory);
  const gate = new Gate(directory);
  const { root, tables, nudge } = gate.closedFor(timeout, () => {
    // A directory's name may have a dot.
    const options = { ...OPTIONS, path: directory, noSubdir: false, mapSize: INITIAL_MAP_BYTES };
    const root = lmdb.open<string, Buffer>(options);
    return { root, tables: openTables(root), nudge: new Nudge(lmdb.open(options), lmdb.open(options)) };
  });
  return {
    ...tables,
    // LMDB reads from a snapshot. The binding renews it by a timer, and requests that come in before would not see what
    // another process has acknowledged by then.
    refresh: () => root.resetReadTxn(),
    write: (condition, writes) => gate.pass(() => nudge.watch(write(condition, writes, lmdb.IF_EXISTS))),
    count() {
      root.resetReadTxn();
      const { entryCount } = tables.records.getStats() as { readonly entryCount: number };
      return entryCount;
    },
    markInUse: () => gate.markInUse(),
    async close() {
      await root.close();
      await nudge.close();
      gate.close();
    },
  };
}

function openTables(root: RootDatabase<string, Buffer>): Tables {
  const table = { keyEncoding: "binary", encoding: "binary" } as const;
  return {
    records: root.openDB<string, Buffer>("records", { ...table, encoding: "string", useVersions: true }),
    expiries: root.openDB<Buffer, Buffer>("expiries", table),
    owners: root.openDB<Buffer, Buffer>("owners", table),
    ends: root.openDB<string, Buffer>("ends", { ...table, encoding: "string" }),
  };
}

/**
 * Conditions are checked by the thread that writes: it never holds the lock, which all processes share, while it waits for
 * this one's event loop. In a transaction with a callback a process that is busy, or paused in a debugger, would hold up
 * every other one.
 */
async function write(condition: Condition, writes: readonly Write[], anyVersion: number): Promise<boolean> {
  const { table, key, version } = condition;
  // Nothing here can throw: what was queued before would be written without the rest.
  function queue(): void {
    for (const { table, key, value, version } of writes) {
      if (value === undefined) void table.remove(key);
      else void (table as Table<Buffer>).put(key, value, version as number);
    }
  }
  try {
    if (version === "none") return await table.ifNoExists(key, queue);
    return await table.ifVersion(key, version === "any" ? anyVersion : version, queue);
  } catch (error) {
    throw await causeOf(error);
  }
}

/** What the binding rejects with names its cause in a promise, which must be caught. */
async function causeOf(error: unknown): Promise<unknown> {
  const cause: unknown = error instanceof Error && "commitError" in error ? error.commitError : undefined;
  return cause instanceof Promise ? cause.catch((reason: unknown) => reason) : error;
}

/** Loaded when a store is made and not before: who keeps sessions elsewhere needs no native module. */
function loadLmdb(): Lmdb {
  try {
    return createRequire(import.meta.url)("lmdb") as Lmdb;
  } catch (error) {
    throw new SessionOptionError(
      "store",
      `can't be the embedded one, since the package "lmdb" does not load here (${error instanceof Error ? error.message : error})`,
      "Install it for this platform, or use another store, such as memoryStore().",
    );
  }
}
