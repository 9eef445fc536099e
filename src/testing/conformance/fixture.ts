// The fixture of the cases: the stores of one case, and short words to build records and changes and to race calls.
// It knows the contract, and no store.
import assert from "node:assert/strict";
import { setImmediate as macrotask, setTimeout as sleep } from "node:timers/promises";
import type { Awaitable, Change, Replacement, SessionRecord, SessionStore } from "../../core/record/store.ts";
import { generateId, keyOfId } from "../../core/request/session-id.ts";
import { fakeClock } from "../fake-clock.ts";
import type { CaseDefinition, Fixture, StoreHarness } from "./harness.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** By how much two clocks that agree may differ, and a timer come early, in ms. */
const CLOCK_SLACK = 5;
/** A case that is late with records that live as long has failed, in ms. */
const LONGEST_LIFE = 60_000;
/** How long what must not happen is waited for, in ms. */
export const QUIET = 60;
/** No list of a case is longer, even with one session a page. */
const MAX_PAGES = 2_000;
/** How often a race is run by the cases that name one. */
const ROUNDS = 30;

/** Cases may share their data: each begins a day later, when what earlier ones left has expired. */
let daysBegun = 0;

/**
 * Runs a case on stores of its own. By a real clock, a slow machine can be late: what a case does with a short-lived record
 * then happens after its expiry, and proves nothing. Such a run is repeated with records that live longer.
 */
export async function runWithFixture(harness: StoreHarness, definition: CaseDefinition): Promise<void> {
  if (harness.time === "fake") {
    const clock = fakeClock(Date.now() + ++daysBegun * DAY);
    const life = harness.shortLife ?? 1_000;
    const until = async (moment: number): Promise<void> => clock.set(Math.max(clock(), moment));
    return runOnce(harness, definition, { clock, until, soon: () => clock() + life });
  }
  for (let life = harness.shortLife ?? 400; ; life *= 2) {
    const time = new RealTime(life);
    try {
      return await runOnce(harness, definition, time);
    } catch (error) {
      if (!time.wasLate() || life > LONGEST_LIFE) throw error;
    }
  }
}

/** Makes the stores of a case, runs it, and closes them, whatever became of it. */
async function runOnce(
  harness: StoreHarness,
  definition: CaseDefinition,
  { clock, until, soon }: Pick<Fixture, "clock" | "until" | "soon">,
): Promise<void> {
  const store = await harness.createStore(clock);
  const stores = [store];
  try {
    if (harness.another) stores.push(await harness.another(store, clock));
    await definition.run({ harness, store, stores, clock, until, soon, later: () => clock() + HOUR });
  } finally {
    for (const opened of stores) await opened.close();
  }
}

/** The machine's clock, and whether a case was too slow for the short life of its records. */
class RealTime {
  readonly clock = Date.now;
  readonly #life: number;
  /** When records end that the case has not waited for yet. */
  #expiries: number[] = [];
  #wasLate = false;

  constructor(life: number) {
    this.#life = life;
  }

  readonly soon = (): number => {
    const expiresAt = Date.now() + this.#life;
    this.#expiries.push(expiresAt);
    return expiresAt;
  };

  readonly until = async (moment: number): Promise<void> => {
    if (this.wasLate()) this.#wasLate = true;
    this.#expiries = this.#expiries.filter((expiresAt) => expiresAt > moment);
    while (Date.now() < moment + CLOCK_SLACK) await sleep(moment + CLOCK_SLACK - Date.now());
  };

  /** Whether a record expired before the case waited for it. */
  wasLate(): boolean {
    return this.#wasLate || this.#expiries.some((expiresAt) => expiresAt <= Date.now() + CLOCK_SLACK);
  }
}

/** A key as sessions have it. */
export function newKey(): string {
  return keyOfId(generateId());
}

export function newKeys(count: number): string[] {
  return Array.from({ length: count }, newKey);
}

/** An owner that no other case has. */
export function newOwner(): string {
  return `owner-${generateId().slice(0, 12)}`;
}

export type Fields = Readonly<Record<string, string>>;

/** A record with these fields that outlives the case, if nothing else is said. */
export function record(fixture: Fixture, fields: Fields = {}, more: Partial<SessionRecord> = {}): SessionRecord {
  return {
    fields: new Map(Object.entries(fields)),
    createdAt: fixture.clock(),
    expiresAt: fixture.later(),
    owner: undefined,
    version: 1,
    ...more,
  };
}

/** A change that leaves the expiry as it is, if nothing else is said. */
export function change(set: Fields = {}, more: Partial<Change> = {}): Change {
  return { set: new Map(Object.entries(set)), remove: new Set(), expiresAt: 0, ...more };
}

