// Law 5: list and destroyAll find every live session of an owner.
import assert from "node:assert/strict";
import type { SessionStore } from "../../core/record/store.ts";
import {
  assertGone,
  assertListed,
  assertSameRecord,
  change,
  created,
  createdMany,
  listAll,
  loaded,
  newKey,
  newOwner,
  race,
  range,
  record,
  replacement,
  rounds,
  storeAt,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const ownerCases: readonly CaseDefinition[] = [
  { law: 5, name: "list finds every session of the owner, each with its record", run: listsRecords },
  { law: 5, name: "list and destroyAll of an owner without sessions find none", run: findsNone },
  { law: 5, name: "list gives at most limit a page and each session exactly once over all pages", run: pages },
  { law: 5, name: "a page without a limit has at most 100 sessions", run: pagesByDefault },
  { law: 5, name: "pages stay right while sessions are added and destroyed", run: pagesWhileChanging },
  { law: 5, name: "a session is found under the owner that replace gave it, and under no other", run: followsOwner },
  { law: 5, name: "destroyAll ends all sessions of the owner, spares the excepted one and counts", run: endsAllButOne },
  { law: 5, name: "destroyAll ends 1,000 sessions and no one else's", run: endsThousand },
  { law: 5, name: "no session slips through a destroyAll by getting a new ID meanwhile", run: escapesNot },
  { law: 5, name: "parallel destroyAlls count every session once", run: countsOnce },
  { law: 5, name: "parallel creates of one owner are all found", run: findsParallelCreates },
];

async function listsRecords(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const expected = new Map(
    range(5).map((i) => [newKey(), record(fixture, { n: String(i), same: "1" }, { owner, version: i })] as const),
  );
  for (const [key, given] of expected) await fixture.store.create(key, given);
  await created(fixture, {}, { owner: newOwner() });
  await created(fixture);
  for (const store of fixture.stores) {
    const found = await listAll(store, owner);
    assert.equal(found.size, 5);
    for (const [key, given] of expected) assertSameRecord(found.get(key), given);
  }
  const [first] = expected.keys();
  await fixture.store.commit(first ?? "", change({ n: "changed" }));
  assertSameRecord((await listAll(fixture.store, owner)).get(first ?? ""), await loaded(fixture.store, first ?? ""));
}

async function findsNone({ store }: Fixture): Promise<void> {
  const { sessions, next } = await store.list(newOwner());
  assert.deepEqual([sessions.length, next], [0, undefined]);
  assert.equal(await store.destroyAll(newOwner()), 0);
  assert.equal(await store.destroyAll(newOwner(), { except: newKey() }), 0);
}

async function pages(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(fixture, 23, { owner });
  for (const limit of [1, 7, 22, 23, 24]) {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await fixture.store.list(owner, { limit, cursor });
      assert.ok(page.sessions.length <= limit, `at most ${limit} a page`);
      found.push(...page.sessions.map(({ key }) => key));
      cursor = page.next;
    } while (cursor !== undefined && found.length < 100);
    assert.deepEqual(found.sort(), [...keys].sort(), `pages of ${limit}`);
  }
}

async function pagesByDefault(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(fixture, 130, { owner });
  const page = await fixture.store.list(owner);
  assert.ok(page.sessions.length <= 100);
  assert.notEqual(page.next, undefined);
  await assertListed(fixture.store, owner, keys);
}

