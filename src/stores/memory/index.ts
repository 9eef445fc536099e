// Sessions in this process's memory: for tests, for development, and for one server whose visitors may be logged out by
// a restart. It knows no cookie, no file and no timer; the manager calls `sweep`.
import { createEndListeners } from "../../core/admin/end-listeners.ts";
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import { DataRefusedError, StoreUnavailableError } from "../../core/errors.ts";
import { applyReplacement, commitTo, hasVersion, keptRecord, movedTo } from "../../core/record/record.ts";
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
} from "../../core/record/store.ts";
import { checkOptions, functionOption, type OptionChecks, wholeNumberOption } from "../../core/util/option-checks.ts";
import { type Expiring, ExpiryHeap } from "./expiry-heap.ts";
import { type OwnerGroup, OwnerGroups, type Sized } from "./owner-groups.ts";
import { type Linked, RecencyList } from "./recency-list.ts";
import { SlotList, type Slotted } from "./slot-list.ts";

export interface MemoryStoreOptions {
  /**
   * How many records are held at most; default 100,000. One more drops another, with a warning of the process at the first
   * time (SECURITY-BAR S32): the oldest of its own owner, if that owner has more than a fair share; else a session
   * without an owner that was not used lately; else the oldest of the owner with the most, if that is more than a fair
   * share; else any that was not used lately. A fair share is the limit divided by the number of owners.
   */
  readonly maxSessions?: number | undefined;
  /**
   * How many bytes the records may take together, by an estimate: their texts in UTF-8, and 500 bytes for each record.
   * Default 256 MB (268,435,456). What does not fit drops others, as above. A single session that is larger is refused.
   */
  readonly maxBytes?: number | undefined;
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
  maxBytes: wholeNumberOption(1),
  clock: functionOption,
  onEvict: functionOption,
};
const DEFAULT_MAX_SESSIONS = 100_000;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** What a record takes beside its texts, in bytes: its places in the store's lists. */
const BYTES_A_RECORD = 500;
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
  return new Memory(options);
}

/** A record with its places: among all, among the expiries, among the uses, and among its owner's. */
interface Entry extends Slotted, Expiring, Linked<Entry>, Sized {
  readonly key: string;
  /** Replaced as a whole by a commit: who has it keeps a snapshot. */
  record: SessionRecord;
  /** Grows with every entry; where a page of an owner's list goes on. */
  readonly sequence: number;
}

const NONE: readonly Entry[] = [];

class Memory implements MemoryStore {
  readonly name = "memory";
  readonly #maxSessions: number;
  readonly #maxBytes: number;
  readonly #clock: Clock;
  readonly #onEvict: MemoryStoreOptions["onEvict"];
  readonly #listeners = createEndListeners("the memory store");
  readonly #entries = new Map<string, Entry>();
  /** Each owner's entries in order of their sequence. */
  #owners = new OwnerGroups<Entry>();
  /** All entries, each in a slot of its own: where a page of everyone's sessions goes on. */
  #slots = new SlotList<Entry>();
  #expiries = new ExpiryHeap<Entry>();
  #anonymous = new RecencyList<Entry>();
  #owned = new RecencyList<Entry>();
  #sequence = 0;
  #bytes = 0;
  /** How many entries say only where a session has moved to. */
  #pointers = 0;
  #warned = false;
  #closed = false;

  constructor({ maxSessions, maxBytes, clock = Date.now, onEvict }: MemoryStoreOptions) {
    this.#maxSessions = maxSessions ?? DEFAULT_MAX_SESSIONS;
    this.#maxBytes = maxBytes ?? DEFAULT_MAX_BYTES;
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
    this.#refuseTooLarge(bytesOf(key, record), "create");
    // The caller may go on to write to its map.
    this.#add(key, { ...record, fields: new Map(record.fields) });
    return true;
  }

