// Sessions in a directory of this server, in LMDB: no other server to run, shared by all processes of an app.
// It knows no cookie and no ID; `lmdb/` has its parts.
import { described } from "../core/described.ts";
import { SessionOptionError, SessionRecordError } from "../core/errors.ts";
import { checkOptionNames } from "../core/option-names.ts";
import { DEFAULT_PAGE } from "../core/page-size.ts";
import { applyChange, applyReplacement, keptRecord, movedTo } from "../core/record.ts";
import type {
  BrowseOptions,
  Change,
  Clock,
  CommitResult,
  EndListener,
  ListedRecord,
  ListPage,
  Replacement,
  SessionCount,
  SessionRecord,
  StoreWith,
} from "../core/store.ts";
import { browse } from "./lmdb/browsing.ts";
import { asSessionError, Calls } from "./lmdb/calls.ts";
import { deadlineIn, writtenBy } from "./lmdb/deadline.ts";
import { Ends } from "./lmdb/ends.ts";
import { type Environment, LMDB_FILES, openEnvironment } from "./lmdb/environment.ts";
import { dropExpired, keysOf } from "./lmdb/indexes.ts";
import { type Found, type Plan, Records } from "./lmdb/records.ts";
import { createSharing, type Lease } from "./lmdb/sharing.ts";
import { defaultDirectory, keepText, markInUse, openPrivateDirectory } from "./private-directory.ts";

export interface LmdbStoreOptions {
  /**
   * The directory, private to this process's user; it is made where there is none. Default: one in the system's temporary
   * directory for each user and working directory, which a restart of the machine may empty. Name one on a local disk
   * before you go live: LMDB does not work on network file systems.
   */
  readonly path?: string | undefined;
  /** Default `Date.now`. */
  readonly clock?: Clock | undefined;
  /** How long a write may wait for other processes and the disk, in ms. Default 3,000. */
  readonly timeout?: number | undefined;
}

/** A store that reads at once, and whose writes wait for the disk. */
export interface LmdbStore extends StoreWith<"load" | "list" | "browse" | "count" | "subscribe"> {
  /** The directory, as an absolute path. */
  readonly path: string;
  readonly browseOrder: "recent";
  /** By expiry, the latest first; with a `keyPrefix`, by key. What can't be read as a record is left out. */
  browse(options?: BrowseOptions): ListPage;
  /** As many records as the database says that it has, with those that have expired and were not swept yet. */
  count(): SessionCount;
  developmentSecret(generate: () => string): string;
  /** Waits for the writes under way. Every other call then throws a {@link StoreUnavailableError}. */
  close(): Promise<void>;
}

const OPTIONS: readonly string[] = ["path", "clock", "timeout"] satisfies (keyof LmdbStoreOptions)[];
const DEFAULT_TIMEOUT = 3_000;
/** How long an opening waits for writes of other processes, in ms. */
const OPEN_TIMEOUT = 5_000;
/** How many records one transaction ends or drops; requests are served in between. */
const BATCH = 200;
const SECRET_FILE = "development-secret";
const FILES = [...LMDB_FILES, SECRET_FILE];

/** What all stores of this process on one directory share. */
interface Opened {
  readonly environment: Environment;
  readonly records: Records;
  readonly ends: Ends;
}

const lease = createSharing<Opened>(open, ({ environment }) => environment.close());

function open(directory: string): Opened {
  const environment = openEnvironment(directory, OPEN_TIMEOUT);
  return { environment, records: new Records(environment), ends: new Ends(environment) };
}

/**
 * The embedded store: a directory on this server, for one app with any number of processes.
 *
 * A write is acknowledged when the system says that the disk has it (fdatasync): it survives `kill -9` at any moment, and
 * a power loss as far as the disk is honest. Writes that meet share one sync. A read never waits.
 *
 * @throws SessionOptionError when the directory is not private (mode 0700, files 0600, ours, no symbolic link; SECURITY-BAR
 *   S34) or holds another database, LMDB does not run here, or an option is unknown.
 *   StoreUnavailableError when it can't be opened now.
 * @example
 * import { createSessions } from "coatcheck";
 * import { lmdbStore } from "coatcheck/lmdb";
 *
 * const store = lmdbStore({ path: "/var/lib/my-app/sessions" });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store });
 */
