// Sessions in this process's memory: for tests, for development, and for one server whose visitors may be logged out by
// a restart. It knows no cookie, no file and no timer; the manager calls `sweep`.
import { createEndListeners } from "../core/end-listeners.ts";
import { StoreUnavailableError } from "../core/errors.ts";
import { DEFAULT_PAGE } from "../core/page-size.ts";
import { applyReplacement, commitTo, hasVersion, keptRecord, movedTo } from "../core/record.ts";
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
  SynchronousStore,
} from "../core/store.ts";
import { checkOptions, functionOption, type OptionChecks, wholeNumberOption } from "../core/util/option-checks.ts";
import { type Expiring, ExpiryHeap } from "./expiry-heap.ts";
import { type Linked, RecencyList } from "./recency-list.ts";
import { SlotList, type Slotted } from "./slot-list.ts";

export interface MemoryStoreOptions {
  /**
   * How many records are held at most; default 100,000. One more drops a session without an owner that was not used
   * lately, and where there is none one with an owner, with a warning of the process at the first time
   * (SECURITY-BAR S32). Count about 1 KB for a small session.
   */
  readonly maxSessions?: number | undefined;
  /** Default `Date.now`. */
  readonly clock?: Clock | undefined;
  /** Told of each live session that was dropped for want of room. What it throws is a warning of the process. */
  readonly onEvict?: ((key: string, owner: string | undefined) => void) | undefined;
}

/** A store that answers at once: no method returns a promise. */
export interface MemoryStore extends SynchronousStore {
  /** How many records are held, with those that have expired and were not swept yet. */
  readonly size: number;
  /** In no order. A session that gets a new ID between two pages may be on neither. */
  browse(options?: BrowseOptions): ListPage;
  /** Drops everything. Every call but `close` then throws a {@link StoreUnavailableError}. */
  close(): void;
}

const CHECKS: OptionChecks<MemoryStoreOptions> = {
  maxSessions: wholeNumberOption(1),
  clock: functionOption,
  onEvict: functionOption,
};
const DEFAULT_MAX_SESSIONS = 100_000;
/** How many slots a page looks at before it is given as it is: about a millisecond. */
const MAX_LOOKED_AT = 20_000;

/**
 * A store in memory, bounded, without timers. What it holds ends with the process.
 *
 * @throws SessionOptionError when an option is wrong or unknown.
 * @example
 * import { createSessions, memoryStore } from "coatcheck";
 *
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store: memoryStore({ maxSessions: 10_000 }) });
 */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  checkOptions<MemoryStoreOptions>(options, CHECKS, "Call memoryStore({ maxSessions: 10_000 }).");
  const { maxSessions = DEFAULT_MAX_SESSIONS, clock = Date.now, onEvict } = options;
  return new Memory(maxSessions, clock, onEvict);
}

/** A record with its places: among all, among the expiries, among the uses, and among its owner's. */
interface Entry extends Slotted, Expiring, Linked<Entry> {
  readonly key: string;
  /** Replaced as a whole by a commit: who has it keeps a snapshot. */
  record: SessionRecord;
  /** Grows with every entry; where a page of an owner's list goes on. */
  readonly sequence: number;
}

class Memory implements MemoryStore {
  readonly name = "memory";
  readonly #maxSessions: number;
  readonly #clock: Clock;
  readonly #onEvict: MemoryStoreOptions["onEvict"];
  readonly #listeners = createEndListeners("the memory store");
  readonly #entries = new Map<string, Entry>();
  /** Each owner's entries in order of their sequence. */
  readonly #owners = new Map<string, Set<Entry>>();
  /** All entries, each in a slot of its own: where a page of everyone's sessions goes on. */
  #slots = new SlotList<Entry>();
  #expiries = new ExpiryHeap<Entry>();
  #anonymous = new RecencyList<Entry>();
  #owned = new RecencyList<Entry>();
  #sequence = 0;
  /** How many entries say only where a session has moved to. */
  #pointers = 0;
  #warned = false;
  #closed = false;