  commit(key: string, change: Change): CommitResult {
    const entry = this.#live(key, "commit");
    if (!entry) return "gone";
    const next = commitTo(entry.record, change);
    if (typeof next === "string") return next;
    const bytes = entry.bytes + growthBy(entry.record, change);
    this.#refuseTooLarge(bytes, "commit");
    entry.record = next;
    entry.wasUsed = true;
    this.#resize(entry, bytes);
    if (entry.expiresAt !== entry.record.expiresAt) {
      entry.expiresAt = entry.record.expiresAt;
      this.#expiries.moved(entry);
    }
    return "committed";
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): "committed" | "gone" {
    const old = this.#live(oldKey, "replace");
    if (!old) return "gone";
    const next = applyReplacement(old.record, replacement);
    this.#refuseTooLarge(bytesOf(newKey, next), "replace");
    this.#drop(old);
    const kept = keptRecord(replacement, newKey);
    if (kept) this.#add(oldKey, kept);
    this.#add(newKey, next);
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
    for (const entry of this.#owners.get(owner)?.items ?? []) {
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
    const ended = [...(this.#owners.get(owner)?.items ?? [])].filter(
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
    this.#bytes = 0;
    this.#owners = new OwnerGroups();
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
    const bytes = bytesOf(key, record);
    const { expiresAt, owner } = record;
    const evicted = this.#makeRoom(owner, 1, bytes);
    const sequence = ++this.#sequence;
    const links = { wasUsed: false, older: undefined, newer: undefined };
    const entry: Entry = { key, record, slot: 0, expiresAt, heapIndex: 0, sequence, bytes, ...links };
    this.#entries.set(key, entry);
    if (record.movedTo !== undefined) this.#pointers++;
    this.#slots.add(entry);
    this.#expiries.add(entry);
    this.#recency(entry).add(entry);
    if (owner !== undefined) this.#owners.add(owner, entry);
    this.#bytes += bytes;
    for (const each of evicted) this.#reportEviction(each);
  }

  /** A commit has changed how much a record takes. The record itself is not dropped for it. */
  #resize(entry: Entry, bytes: number): void {
    const growth = bytes - entry.bytes;
    if (growth === 0) return;
    const { owner } = entry.record;
    const group = owner === undefined ? undefined : this.#owners.get(owner);
    if (group) group.bytes += growth;
    entry.bytes = bytes;
    this.#bytes += growth;
    if (this.#bytes <= this.#maxBytes) return;
    const recency = this.#recency(entry);
    recency.remove(entry);
    const evicted = this.#makeRoom(owner, 0, 0, entry);
    recency.add(entry);
    entry.wasUsed = true;
    for (const each of evicted) this.#reportEviction(each);
  }

  #refuseTooLarge(bytes: number, operation: string): void {
    if (bytes <= this.#maxBytes) return;
    throw new DataRefusedError(
      this.name,
      operation,
      `A session must be smaller than memoryStore's maxBytes, ${this.#maxBytes}.`,
    );
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry.key);
    if (entry.record.movedTo !== undefined) this.#pointers--;
    this.#slots.remove(entry);
    this.#expiries.remove(entry);
    this.#recency(entry).remove(entry);
    this.#bytes -= entry.bytes;
    const { owner } = entry.record;
    if (owner !== undefined) this.#owners.remove(owner, entry);
  }

  /**
   * Drops records until so many more fit.
   * @param owner For whom.
   * @param kept Is not dropped.
   * @returns Those that were live sessions.
   */
  #makeRoom(owner: string | undefined, records: number, bytes: number, kept?: Entry): readonly Entry[] {
    let evicted: Entry[] | undefined;
    while (this.#entries.size + records > this.#maxSessions || this.#bytes + bytes > this.#maxBytes) {
      const first = this.#expiries.first;
      const hasExpired = first !== undefined && first !== kept && first.expiresAt <= this.#clock();
      const entry = hasExpired ? first : this.#leastMissed(owner, kept);
      if (!entry) break;
      this.#drop(entry);
      if (hasExpired || entry.record.movedTo !== undefined) continue;
      evicted ??= [];
      evicted.push(entry);
    }
    return evicted ?? NONE;
  }

  #leastMissed(owner: string | undefined, kept: Entry | undefined): Entry | undefined {
    return (
      this.#oldestOver(owner === undefined ? undefined : this.#owners.get(owner), kept) ??
      this.#anonymous.findStalest() ??
      this.#oldestOver(this.#owners.largest, kept) ??
      this.#owned.findStalest()
    );
  }

  /** The oldest of an owner who has more than a fair share; otherwise one account could log everybody else out. */
  #oldestOver(group: OwnerGroup<Entry> | undefined, kept: Entry | undefined): Entry | undefined {
    if (!group) return undefined;
    const { count } = this.#owners;
    const isOver = group.items.size > this.#maxSessions / count || group.bytes > this.#maxBytes / count;
    if (isOver) for (const entry of group.items) if (entry !== kept) return entry;
    return undefined;
  }

  #reportEviction({ key, record }: Entry): void {
    if (!this.#warned) {
      this.#warned = true;
      warn(
        `The memory store holds its ${this.#maxSessions} sessions, or ${this.#maxBytes} bytes, and now drops those that were not used lately, visitors before users. ` +
          "Raise memoryStore({ maxSessions, maxBytes }), or use a store that is not bounded by memory: coatcheck/sqlite, coatcheck/redis or coatcheck/postgres.",
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

/** Estimated. */
function bytesOf(key: string, { fields, owner }: SessionRecord): number {
  let bytes = BYTES_A_RECORD + key.length + Buffer.byteLength(owner ?? "");
  for (const [name, text] of fields) bytes += fieldBytes(name, text);
  return bytes;
}

function growthBy({ fields }: SessionRecord, { set, remove }: Change): number {
  let bytes = 0;
  for (const [name, text] of set) bytes += fieldBytes(name, text) - fieldBytes(name, fields.get(name));
  for (const name of remove) bytes -= fieldBytes(name, fields.get(name));
  return bytes;
}

function fieldBytes(name: string, text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(name) + Buffer.byteLength(text);
}

function warn(message: string): void {
  process.emitWarning(message, "CoatcheckWarning");
}
