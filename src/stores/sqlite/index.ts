// Sessions in a directory of this server, in SQLite: no other server to run, shared by all processes of an app.
// It knows no cookie and no ID; `sqlite/` has its parts.
import { join } from "node:path";
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import { StoreUnavailableError } from "../../core/errors.ts";
import { applyReplacement, commitTo, hasVersion, keptRecord, movedTo } from "../../core/record/record.ts";
import type {
  BrowseOptions,
  Change,
  Clock,
  CommitResult,
  DestroyAllOptions,
  EndListener,
  ListedRecord,
  ListPage,
  Replacement,
  SessionCount,
  SessionRecord,
  StoreWith,
} from "../../core/record/store.ts";
import {
  checkOptions,
  functionOption,
  millisecondsOption,
  type OptionChecks,
  oneOfOption,
  stringOption,
} from "../../core/util/option-checks.ts";
import { defaultDirectory, keepText, markInUse, openPrivateDirectory } from "../shared/private-directory.ts";
import { browse } from "./browse.ts";
import { CurrentFile } from "./current-file.ts";
import { DatabaseFile } from "./database-file.ts";
import { EndNotifications } from "./end-notifications.ts";
import { asSessionError, isBusy, STORE } from "./errors.ts";
import { DATABASE_FILE, RESERVE_FILE, SQLITE_FILES } from "./files.ts";
import type { SessionRow } from "./session-rows.ts";
import { type Durability, WriteQueue } from "./write-queue.ts";

export interface SqliteStoreOptions {
  /**
   * The directory, private to this process's user; it is made where there is none. Default: one in the system's temporary
   * directory for each user and working directory, which a restart of the machine may empty. Name one on a local disk
   * before you go live: SQLite's log does not work on network file systems.
   */
  readonly path?: string | undefined;
  /**
   * When a write is acknowledged. `"disk"`, the default: when the disk has it, so that it survives a power loss.
   * `"process"`: when the operating system has it, which takes less time. It survives the death of the process at any
   * moment, and a power loss takes back at most the last second.
   */
  readonly durability?: Durability | undefined;
  /** How long a write may wait for other processes and the disk, in ms. Default 3,000. */
  readonly timeout?: number | undefined;
  /** Default `Date.now`. */
  readonly clock?: Clock | undefined;
}

/** A store that reads at once, and whose writes share transactions. */
export interface SqliteStore extends StoreWith<"load" | "list" | "browse" | "count" | "subscribe"> {
  readonly name: "sqlite";
  /** The directory, as an absolute path. */
  readonly path: string;
  readonly browseOrder: "recent";
  /**
   * By when a sweep next looks at a session, the latest first: those first that began, logged in or got a new ID last. A
   * mere use moves a session in this order only when a sweep has met it, at the end of the life that it had at first.
   * With a `keyPrefix`, by key. A record that cannot be read is left out.
   */
  browse(options?: BrowseOptions): ListPage;
  /** With the sessions that have expired and were not swept yet. */
  count(): SessionCount;
  limitTime(timeout: number): void;
  developmentSecret(generate: () => string): string;
  /** Waits for the writes under way. Every other call then throws a {@link StoreUnavailableError}. */
  close(): Promise<void>;
}

const CHECKS: OptionChecks<SqliteStoreOptions> = {
  path: stringOption,
  durability: oneOfOption("disk", "process"),
  timeout: millisecondsOption,
  clock: functionOption,
};
const DEFAULT_TIMEOUT = 3_000;
const SECRET_FILE = "development-secret";
const FILES: readonly string[] = [...SQLITE_FILES, RESERVE_FILE, SECRET_FILE];
/** The call needs room on the disk: a full one refuses it before it refuses logouts. */
const GROWS = true;
/** How many rows one call in a transaction ends or drops; other calls come in between. */
const BATCH = 50;
/** How many free pages one call gives back, and how many calls a sweep makes for that. */
const FREED_PAGES = 50;
const FREEING_CALLS = 20;
/** How long a read waits where SQLite needs a lock to read, which is only after another process crashed; in ms. */
const READ_TIMEOUT = 500;

