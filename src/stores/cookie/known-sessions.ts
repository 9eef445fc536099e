// Sessions as this process knows them for a while: what requests under way work on, and what keeps parallel ones from
// undoing each other. Of what it knows and what a cookie says, the newer counts: another process may have gone on, or
// this one while the browser still sends an older cookie. Bounded, and lost with the process.
// It knows no encryption and no cookie's text.

import { applyReplacement, commitTo, hasVersion, keptRecord } from "../../core/record/record.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord } from "../../core/record/store.ts";
import { Recent } from "../../core/util/recent.ts";

/** How many sessions each half of the memory holds: at 500 bytes each, some 20 MB in all. */
const SESSIONS = 10_000;
/** A key and nothing else, so that a logout is remembered for long. */
const ENDED = 50_000;
const RENEWED = 1_000;

export class KnownSessions {
  readonly #clock: Clock;
  /** @throws CookieTooLargeError when a record does not fit. */
  readonly #checkSize: (record: SessionRecord) => void;
  readonly #sessions = new Recent<string, SessionRecord>(SESSIONS);
  readonly #ended = new Recent<string, true>(ENDED);
  /** What a renewal keeps under the old key. */
  readonly #renewed = new Recent<string, SessionRecord>(RENEWED);

  constructor(clock: Clock, checkSize: (record: SessionRecord) => void) {
    this.#clock = clock;
    this.#checkSize = checkSize;
  }

  /** Takes a session as a browser's cookie has it. Answers whether anything newer is known, which the browser lacks. */
  take(key: string, record: SessionRecord): boolean {
    const known = this.#sessions.get(key);
    if (known && isNewer(known, record)) return true;
    if (!this.#ended.get(key) && this.#isLive(record)) this.#sessions.set(key, record);
    return false;
  }

  /** A session that a cookie may be issued for, and not what a renewal keeps under the old key. */
  live(key: string): SessionRecord | undefined {
    const record = this.#sessions.get(key);
    return record && this.#isLive(record) ? record : undefined;
  }

  load(key: string): SessionRecord | undefined {
    return this.live(key) ?? this.#kept(key);
  }

  create(key: string, record: SessionRecord): boolean {
    if (this.load(key)) return false;
    this.#checkSize(record);
    this.#ended.delete(key);
    // The caller may go on to write to its map.
    this.#sessions.set(key, { ...record, fields: new Map(record.fields) });
    return true;
  }

  commit(key: string, change: Change): CommitResult {
    const next = commitTo(this.live(key), change);
    if (typeof next === "string") return next;
    this.#checkSize(next);
    this.#sessions.set(key, next);
    return "committed";
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): "committed" | "gone" {
    const record = this.live(oldKey);
    if (!record) return "gone";
    const next = applyReplacement(record, replacement);
    this.#checkSize(next);
    this.#end(oldKey);
    const kept = keptRecord(replacement, newKey);
    if (kept) this.#renewed.set(oldKey, kept);
    this.#sessions.set(newKey, next);
    return "committed";
  }

  destroy(key: string, ifVersion: number | undefined): boolean {
    const record = this.live(key);
    if (!record || !hasVersion(record, ifVersion)) return false;
    this.#end(key);
    return true;
  }

  #kept(key: string): SessionRecord | undefined {
    const record = this.#renewed.get(key);
    return record && this.#isLive(record) ? record : undefined;
  }

  #isLive(record: SessionRecord): boolean {
    return record.expiresAt > this.#clock();
  }

  #end(key: string): void {
    this.#sessions.delete(key);
    this.#ended.set(key, true);
  }
}

/** A touch moves the expiry alone. */
function isNewer(a: SessionRecord, b: SessionRecord): boolean {
  return a.version === b.version ? a.expiresAt > b.expiresAt : a.version > b.version;
}
