// Law 5: list and destroyAll find every live session of an owner.
import assert from "node:assert/strict";
import type { SessionStore } from "../../core/store.ts";
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
} from "./bench.ts";
import type { Bench, CaseDefinition } from "./harness.ts";

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

async function listsRecords(bench: Bench): Promise<void> {
  const owner = newOwner();
  const expected = new Map(
    range(5).map((i) => [newKey(), record(bench, { n: String(i), same: "1" }, { owner, version: i })] as const),
  );
  for (const [key, given] of expected) await bench.store.create(key, given);
  await created(bench, {}, { owner: newOwner() });
  await created(bench);
  for (const store of bench.stores) {
    const found = await listAll(store, owner);
    assert.equal(found.size, 5);
    for (const [key, given] of expected) assertSameRecord(found.get(key), given);
  }
  const [first] = expected.keys();
  await bench.store.commit(first ?? "", change({ n: "changed" }));
  assertSameRecord((await listAll(bench.store, owner)).get(first ?? ""), await loaded(bench.store, first ?? ""));
}

async function findsNone({ store }: Bench): Promise<void> {
  const { sessions, next } = await store.list(newOwner());
  assert.deepEqual([sessions.length, next], [0, undefined]);
  assert.equal(await store.destroyAll(newOwner()), 0);
  assert.equal(await store.destroyAll(newOwner(), { except: newKey() }), 0);
}

async function pages(bench: Bench): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(bench, 23, { owner });
  for (const limit of [1, 7, 22, 23, 24]) {
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await bench.store.list(owner, { limit, cursor });
      assert.ok(page.sessions.length <= limit, `at most ${limit} a page`);
      found.push(...page.sessions.map(({ key }) => key));
      cursor = page.next;
    } while (cursor !== undefined && found.length < 100);
    assert.deepEqual(found.sort(), [...keys].sort(), `pages of ${limit}`);
  }
}

async function pagesByDefault(bench: Bench): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(bench, 130, { owner });
  const page = await bench.store.list(owner);
  assert.ok(page.sessions.length <= 100);
  assert.notEqual(page.next, undefined);
  await assertListed(bench.store, owner, keys);
}

async function pagesWhileChanging(bench: Bench): Promise<void> {
  const owner = newOwner();
  const keys = await createdMany(bench, 60, { owner });
  const [stable, doomed] = [keys.filter((_, i) => i % 3 !== 0), keys.filter((_, i) => i % 3 === 0)];
  const [ended, found] = [new Set<string>(), new Map<string, number>()];
  let cursor: string | undefined;
  for (let page = 0; page === 0 || cursor !== undefined; page++) {
    assert.ok(page < 200, "the pages come to an end");
    const { sessions, next } = await bench.store.list(owner, { limit: 7, cursor });
    for (const { key } of sessions) {
      assert.ok(!ended.has(key), "what was destroyed before a page is not on it");
      found.set(key, (found.get(key) ?? 0) + 1);
    }
    // From both ends, so that listed and not yet listed ones are among them; and a few are added, as long as few.
    for (const key of [doomed.pop(), doomed.shift()]) {
      if (key !== undefined && (await storeAt(bench, page).destroy(key))) ended.add(key);
    }
    if (page < 8) await createdMany(bench, 2, { owner });
    cursor = next;
  }
  for (const key of stable) assert.equal(found.get(key), 1, "what lived all the time is listed exactly once");
  for (const count of found.values()) assert.equal(count, 1, "and nothing twice");
}

async function followsOwner(bench: Bench): Promise<void> {
  const [ann, bob] = [newOwner(), newOwner()];
  const [first, second, third] = [await created(bench), newKey(), newKey()];
  await bench.store.replace(first, second, replacement(bench, { owner: ann }));
  await assertListed(bench.store, ann, [second]);
  await bench.store.replace(second, third, replacement(bench, { owner: bob }));
  await assertListed(bench.store, ann, []);
  await assertListed(bench.store, bob, [third]);
  assert.equal(await bench.store.destroyAll(ann), 0, "it is no longer this owner's to end");
  assert.ok(await bench.store.load(third));
  assert.equal(await bench.store.destroyAll(bob), 1);
  await assertGone(bench.store, third, bench);
}

async function endsAllButOne(bench: Bench): Promise<void> {
  const [owner, another] = [newOwner(), newOwner()];
  const keys = await createdMany(bench, 5, { owner });
  const [spared, foreign, anonymous] = [
    keys[2] ?? "",
    await created(bench, {}, { owner: another }),
    await created(bench),
  ];
  assert.equal(await bench.store.destroyAll(owner, { except: spared }), 4);
  for (const key of keys) {
    if (key !== spared) await assertGone(bench.store, key, bench);
  }
  await assertListed(bench.store, owner, [spared]);
  assert.equal(await bench.store.destroyAll(owner, { except: spared }), 0);
  assert.equal(await bench.store.destroyAll(owner, { except: foreign }), 1, "another's session excepts nothing");
  for (const key of [foreign, anonymous]) assert.ok(await bench.store.load(key));
  await assertListed(bench.store, another, [foreign]);
}

async function endsThousand(bench: Bench): Promise<void> {
  const [owner, another] = [newOwner(), newOwner()];
  const keys = await createdMany(bench, 1_000, { owner });
  const foreign = await createdMany(bench, 3, { owner: another });
  assert.equal((await listAll(bench.store, owner)).size, 1_000);
  assert.equal(await bench.store.destroyAll(owner, { except: keys[500] }), 999);
  await assertListed(bench.store, owner, [keys[500] ?? ""]);
  const left = await Promise.all(keys.map((key) => bench.store.load(key)));
  assert.equal(left.filter((found) => found !== undefined).length, 1);
  await assertListed(bench.store, another, foreign);
}

async function escapesNot(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    let keys = await createdMany(bench, 3, { owner });
    const moving = range(3).map((i) => async (store: SessionStore): Promise<void> => {
      for (const _ of range(3)) {
        const moved = newKey();
        if ((await store.replace(keys[i] ?? "", moved, replacement(bench, { owner }))) === "gone") return;
        keys = keys.with(i, moved);
      }
    });
    await race<unknown[]>(bench, round, [...moving, (store) => store.destroyAll(owner)]);
    await assertListed(bench.store, owner, []);
    for (const key of keys) assert.equal(await bench.store.load(key), undefined, "its last key opens nothing");
  });
}

async function countsOnce(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const keys = await createdMany(bench, 6, { owner });
    const [all, again, one] = await race<[number, number, boolean]>(bench, round, [
      (store) => store.destroyAll(owner),
      (store) => store.destroyAll(owner),
      (store) => store.destroy(keys[0] ?? ""),
    ]);
    assert.equal(all + again + Number(one), 6);
    await assertListed(bench.store, owner, []);
  });
}

async function findsParallelCreates(bench: Bench): Promise<void> {
  const owner = newOwner();
  const keys = await Promise.all(
    range(60).map(async (i) => {
      const key = newKey();
      assert.equal(await storeAt(bench, i).create(key, record(bench, {}, { owner })), true);
      return key;
    }),
  );
  for (const store of bench.stores) await assertListed(store, owner, keys);
}