/**
 * The embedded store: a directory on this server, for one app with any number of processes. It needs the SQLite of
 * Node.js 22.22.3, 24.15.0 or newer, Bun or Deno.
 *
 * @throws SessionOptionError when the directory is not private (mode 0700, files 0600, ours, no symbolic link; SECURITY-BAR
 *   S34) or holds another database, this runtime's SQLite cannot be used, or an option is not what it must be.
 *   StoreUnavailableError when the database cannot be opened now.
 * @example
 * import { createSessions } from "coatcheck";
 * import { sqliteStore } from "coatcheck/sqlite";
 *
 * const store = sqliteStore({ path: "/var/lib/my-app/sessions" });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store });
 */
export function sqliteStore(options: SqliteStoreOptions = {}): SqliteStore {
  checkOptions<SqliteStoreOptions>(options, CHECKS, 'Call sqliteStore({ path: "/var/lib/my-app/sessions" }).');
  const { path = defaultDirectory(), durability = "disk", timeout = DEFAULT_TIMEOUT, clock = Date.now } = options;
  const directory = openPrivateDirectory(path, FILES);
  if (options.path === undefined) warnInProduction(directory);
  try {
    return new Sqlite(directory, { durability, timeout, clock });
  } catch (error) {
    throw asSessionError(error, "open");
  }
}

let warned = false;

function warnInProduction(directory: string): void {
  if (warned || process.env["NODE_ENV"] !== "production") return;
  warned = true;
  process.emitWarning(
    `No path is given for sessions, so they are kept in ${directory}, which goes by the working directory: a restart of the machine, a new release directory or a new container logs everybody out. Set the path of a directory that stays: sqliteStore({ path: "/var/lib/my-app/sessions" }).`,
    "CoatcheckWarning",
  );
}