  constructor(maxSessions: number, clock: Clock, onEvict: MemoryStoreOptions["onEvict"]) {
    this.#maxSessions = maxSessions;
    this.#clock = clock;
    this.#onEvict = onEvict;
  }

  get size(): number {
    return this.#entries.size;
  }

  load(key: string): SessionRecord | undefined {
    const entry = this.#unexpired(key, "load");
    if (entry === undefined) return undefined;
    entry.wasUsed = true;
    return entry.record;
  }

  create(key: string, record: SessionRecord): boolean {
    if (this.#unexpired(key, "create")) return false;
    // The caller may go on to write to its map.
    this.#add(key, { ...record, fields: new Map(record.fields) });
    return true;
  }

  commit(key: string, change: Change): CommitResult {
    const entry = this.#live(key, "commit");
    if (!entry) return "gone";
    const next = commitTo(entry.record, change);
    if (typeof next === "string") return next;
    entry.record = next;
    entry.wasUsed = true;
    if (entry.expiresAt !== entry.record.expiresAt) {
      entry.expiresAt = entry.record.expiresAt;
      this.#expiries.moved(entry);
    }
    return "committed";
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): "committed" | "gone" {
    const old = this.#live(oldKey, "replace");
    if (!old) return "gone";
    this.#drop(old);
    const kept = keptRecord(replacement, newKey);
    if (kept) this.#add(oldKey, kept);
    this.#add(newKey, applyReplacement(old.record, replacement));
    this.#listeners.tell(oldKey, movedTo(old.record, replacement, newKey));
    return "committed";
  }

  destroy(key: string, options?: { ifVersion?: number | undefined }): boolean {
    const entry = this.#live(key, "destroy");
    if (!entry || !hasVersion(entry.record, options?.ifVersion)) return false;
    this.#drop(entry);
    this.#listeners.tell(key, undefined);
    return true;
  }

  list(owner: string, page: { limit?: number | undefined; cursor?: string | undefined } = {}): ListPage {
    this.#assertOpen("list");
    const { limit = DEFAULT_PAGE, cursor } = page;
    const listedUpTo = cursor === undefined ? 0 : Number(cursor);
    const now = this.#clock();
    const sessions: ListedRecord[] = [];
    let last = 0;
    for (const entry of this.#owners.get(owner) ?? []) {
      if (entry.sequence <= listedUpTo || entry.expiresAt <= now) continue;
      if (sessions.length >= limit) return { sessions, next: String(last) };
      sessions.push({ key: entry.key, record: entry.record });
      last = entry.sequence;
    }
    return { sessions };
  }

  destroyAll(owner: string, options: { except?: string | undefined } = {}): number {
    this.#assertOpen("destroyAll");
    const now = this.#clock();
    const ended = [...(this.#owners.get(owner) ?? [])].filter(
      (entry) => entry.key !== options.except && entry.expiresAt > now,
    );
    for (const entry of ended) this.#drop(entry);
    for (const entry of ended) this.#listeners.tell(entry.key, undefined);
    return ended.length;
  }

  browse(options: BrowseOptions = {}): ListPage {
    this.#assertOpen("browse");
    const { limit = DEFAULT_PAGE, cursor, keyPrefix = "" } = options;
    const start = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(start) || start < 0) return { sessions: [] };
    const end = Math.min(start + MAX_LOOKED_AT, this.#slots.length);
    const now = this.#clock();
    const sessions: ListedRecord[] = [];
    for (let slot = start; slot < end; slot++) {
      const entry = this.#slots.at(slot);
      if (entry === undefined || entry.expiresAt <= now || entry.record.movedTo !== undefined) continue;
      if (!entry.key.startsWith(keyPrefix)) continue;
      if (sessions.length >= limit) return { sessions, next: String(slot) };
      sessions.push({ key: entry.key, record: entry.record });
    }
    return end < this.#slots.length ? { sessions, next: String(end) } : { sessions };
  }

  count(): SessionCount {
    this.#assertOpen("count");
    return { sessions: this.#entries.size - this.#pointers, isEstimate: true };
  }

  sweep(now: number, limit: number): number {
    this.#assertOpen("sweep");
    let count = 0;
    while (count < limit) {
      const first = this.#expiries.first;
      if (first === undefined || first.expiresAt > now) break;
      this.#drop(first);
      count++;
    }
    return count;
  }

  subscribe(listener: EndListener): () => void {
    this.#assertOpen("subscribe");
    return this.#listeners.add(listener);
  }

  close(): void {
    this.#closed = true;
    this.#listeners.clear();
    this.#entries.clear();
    this.#pointers = 0;
    this.#owners.clear();
    this.#slots = new SlotList();
    this.#expiries = new ExpiryHeap();
    this.#anonymous = new RecencyList();
    this.#owned = new RecencyList();
  }

  #assertOpen(operation: string): void {
    if (this.#closed) throw new StoreUnavailableError(this.name, operation, new Error("the store was closed"));
  }

  /** What `load` answers: a live record, or one that a renewal keeps. */
  #unexpired(key: string, operation: string): Entry | undefined {
    this.#assertOpen(operation);
    const entry = this.#entries.get(key);
    return entry !== undefined && entry.record.expiresAt > this.#clock() ? entry : undefined;
  }

  #live(key: string, operation: string): Entry | undefined {
    const entry = this.#unexpired(key, operation);
    return entry?.record.movedTo === undefined ? entry : undefined;
  }

  #recency(entry: Entry): RecencyList<Entry> {
    return entry.record.owner === undefined ? this.#anonymous : this.#owned;
  }

