// What laws 2, 4, 5 and 7 ask of stores that can show everyone's sessions: every live one, nothing else, and no pattern.
// A store may hold sessions of earlier cases, so a case looks for its own among them.
import assert from "node:assert/strict";
import type { BrowseOptions, ListPage, SessionCount, SessionRecord, SessionStore } from "../../core/record/store.ts";
import {
  assertSameRecord,
  change,
  created,
  createdMany,
  loaded,
  newKey,
  newKeys,
  newOwner,
  range,
  record,
  replacement,
  storeAt,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";
import { HOSTILE } from "./opaque.ts";

export const browsingCases: readonly CaseDefinition[] = [
  { law: 5, name: "the harness says truly whether the store can browse and count", run: saysTruly },
  {
    law: 5,
    name: "browse finds every live session, each with its record, whatever the limit of its pages",
    needs: ["browse"],
    run: findsAll,
  },
  { law: 5, name: "a page of browse without a limit has at most 100", needs: ["browse"], run: pagesByDefault },
  {
    law: 5,
    name: "pages of browse stay right while sessions begin and end",
    needs: ["browse"],
    run: pagesWhileChanging,
  },
  { law: 2, name: "browse gives a session under its present key only", needs: ["browse"], run: givesPresentKeys },
  { law: 4, name: "browse gives nothing that has expired", needs: ["browse"], run: givesNothingExpired },
  { law: 5, name: "in the order recent, what expires last comes first", needs: ["browse"], run: keepsOrder },
  { law: 7, name: "browse takes a prefix of keys as plain text", needs: ["browse"], run: takesPrefixes },
  { law: 7, name: "hostile cursors of browse are no more than wrong", needs: ["browse"], run: survivesCursors },
  { law: 5, name: "count counts live sessions, or says that it estimates", needs: ["browse"], run: counts },
];

/** An earlier case may have left some, and a page may be empty. */
const MAX_PAGES = 20_000;
/** Longer keys are no store's duty. */
const MAX_HOSTILE_LENGTH = 200;

async function page(store: SessionStore, options?: BrowseOptions): Promise<ListPage> {
  assert.ok(store.browse, "the store can browse");
  return store.browse(options);
}

async function count(store: SessionStore): Promise<SessionCount> {
  assert.ok(store.count, "the store can count");
  return store.count();
}

/** Drops what earlier cases left to expire, so that pages of one need not go past all of it. */
async function tidy({ store, clock }: Fixture): Promise<void> {
  await store.sweep(clock(), 1_000_000);
}

/** All pages, each asked of another process, where there are several. */
export async function browseAll(
  fixture: Pick<Fixture, "store" | "stores">,
  options: Omit<BrowseOptions, "cursor"> = {},
): Promise<Map<string, SessionRecord>> {
  const found = new Map<string, SessionRecord>();
  let cursor: string | undefined;
  let pages = 0;
  do {
    assert.ok(++pages <= MAX_PAGES, "the pages come to an end");
    const { sessions, next } = await page(storeAt(fixture, pages), { ...options, cursor });
    assert.ok(sessions.length <= (options.limit ?? 100), "no more a page than its limit");
    assert.equal(new Set(sessions.map(({ key }) => key)).size, sessions.length, "no session twice on a page");
    for (const { key, record } of sessions) {
      if (isOrdered(fixture.store, options)) assert.ok(!found.has(key), "no session comes twice");
      found.set(key, record);
    }
    cursor = next;
  } while (cursor !== undefined);
  return found;
}

function isOrdered({ browseOrder }: SessionStore, { keyPrefix }: BrowseOptions): boolean {
  return browseOrder === "recent" && keyPrefix === undefined;
}

/** The keys of these that were found, sorted. */
function among(keys: readonly string[], found: ReadonlyMap<string, unknown>): string[] {
  return keys.filter((key) => found.has(key)).sort();
}

async function saysTruly({ harness, store }: Fixture): Promise<void> {
  const browses = harness.browses ?? false;
  assert.deepEqual([store.browse !== undefined, store.count !== undefined], [browses, browses], "harness.browses");
}

async function findsAll(fixture: Fixture): Promise<void> {
  await tidy(fixture);
  const expected = new Map(
    range(23).map((i) => {
      const owner = i % 2 ? newOwner() : undefined;
      return [newKey(), record(fixture, { n: String(i) }, { owner, expiresAt: fixture.later() + (i % 5) })] as const;
    }),
  );
  for (const [key, given] of expected) await fixture.store.create(key, given);
  for (const options of [{ limit: 1 }, { limit: 3 }, { limit: 100 }, { limit: 3, keyPrefix: "" }, {}]) {
    const found = await browseAll(fixture, options);
    for (const [key, given] of expected) assertSameRecord(found.get(key), given, JSON.stringify(options));
  }
  const [first = ""] = expected.keys();
  await fixture.store.commit(first, change({ n: "changed" }, { expiresAt: fixture.later() + 60_000 }));
  assertSameRecord((await browseAll(fixture)).get(first), await loaded(fixture.store, first));
}

async function pagesByDefault(fixture: Fixture): Promise<void> {
  const keys = await createdMany(fixture, 130);
  const first = await page(fixture.store);
  assert.ok(first.sessions.length <= 100);
  assert.notEqual(first.next, undefined);
  assert.deepEqual(among(keys, await browseAll(fixture)), [...keys].sort());
}

async function pagesWhileChanging(fixture: Fixture): Promise<void> {
  const keys = await createdMany(fixture, 60);
  const [stable, doomed] = [keys.filter((_, i) => i % 3 !== 0), keys.filter((_, i) => i % 3 === 0)];
  const [ended, found] = [new Set<string>(), new Map<string, number>()];
  let cursor: string | undefined;
  for (let pages = 0; pages === 0 || cursor !== undefined; pages++) {
    assert.ok(pages < MAX_PAGES, "the pages come to an end");
    const { sessions, next } = await page(fixture.store, { limit: 7, cursor });
    for (const { key } of sessions) {
      assert.ok(!ended.has(key), "what was destroyed before a page is not on it");
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    for (const key of [doomed.pop(), doomed.shift()]) {
      if (key !== undefined && (await storeAt(fixture, pages).destroy(key))) ended.add(key);
    }
    if (pages < 8) await createdMany(fixture, 2);
    cursor = next;
  }
  const isOnce = isOrdered(fixture.store, {});
  for (const key of stable) {
    const times = found.get(key) ?? 0;
    assert.ok(isOnce ? times === 1 : times >= 1, `what lived all the time comes once, and not ${times} times`);
  }
}

async function givesPresentKeys(fixture: Fixture): Promise<void> {
  await tidy(fixture);
  const owner = newOwner();
  const [destroyed = "", ended = "", moved = "", kept = ""] = await createdMany(fixture, 4, { owner });
  const [movedTo = "", keptTo = ""] = newKeys(2);
  await fixture.store.replace(moved, movedTo, replacement(fixture, { owner }));
  const keepOldUntil = fixture.later() - 1_000;
  await fixture.store.replace(kept, keptTo, replacement(fixture, { owner, keepOldUntil }));
  await fixture.store.destroy(destroyed);
  const [spared = ""] = await createdMany(fixture, 1, { owner: newOwner() });
  const all = [destroyed, ended, moved, kept, movedTo, keptTo, spared];
  for (const options of [{}, { limit: 1 }, { keyPrefix: "" }, { limit: 1, keyPrefix: kept }]) {
    const found = among(all, await browseAll(fixture, options));
    const expected = options.keyPrefix === kept ? [] : [ended, movedTo, keptTo, spared];
    assert.deepEqual(found, expected.sort(), JSON.stringify(options));
  }
  await fixture.store.destroyAll(owner);
  assert.deepEqual(among(all, await browseAll(fixture)), [spared]);
}

async function givesNothingExpired(fixture: Fixture): Promise<void> {
  await tidy(fixture);
  const expiresAt = fixture.soon();
  const expired = await createdMany(fixture, 9, { expiresAt });
  const live = await createdMany(fixture, 4);
  const [touched = ""] = await createdMany(fixture, 1, { expiresAt });
  await fixture.store.commit(touched, change({}, { expiresAt: fixture.later() }));
  await fixture.until(expiresAt);
  for (const options of [{ limit: 3 }, { limit: 3, keyPrefix: "" }]) {
    const found = among([...expired, ...live, touched], await browseAll(fixture, options));
    assert.deepEqual(found, [...live, touched].sort(), JSON.stringify(options));
  }
}

async function keepsOrder(fixture: Fixture): Promise<void> {
  if (!isOrdered(fixture.store, {})) return;
  await tidy(fixture);
  const keys: string[] = [];
  for (const later of [3, 1, 4, 0, 2]) {
    keys[later] = await created(fixture, {}, { expiresAt: fixture.later() + 1_000 * later });
  }
  const renewed = newKey();
  const expiresAt = fixture.later() + 10_000;
  await fixture.store.replace(keys.shift() ?? "", renewed, replacement(fixture, { expiresAt }));
  for (const limit of [1, 2, 100]) {
    const found = [...(await browseAll(fixture, { limit })).keys()].filter(
      (key) => key === renewed || keys.includes(key),
    );
    assert.deepEqual(found, [renewed, ...keys.toReversed()], `pages of ${limit}`);
  }
}

async function takesPrefixes(fixture: Fixture): Promise<void> {
  const base = newKey().slice(0, 30);
  const endings = ["", ...HOSTILE].filter(({ length }) => length <= MAX_HOSTILE_LENGTH);
  const keys = endings.flatMap((ending) => [`${base}${ending}`, `${base}${ending}.`]);
  for (const key of keys) assert.equal(await fixture.store.create(key, record(fixture)), true, JSON.stringify(key));
  await created(fixture);
  const foreign = [base.toLowerCase(), `*${base}`, `%${base}`, ` ${base}`, `${base}~none`, `${base}*none`, newKey()];
  for (const keyPrefix of [...keys, ...foreign.filter((each) => each !== base)]) {
    const found = [...(await browseAll(fixture, { keyPrefix })).keys()].sort();
    assert.deepEqual(found, keys.filter((key) => key.startsWith(keyPrefix)).sort(), JSON.stringify(keyPrefix));
  }
  const one = [...(await browseAll(fixture, { keyPrefix: base, limit: 1 })).keys()];
  assert.deepEqual(one.sort(), [...keys].sort(), "one a page");
}

async function survivesCursors(fixture: Fixture): Promise<void> {
  const keys = await createdMany(fixture, 5);
  const { next = "" } = await page(fixture.store, { limit: 1 });
  const tampered = [`${next}0`, next.slice(1), next.slice(0, -1), `${next}:${next}`, [...next].reverse().join("")];
  const numbers = ["-1", "9".repeat(30), "1e400", "NaN", "Infinity:", "1.5:", `${2 ** 60}:x`, ":", "::", "-1:"];
  const shapes = ['["","0"]', '["","99999999999999999999"]', '["~","5","*"]', "[]", "{}", "null", '["","1",1]'];
  const encoded = [...shapes, ...HOSTILE].map((text) => Buffer.from(text).toString("base64url"));
  for (const cursor of ["", ...HOSTILE, ...tampered, ...numbers, ...shapes, ...encoded, ...keys]) {
    for (const options of [
      { cursor, limit: 5 },
      { cursor, limit: 5, keyPrefix: keys[0] },
    ]) {
      // Refused by an error of its own, or answered with some page of live sessions; but the store is not out.
      const answer = await page(fixture.store, options).catch((error: unknown) => String(error));
      assert.ok(
        typeof answer !== "string" || !answer.includes("StoreUnavailable"),
        `${cursor.slice(0, 60)}: ${answer}`,
      );
      if (typeof answer === "string") continue;
      assert.ok(answer.sessions.length <= 5);
      for (const { key, record } of answer.sessions) assertSameRecord(record, await loaded(fixture.store, key));
    }
  }
  assert.deepEqual(among(keys, await browseAll(fixture)), [...keys].sort(), "all sessions are still there");
}

async function counts(fixture: Fixture): Promise<void> {
  const expiresAt = fixture.soon();
  await createdMany(fixture, 7, { expiresAt });
  await createdMany(fixture, 40);
  const kept = await created(fixture);
  await fixture.store.replace(kept, newKey(), replacement(fixture, { keepOldUntil: fixture.later() - 1_000 }));
  await fixture.until(expiresAt);
  for (const store of fixture.stores) {
    const { sessions, isEstimate } = await count(store);
    assert.ok(Number.isSafeInteger(sessions) && sessions > 0, "a whole number, and not none");
    if (!isEstimate) assert.equal(sessions, (await browseAll(fixture)).size, "an exact count is exact");
  }
}