class Sqlite implements SqliteStore {
  readonly name = STORE;
  readonly browseOrder = "recent";
  readonly path: string;
  readonly #clock: Clock;
  readonly #current: CurrentFile;
  readonly #writes: WriteQueue;
  readonly #ends: EndNotifications;
  /** Calls of several transactions. */
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(path: string, { durability, timeout, clock }: { durability: Durability; timeout: number; clock: Clock }) {
    this.path = path;
    this.#clock = clock;
    this.#current = new CurrentFile(
      () => this.#open(),
      (file) => this.#writes.everySecond(file),
    );
    this.#writes = new WriteQueue(this.#current, durability, timeout);
    this.#ends = new EndNotifications(this.#current);
  }

  load(key: string): SessionRecord | undefined {
    return this.#read("load", ({ sessions }) => {
      const record = sessions.read(key);
      return record !== undefined && record.expiresAt > this.#clock() ? record : undefined;
    });
  }

  create(key: string, record: SessionRecord): Promise<boolean> {
    // The caller may go on to write to its map.
    const created = { ...record, fields: new Map(record.fields) };
    return this.#write(
      "create",
      ({ sessions }) => {
        if (sessions.insert(key, created)) return true;
        const taken = sessions.find(key);
        if (taken === undefined || this.#unexpired(taken) !== undefined) return false;
        sessions.delete(taken);
        return sessions.insert(key, created);
      },
      GROWS,
    );
  }

  commit(key: string, change: Change): Promise<CommitResult> {
    const write = ({ sessions }: DatabaseFile): CommitResult => {
      const row = sessions.find(key);
      const record = this.#live(row);
      if (row === undefined || record === undefined) return "gone";
      const next = commitTo(record, change);
      if (typeof next === "string") return next;
      const differs = next.version !== record.version || next.expiresAt !== record.expiresAt;
      if (differs) sessions.update(row, next);
      return "committed";
    };
    return this.#write("commit", write, change.set.size > 0);
  }

  async replace(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const moved = await this.#write(
      "replace",
      ({ sessions, ends }) => {
        const row = sessions.find(oldKey);
        const record = this.#live(row);
        if (row === undefined || record === undefined) return undefined;
        const next = applyReplacement(record, replacement);
        const pointer = keptRecord(replacement, newKey);
        if (pointer === undefined) sessions.move(row, newKey, next);
        else sessions.moveAndPoint(row, { oldKey, newKey, next, pointer });
        const goesOn = movedTo(record, replacement, newKey);
        ends.add(oldKey, goesOn);
        return { goesOn };
      },
      GROWS,
    );
    if (moved === undefined) return "gone";
    this.#ends.tell(oldKey, moved.goesOn);
    return "committed";
  }

  async destroy(key: string, { ifVersion }: { ifVersion?: number | undefined } = {}): Promise<boolean> {
    const destroyed = await this.#write("destroy", ({ sessions, ends }) => {
      const row = sessions.find(key);
      if (row === undefined) return false;
      // A damaged row has no version: it is destroyed unless the caller requires one.
      const isDamaged = row.damage !== undefined && ifVersion === undefined;
      const record = isDamaged ? undefined : this.#live(row);
      if (!isDamaged && (!record || !hasVersion(record, ifVersion))) return false;
      sessions.delete(row);
      ends.add(key, undefined);
      return true;
    });
    if (destroyed) this.#ends.tell(key, undefined);
    return destroyed;
  }

  list(owner: string, page: { limit?: number | undefined; cursor?: string | undefined } = {}): ListPage {
    return this.#read("list", ({ sessions: rows }) => {
      const { limit = DEFAULT_PAGE, cursor = "0" } = page;
      const [sessions, unreadable]: [ListedRecord[], string[]] = [[], []];
      const now = this.#clock();
      let last = Number(cursor);
      if (!Number.isSafeInteger(last)) return { sessions };
      for (;;) {
        const found = rows.ofOwner(owner, last, limit + 1);
        for (const { id, key, record } of found) {
          const isListed = record === undefined || (record.owner === owner && record.expiresAt > now);
          if (isListed && sessions.length + unreadable.length >= limit) {
            return { sessions, unreadable, next: String(last) };
          }
          if (isListed && record) sessions.push({ key, record });
          else if (isListed) unreadable.push(key);
          last = id;
        }
        if (found.length <= limit) return { sessions, unreadable };
      }
    });
  }

  destroyAll(owner: string, { except, onProgress }: DestroyAllOptions = {}): Promise<number> {
    return this.#several("destroyAll", async () => {
      let [ended, last]: [number, number | undefined] = [0, 0];
      while (last !== undefined) {
        const batch: EndedBatch = await this.#endSome(owner, except, last);
        for (const key of batch.ended) this.#ends.tell(key, undefined);
        ended += batch.ended.length;
        onProgress?.(ended);
        last = batch.last;
      }
      return ended;
    });
  }

  browse(options: BrowseOptions = {}): ListPage {
    return this.#read("browse", ({ sessions }) => browse(sessions, options, this.#clock()));
  }

  count(): SessionCount {
    return this.#read("count", ({ sessions }) => ({ sessions: sessions.count(), isEstimate: true }));
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.#several("sweep", async () => {
      let total = 0;
      for (let [rest, isDone] = [limit, false]; rest > 0 && !isDone; rest = limit - total) {
        const batch = Math.min(BATCH, rest);
        const { dropped, looked } = await this.#dropSome(now, batch);
        total += dropped;
        isDone = looked < batch;
      }
      await this.#tidy();
      return total;
    });
  }

  subscribe(listener: EndListener, resumed?: () => void): () => void {
    return this.#read("subscribe", () => this.#ends.subscribe(listener, resumed));
  }

  limitTime(timeout: number): void {
    this.#writes.limitTime(timeout);
  }

  developmentSecret(generate: () => string): string {
    return this.#read("developmentSecret", () => keepText(this.path, SECRET_FILE, generate));
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  #open(): DatabaseFile {
    const directory = openPrivateDirectory(this.path, FILES);
    const place = { file: join(directory, DATABASE_FILE), reserve: join(directory, RESERVE_FILE) };
    const file = new DatabaseFile(place, (error) => this.#current.fail(error));
    markInUse(directory, FILES);
    return file;
  }

  async #shutDown(): Promise<void> {
    this.#ends.close();
    await Promise.allSettled(this.#running);
    await this.#writes.drained();
    await this.#current.close();
  }

  #assertOpen(operation: string): void {
    if (this.#closing) throw new StoreUnavailableError(STORE, operation, new Error("The store was closed."));
  }

  #read<Answer>(operation: string, read: (file: DatabaseFile) => Answer): Answer {
    this.#assertOpen(operation);
    try {
      const file = this.#current.readable;
      try {
        return read(file);
      } catch (error) {
        if (!isBusy(error)) throw error;
        return file.waiting(READ_TIMEOUT, () => read(file));
      }
    } catch (error) {
      throw asSessionError(error, operation);
    }
  }

  /** @param grows Whether it needs room on the disk. */
  #write<Answer>(operation: string, write: (file: DatabaseFile) => Answer, grows = false): Promise<Answer> {
    if (!this.#closing) return this.#writes.perform(operation, write, grows);
    return Promise.reject(new StoreUnavailableError(STORE, operation, new Error("The store was closed.")));
  }

  /** A call of several transactions, for which `close` waits. Each of them has the timeout for itself. */
  async #several<Answer>(operation: string, call: () => Promise<Answer>): Promise<Answer> {
    this.#assertOpen(operation);
    const running = call();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Ends sessions of an owner after a row. Damaged ones end as well. */
  #endSome(owner: string, except: string | undefined, after: number): Promise<EndedBatch> {
    return this.#writes.perform("destroyAll", ({ sessions, ends }) => {
      const now = this.#clock();
      const rows = sessions.ofOwner(owner, after, BATCH);
      const ended: string[] = [];
      for (const row of rows) {
        const { key, record } = row;
        if (key === except || (record && (record.owner !== owner || record.expiresAt <= now))) continue;
        sessions.delete(row);
        ends.add(key, undefined);
        ended.push(key);
      }
      return { ended, last: rows.length < BATCH ? undefined : rows.at(-1)?.id };
    });
  }

  /** Drops what has expired of the rows that are due, and puts off the rest. */
  #dropSome(now: number, limit: number): Promise<{ dropped: number; looked: number }> {
    return this.#writes.perform("sweep", ({ sessions }) => {
      const rows = sessions.due(now, limit);
      let dropped = 0;
      for (const row of rows) {
        if (row.record !== undefined && row.record.expiresAt > now) {
          sessions.postpone(row, row.record.expiresAt);
        } else {
          sessions.delete(row);
          dropped++;
        }
      }
      return { dropped, looked: rows.length };
    });
  }

  async #tidy(): Promise<void> {
    let trimmed: number;
    do {
      trimmed = await this.#writes.perform("sweep", ({ ends }) => ends.trim(BATCH));
    } while (trimmed === BATCH);
    let spare = 1;
    for (let calls = 0; spare > 0 && calls < FREEING_CALLS; calls++) {
      spare = await this.#writes.perform("sweep", (file) => file.shrink(FREED_PAGES));
    }
    markInUse(this.path, FILES);
  }

  /** What `load` answers: a live record, or one that a renewal keeps. @throws the damage of a row. */
  #unexpired(row: SessionRow | undefined): SessionRecord | undefined {
    if (row?.damage !== undefined) throw row.damage;
    return row?.record !== undefined && row.record.expiresAt > this.#clock() ? row.record : undefined;
  }

  #live(row: SessionRow | undefined): SessionRecord | undefined {
    const record = this.#unexpired(row);
    return record?.movedTo === undefined ? record : undefined;
  }
}

interface EndedBatch {
  readonly ended: readonly string[];
  /** The row after which the next batch begins; `undefined` at the end. */
  readonly last: number | undefined;
}
