// One open database file: its connection, the rows in it, its log and the thread that copies the log into it.
// Nothing else in this process may open the database or its -shm: closing them would drop SQLite's locks.
import { fstatSync, openSync, statSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Checkpoints } from "./checkpoints.ts";
import { DiskReserve } from "./disk-reserve.ts";
import { EndRows } from "./end-rows.ts";
import { isFailedSync } from "./errors.ts";
import { loadSqlite } from "./load-sqlite.ts";
import { LogSync } from "./log-sync.ts";
import { openDatabase } from "./open-database.ts";
import { SessionRows } from "./session-rows.ts";

export class DatabaseFile {
  readonly sessions: SessionRows;
  readonly ends: EndRows;
  readonly sync: LogSync;
  readonly checkpoints: Checkpoints | undefined;
  readonly reserve: DiskReserve;
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #log: number;
  readonly #inode: number;

  /**
   * @param place The paths of the database and of its reserve.
   * @param onFailedSync Called when the disk lost what was written: the store must not go on.
   */
  constructor(
    { file: path, reserve }: { readonly file: string; readonly reserve: string },
    onFailedSync: (error: Error) => void,
  ) {
    this.#path = path;
    this.reserve = new DiskReserve(reserve);
    this.#database = openDatabase(path);
    this.sessions = new SessionRows(this.#database);
    this.ends = new EndRows(this.#database);
    this.#begin = this.#database.prepare("BEGIN IMMEDIATE");
    this.#commit = this.#database.prepare("COMMIT");
    this.#inode = statSync(path).ino;
    // Windows syncs only what is open for writing.
    this.#log = openSync(`${path}-wal`, "r+");
    this.sync = new LogSync(this.#log, onFailedSync);
    if (loadSqlite().isSafeToShare) {
      this.checkpoints = new Checkpoints(path, (failure) => {
        if (isFailedSync(failure.errcode)) onFailedSync(new Error(failure.message));
      });
    }
  }

  /** @throws SQLite's error: busy while another connection writes. */
  begin(): void {
    this.#begin.run();
  }

  commit(): void {
    this.sessions.storeCount();
    this.#commit.run();
  }

  rollback(): void {
    this.sessions.forgetCount();
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // After some errors SQLite has rolled back by itself.
    }
  }

  /** The size of the log's file, in bytes; `undefined` when one of the three files was removed or replaced. */
  logBytes(): number | undefined {
    const { nlink, size } = fstatSync(this.#log);
    const file = statSync(this.#path, { throwIfNoEntry: false });
    const hasIndex = !this.checkpoints || statSync(`${this.#path}-shm`, { throwIfNoEntry: false }) !== undefined;
    return nlink > 0 && file?.ino === this.#inode && hasIndex ? size : undefined;
  }

  /** Whether the disk has room for new data. */
  hasRoom(): boolean {
    return this.reserve.hasRoom(() => {
      const bytes = this.#pragma("page_count") * this.#pragma("page_size");
      return Math.max(0, bytes - statSync(this.#path).size);
    });
  }

  /** Runs a call that waits up to so many ms where SQLite needs a lock that another connection has. */
  waiting<Answer>(timeout: number, call: () => Answer): Answer {
    this.#database.exec(`PRAGMA busy_timeout = ${timeout}`);
    try {
      return call();
    } finally {
      this.#database.exec("PRAGMA busy_timeout = 0");
    }
  }

  /** Gives up to so many free pages back to the file system. Returns how many more there are than a busy store needs. */
  shrink(pages: number): number {
    this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
    const [free, all] = [this.#pragma("freelist_count"), this.#pragma("page_count")];
    return free - Math.floor(all / 4);
  }

  async close(): Promise<void> {
    await this.checkpoints?.close();
    this.sync.close();
    this.#database.close();
  }

  #pragma(name: string): number {
    return Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name]);
  }
}