async function pagesWhileChanging(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(fixture, 60, { owner });
  const [stable, doomed] = [keys.filter((_, i) => i % 3 !== 0), keys.filter((_, i) => i % 3 === 0)];
  const [ended, found] = [new Set<string>(), new Map<string, number>()];
  let cursor: string | undefined;
  for (let page = 0; page === 0 || cursor !== undefined; page++) {
    assert.ok(page < 200, "the pages come to an end");
    const { sessions, next } = await fixture.store.list(owner, { limit: 7, cursor });
    for (const { key } of sessions) {
      assert.ok(!ended.has(key), "what was destroyed before a page is not on it");
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    // From both ends, so that listed and not yet listed ones are among them; and a few are added, as long as few.
    for (const key of [doomed.pop(), doomed.shift()]) {
      if (key !== undefined && (await storeAt(fixture, page).destroy(key))) ended.add(key);
    }
    if (page < 8) await createdMany(fixture, 2, { owner });
    cursor = next;
  }
  for (const key of stable) assert.equal(found.get(key), 1, "what lived all the time is listed exactly once");
  for (const count of found.values()) assert.equal(count, 1, "and nothing twice");
}

async function followsOwner(fixture: Fixture): Promise<void> {
  const [ann, bob] = [newOwner(), newOwner()];
  const [first, second, third] = [await created(fixture), newKey(), newKey()];
  await fixture.store.replace(first, second, replacement(fixture, { owner: ann }));
  await assertListed(fixture.store, ann, [second]);
  await fixture.store.replace(second, third, replacement(fixture, { owner: bob }));
  await assertListed(fixture.store, ann, []);
  await assertListed(fixture.store, bob, [third]);
  assert.equal(await fixture.store.destroyAll(ann), 0, "it is no longer this owner's to end");
  assert.ok(await fixture.store.load(third));
  assert.equal(await fixture.store.destroyAll(bob), 1);
  await assertGone(fixture.store, third, fixture);
}

async function endsAllButOne(fixture: Fixture): Promise<void> {
  const [owner, another] = [newOwner(), newOwner()];
  const keys = await createdMany(fixture, 5, { owner });
  const [spared, foreign, anonymous] = [
    keys[2] ?? "",
    await created(fixture, {}, { owner: another }),
    await created(fixture),
  ];
  assert.equal(await fixture.store.destroyAll(owner, { except: spared }), 4);
  for (const key of keys) {
    if (key !== spared) await assertGone(fixture.store, key, fixture);
  }
  await assertListed(fixture.store, owner, [spared]);
  assert.equal(await fixture.store.destroyAll(owner, { except: spared }), 0);
  assert.equal(await fixture.store.destroyAll(owner, { except: foreign }), 1, "another's session excepts nothing");
  for (const key of [foreign, anonymous]) assert.ok(await fixture.store.load(key));
  await assertListed(fixture.store, another, [foreign]);
}

async function endsThousand(fixture: Fixture): Promise<void> {
  const [owner, another] = [newOwner(), newOwner()];
  const keys = await createdMany(fixture, 1_000, { owner });
  const foreign = await createdMany(fixture, 3, { owner: another });
  assert.equal((await listAll(fixture.store, owner)).size, 1_000);
  assert.equal(await fixture.store.destroyAll(owner, { except: keys[500] }), 999);
  await assertListed(fixture.store, owner, [keys[500] ?? ""]);
  const left = await Promise.all(keys.map((key) => fixture.store.load(key)));
  assert.equal(left.filter((found) => found !== undefined).length, 1);
  await assertListed(fixture.store, another, foreign);
}

async function escapesNot(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    let keys = await createdMany(fixture, 3, { owner });
    const moving = range(3).map((i) => async (store: SessionStore): Promise<void> => {
      for (const _ of range(3)) {
        const moved = newKey();
        if ((await store.replace(keys[i] ?? "", moved, replacement(fixture, { owner }))) === "gone") return;
        keys = keys.with(i, moved);
      }
    });
    await race<unknown[]>(fixture, round, [...moving, (store) => store.destroyAll(owner)]);
    await assertListed(fixture.store, owner, []);
    for (const key of keys) assert.equal(await fixture.store.load(key), undefined, "its last key opens nothing");
  });
}

async function countsOnce(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const keys = await createdMany(fixture, 6, { owner });
    const [all, again, one] = await race<[number, number, boolean]>(fixture, round, [
      (store) => store.destroyAll(owner),
      (store) => store.destroyAll(owner),
      (store) => store.destroy(keys[0] ?? ""),
    ]);
    assert.equal(all + again + Number(one), 6);
    await assertListed(fixture.store, owner, []);
  });
}

async function findsParallelCreates(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const keys = await Promise.all(
    range(60).map(async (i) => {
      const key = newKey();
      assert.equal(await storeAt(fixture, i).create(key, record(fixture, {}, { owner })), true);
      return key;
    }),
  );
  for (const store of fixture.stores) await assertListed(store, owner, keys);
}