  #add(key: string, record: SessionRecord): void {
    const expired = this.#entries.get(key);
    if (expired) this.#drop(expired);
    const evicted = this.#entries.size >= this.#maxSessions ? this.#makeRoom() : undefined;
    const { expiresAt, owner } = record;
    const sequence = ++this.#sequence;
    const links = { wasUsed: false, older: undefined, newer: undefined };
    const entry: Entry = { key, record, slot: 0, expiresAt, heapIndex: 0, sequence, ...links };
    this.#entries.set(key, entry);
    if (record.movedTo !== undefined) this.#pointers++;
    this.#slots.add(entry);
    this.#expiries.add(entry);
    this.#recency(entry).add(entry);
    if (owner !== undefined) {
      const entries = this.#owners.get(owner);
      if (entries) entries.add(entry);
      else this.#owners.set(owner, new Set([entry]));
    }
    if (evicted) this.#reportEviction(evicted);
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.key);
    if (entry.record.movedTo !== undefined) this.#pointers--;
    this.#slots.remove(entry);
    this.#expiries.remove(entry);
    this.#recency(entry).remove(entry);
    const { owner } = entry.record;
    if (owner === undefined) return;
    const entries = this.#owners.get(owner);
    entries?.delete(entry);
    if (entries?.size === 0) this.#owners.delete(owner);
  }

  /** Drops one record; answers it when it was a live session. */
  #makeRoom(): Entry | undefined {
    const first = this.#expiries.first;
    const hasExpired = first !== undefined && first.expiresAt <= this.#clock();
    const entry = hasExpired ? first : (this.#anonymous.findStalest() ?? this.#owned.findStalest());
    if (entry) this.#drop(entry);
    return hasExpired || entry?.record.movedTo !== undefined ? undefined : entry;
  }

  #reportEviction({ key, record }: Entry): void {
    if (!this.#warned) {
      this.#warned = true;
      warn(
        `The memory store holds its ${this.#maxSessions} sessions and now drops those that were not used lately, visitors before users. ` +
          "Raise memoryStore({ maxSessions }), or use a store that is not bounded by memory: coatcheck/sqlite, coatcheck/redis or coatcheck/postgres.",
      );
    }
    try {
      this.#onEvict?.(key, record.owner);
    } catch (error) {
      warn(`onEvict threw: ${error instanceof Error ? error.message : String(error)}`);
    }
    this.#listeners.tell(key, undefined);
  }
}

function warn(message: string): void {
  process.emitWarning(message, "CoatcheckWarning");
}