export function replacement(fixture: Fixture, more: Partial<Replacement> = {}): Replacement {
  return {
    set: new Map(),
    remove: new Set(),
    createdAt: fixture.clock(),
    expiresAt: fixture.later(),
    owner: undefined,
    ...more,
  };
}

/** Creates a session and answers its key. */
export async function created(
  fixture: Fixture,
  fields: Fields = {},
  more: Partial<SessionRecord> = {},
): Promise<string> {
  const key = newKey();
  assert.equal(
    await fixture.store.create(key, record(fixture, fields, more)),
    true,
    "create of a new key answers true",
  );
  return key;
}

export function createdMany(fixture: Fixture, count: number, more: Partial<SessionRecord> = {}): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => created(fixture, { n: String(i) }, more)));
}

/** The live record of a key; fails when there is none. */
export async function loaded(store: SessionStore, key: string): Promise<SessionRecord> {
  const found = await store.load(key);
  assert.ok(found, "the record is live");
  return found;
}

/** All that a store does with a key whose session has ended: it is absent for every call but `create`. */
export async function assertGone(store: SessionStore, key: string, fixture: Fixture): Promise<void> {
  assert.equal(await store.load(key), undefined, "load answers undefined");
  assert.equal(await store.commit(key, change({ revived: "1" }, { expiresAt: fixture.later() })), "gone");
  assert.equal(await store.commit(key, change({}, { expiresAt: fixture.later() })), "gone", "a touch answers gone");
  const newest = newKey();
  assert.equal(await store.replace(key, newest, replacement(fixture)), "gone");
  assert.equal(await store.load(newest), undefined, "a replace of what is gone stores nothing");
  assert.equal(await store.destroy(key), false, "destroy answers false");
  assert.equal(await store.load(key), undefined, "load still answers undefined");
}

/** Two records alike in everything, wherever their fields are in another order. */
export function assertSameRecord(actual: SessionRecord | undefined, expected: SessionRecord, message?: string): void {
  assert.deepEqual(actual && plain(actual), plain(expected), message);
}

function plain(record: SessionRecord): object {
  const { fields, createdAt, expiresAt, owner, version, movedTo } = record;
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return { fields: sorted, createdAt, expiresAt, owner, version, movedTo };
}

/** The fields as an object without a prototype. */
export function fieldsOf(record: SessionRecord): Record<string, string> {
  return Object.assign(Object.create(null), Object.fromEntries(record.fields));
}

export function assertFields(actual: SessionRecord, expected: Fields, message?: string): void {
  assert.deepEqual(fieldsOf(actual), Object.assign(Object.create(null), expected), message);
}

/** All pages of an owner. */
export async function listAll(store: SessionStore, owner: string, limit?: number): Promise<Map<string, SessionRecord>> {
  const found = new Map<string, SessionRecord>();
  let cursor: string | undefined;
  let pages = 0;
  do {
    assert.ok(++pages <= MAX_PAGES, "the pages come to an end");
    const page = await store.list(owner, { limit, cursor });
    for (const { key, record } of page.sessions) {
      assert.ok(!found.has(key), "no session is listed twice");
      found.set(key, record);
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

export async function assertListed(store: SessionStore, owner: string, keys: readonly string[]): Promise<void> {
  assert.deepEqual([...(await listAll(store, owner)).keys()].sort(), [...keys].sort(), "the owner's live sessions");
}

type Calls<Results extends readonly unknown[]> = {
  readonly [Index in keyof Results]: (store: SessionStore) => Awaitable<Results[Index]>;
};

/**
 * Starts calls together, spread over the stores, and answers their results in the order given. The round decides which
 * of them starts how many turns of the event loop after the first, so that rounds meet at different points.
 */
export async function race<Results extends readonly unknown[]>(
  fixture: Fixture,
  round: number,
  calls: Calls<Results>,
): Promise<Results> {
  const stride = 1 + Math.floor(round / calls.length);
  const results = await Promise.all(
    calls.map(async (call, index) => {
      await turns((index * stride + round) % calls.length);
      return call(storeAt(fixture, index + round));
    }),
  );
  return results as unknown as Results;
}

export function storeAt({ stores, store }: Pick<Fixture, "store" | "stores">, index: number): SessionStore {
  return stores[index % stores.length] ?? store;
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await macrotask();
}

/** Runs every round of a race, all at the same time: on a real server they get into each other's way. */
export async function rounds(run: (round: number) => Promise<void>): Promise<void> {
  await Promise.all(range(ROUNDS).map(run));
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Waits until something is so; fails after a second, which is what a listener may take. */
export async function within1Second(what: string, isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 1_000;
  while (!isSo()) {
    assert.ok(Date.now() < deadline, `within a second: ${what}`);
    await sleep(2);
  }
}