export function lmdbStore(options: LmdbStoreOptions = {}): LmdbStore {
  checkOptionNames("", options, OPTIONS);
  const { path = defaultDirectory(), clock = Date.now, timeout = DEFAULT_TIMEOUT } = options;
  if (typeof timeout !== "number" || !(timeout > 0)) {
    throw new SessionOptionError("timeout", `is ${described(timeout)}`, "Give a number of milliseconds above zero.");
  }
  const directory = openPrivateDirectory(path, FILES);
  try {
    const leased = lease(directory);
    markInUse(directory, FILES);
    return new Lmdb(directory, leased, clock, timeout);
  } catch (error) {
    throw asSessionError(error, "open");
  }
}

class Lmdb implements LmdbStore {
  readonly name = "lmdb";
  readonly browseOrder = "recent";
  readonly path: string;
  readonly #lease: Lease<Opened>;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #calls = new Calls();
  readonly #subscriptions = new Set<() => void>();
  #closing: Promise<void> | undefined;

  constructor(path: string, leased: Lease<Opened>, clock: Clock, timeout: number) {
    this.path = path;
    this.#lease = leased;
    this.#clock = clock;
    this.#timeout = timeout;
  }

  get #opened(): Opened {
    return this.#lease.value;
  }

  load(key: string): SessionRecord | undefined {
    return this.#calls.atOnce("load", () => this.#unexpired({ record: this.#opened.records.read(key) }));
  }

  create(key: string, record: SessionRecord): Promise<boolean> {
    // The caller may go on to write to its map.
    const next = { ...record, fields: new Map(record.fields) };
    return this.#change("create", key, (found) =>
      this.#unexpired(found) ? { answer: false } : { answer: true, next },
    );
  }

  commit(key: string, change: Change): Promise<CommitResult> {
    return this.#change("commit", key, (found) => {
      const record = this.#live(found);
      if (!record) return { answer: "gone" };
      if (change.ifVersion !== undefined && change.ifVersion !== record.version) return { answer: "conflict" };
      const next = applyChange(record, change);
      const differs = next.version !== record.version || next.expiresAt !== record.expiresAt;
      return differs ? { answer: "committed", next } : { answer: "committed" };
    });
  }

  async replace(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const { records, ends } = this.#opened;
    let goesOn: string | undefined;
    const answer = await this.#change<"committed" | "gone">("replace", oldKey, (found) => {
      const record = this.#live(found);
      if (!record) return { answer: "gone" };
      goesOn = movedTo(record, replacement, newKey);
      const added = records.additions(newKey, applyReplacement(record, replacement));
      const next = keptRecord(replacement, newKey) ?? null;
      return { answer: "committed", next, also: [...added, ends.entry(oldKey, goesOn)] };
    });
    if (answer === "committed") ends.tell(oldKey, goesOn);
    return answer;
  }

  async destroy(key: string, { ifVersion }: { ifVersion?: number | undefined } = {}): Promise<boolean> {
    const destroyed = await this.#change<boolean>("destroy", key, (found) => {
      // What is no record is destroyed as well, unless a version of it is asked for.
      const isDamaged = found.damage !== undefined && ifVersion === undefined;
      const record = isDamaged ? undefined : this.#live(found);
      if (!isDamaged && (!record || (ifVersion !== undefined && ifVersion !== record.version)))
        return { answer: false };
      return { answer: true, next: null, also: [this.#opened.ends.entry(key, undefined)] };
    });
    if (destroyed) this.#opened.ends.tell(key, undefined);
    return destroyed;
  }

  list(owner: string, page: { limit?: number | undefined; cursor?: string | undefined } = {}): ListPage {
    return this.#calls.atOnce("list", () => {
      const { limit = DEFAULT_PAGE, cursor = "" } = page;
      const [sessions, unreadable]: [ListedRecord[], string[]] = [[], []];
      let last = cursor;
      for (;;) {
        const keys = keysOf(this.#opened.environment, owner, last, limit + 1);
        for (const key of keys) {
          const record = this.#readable(key, unreadable);
          if (record?.owner !== owner) continue;
          if (sessions.length >= limit) return { sessions, unreadable, next: sessions.at(-1)?.key ?? cursor };
          sessions.push({ key, record });
        }
        if (keys.length <= limit) return { sessions, unreadable };
        last = keys.at(-1) ?? last;
      }
    });
  }

  destroyAll(owner: string, { except }: { except?: string | undefined } = {}): Promise<number> {
    return this.#calls.inTurn("destroyAll", async () => {
      const absent = new Set<string>();
      let ended = 0;
      let known: number;
      do {
        known = absent.size;
        for (let keys = this.#batchOf(owner, ""); keys.length > 0; keys = this.#batchOf(owner, keys.at(-1) ?? "")) {
          const others = keys.filter((key) => key !== except);
          const results = await Promise.all(others.map((key) => this.#end(owner, key)));
          for (const [i, result] of results.entries()) {
            if (result === "ended") ended++;
            if (result === "absent") absent.add(others[i] ?? "");
          }
        }
        // A session that moved while it was being ended is under a new key by now: look once more.
      } while (absent.size > known);
      return ended;
    });
  }

  browse(options: BrowseOptions = {}): ListPage {
    return this.#calls.atOnce("browse", () => browse(this.#opened.environment, options, this.#clock()));
  }

  count(): SessionCount {
    return this.#calls.atOnce("count", () => ({ sessions: this.#opened.environment.count(), isEstimate: true }));
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.#calls.inTurn("sweep", async () => {
      let total = 0;
      while (total < limit) {
        const batch = Math.min(BATCH, limit - total);
        const results = await this.#inTime(dropExpired(this.#opened.environment, now, batch));
        total += results.filter(Boolean).length;
        if (results.length < batch) break;
      }
      await this.#inTime(this.#opened.ends.trim());
      this.#opened.environment.markInUse();
      markInUse(this.path, FILES);
      return total;
    });
  }

  subscribe(listener: EndListener): () => void {
    return this.#calls.atOnce("subscribe", () => {
      const unsubscribe = this.#opened.ends.subscribe(listener);
      this.#subscriptions.add(unsubscribe);
      return () => {
        if (this.#subscriptions.delete(unsubscribe)) unsubscribe();
      };
    });
  }

  developmentSecret(generate: () => string): string {
    return this.#calls.atOnce("developmentSecret", () => keepText(this.path, SECRET_FILE, generate));
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
    this.#subscriptions.clear();
    await this.#calls.end();
    // What does not end in time was not acknowledged either.
    await this.#inTime(this.#lease.release()).catch(() => {});
  }

  #change<Answer>(operation: string, key: string, plan: (found: Found) => Plan<Answer>): Promise<Answer> {
    return this.#calls.inTurn(operation, () => this.#opened.records.change(key, this.#timeout, plan));
  }

  #batchOf(owner: string, after: string): string[] {
    return keysOf(this.#opened.environment, owner, after, BATCH);
  }

  /** Ends one session of an owner, damaged or not. `absent`: it is not there, or not the owner's. */
  async #end(owner: string, key: string): Promise<"ended" | "expired" | "absent"> {
    const { records, ends } = this.#opened;
    const result = await records.change<"ended" | "expired" | "absent">(key, this.#timeout, ({ record, damage }) => {
      if (damage === undefined && record?.owner !== owner) return { answer: "absent" };
      if (record !== undefined && record.expiresAt <= this.#clock()) return { answer: "expired" };
      return { answer: "ended", next: null, also: [ends.entry(key, undefined)] };
    });
    if (result === "ended") ends.tell(key, undefined);
    return result;
  }

  /** What `load` answers: a live record, or one that a renewal keeps. */
  #unexpired({ record, damage }: Found): SessionRecord | undefined {
    if (damage !== undefined) throw damage;
    return record !== undefined && record.expiresAt > this.#clock() ? record : undefined;
  }

  /** For lists, which one broken record must not hide: `undefined` for it, with its key noted. */
  #readable(key: string, unreadable: string[]): SessionRecord | undefined {
    try {
      return this.#unexpired({ record: this.#opened.records.read(key) });
    } catch (error) {
      if (!(error instanceof SessionRecordError)) throw error;
      unreadable.push(key);
      return undefined;
    }
  }

  #live(found: Found): SessionRecord | undefined {
    const record = this.#unexpired(found);
    return record?.movedTo === undefined ? record : undefined;
  }

  #inTime<Result>(work: Promise<Result>): Promise<Result> {
    return writtenBy(deadlineIn(this.#timeout), work);
  }
}
