// Law 2: commit never creates; a record that is gone answers "gone", and nothing brings it back; create never overwrites.
import assert from "node:assert/strict";
import {
  assertFields,
  assertGone,
  assertListed,
  assertSameRecord,
  change,
  created,
  loaded,
  newKey,
  newOwner,
  race,
  range,
  record,
  replacement,
  rounds,
  turns,
} from "./bench.ts";
import type { Bench, CaseDefinition } from "./harness.ts";

export const endingCases: readonly CaseDefinition[] = [
  { law: 2, name: "commit never creates", run: neverCreatesByCommit },
  { law: 2, name: "create never overwrites a live record", run: neverOverwrites },
  { law: 2, name: "of parallel creates of one key exactly one is stored, whole", run: createsOnce },
  { law: 2, name: "destroy ends a session for every call", run: endsForEveryCall },
  { law: 2, name: "destroy with ifVersion ends that version only", run: endsThatVersionOnly },
  { law: 2, name: "of parallel destroys exactly one answers true", run: endsOnce },
  { law: 2, name: "of a destroy and a commit for one version exactly one succeeds", run: endsOrChanges },
  { law: 2, name: "what was destroyed is not brought back by commits on their way", run: staysDestroyed },
  { law: 2, name: "what was destroyed is not brought back by replaces on their way", run: staysDestroyedOrMoved },
  { law: 2, name: "what destroyAll ended is not brought back by commits and replaces on their way", run: staysEnded },
  { law: 2, name: "ending one session leaves all others as they were", run: leavesOthers },
];

async function neverCreatesByCommit(bench: Bench): Promise<void> {
  const key = newKey();
  assert.equal(await bench.store.commit(key, change({ a: "1" }, { expiresAt: bench.later() })), "gone");
  await assertGone(bench.store, key, bench);
  assert.equal(await bench.store.create(key, record(bench, { b: "2" })), true, "the key is still free");
  assertFields(await loaded(bench.store, key), { b: "2" });
}

async function neverOverwrites(bench: Bench): Promise<void> {
  const [first, second] = [newOwner(), newOwner()];
  const given = record(bench, { a: "1" }, { owner: first });
  const key = newKey();
  await bench.store.create(key, given);
  for (const store of bench.stores) {
    const other = record(bench, { a: "2", b: "3" }, { owner: second, expiresAt: given.expiresAt + 1_000, version: 9 });
    assert.equal(await store.create(key, other), false);
    assertSameRecord(await store.load(key), given, "nothing of the second record is stored");
  }
  await assertListed(bench.store, first, [key]);
  await assertListed(bench.store, second, []);
}

async function createsOnce(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const key = newKey();
    const records = range(4).map((i) => record(bench, { by: String(i), and: String(i) }, { owner: newOwner() }));
    const results = await race(
      bench,
      round,
      records.map((each) => (store) => store.create(key, each)),
    );
    assert.equal(results.filter(Boolean).length, 1, "exactly one create answers true");
    for (const [i, each] of records.entries()) {
      if (results[i])
        assertSameRecord(await bench.store.load(key), each, "the record of the create that answered true");
      await assertListed(bench.store, each.owner ?? "", results[i] ? [key] : []);
    }
  });
}

async function endsForEveryCall(bench: Bench): Promise<void> {
  const owner = newOwner();
  const [owned, anonymous] = [await created(bench, { a: "1" }, { owner }), await created(bench, { a: "1" })];
  for (const key of [owned, anonymous]) {
    assert.equal(await bench.store.destroy(key), true);
    for (const store of bench.stores) await assertGone(store, key, bench);
  }
  await assertListed(bench.store, owner, []);
  assert.equal(await bench.store.destroyAll(owner), 0, "destroyAll does not count it");
  assert.equal(await bench.store.destroy(newKey()), false, "a key that no record ever had");
}

async function endsThatVersionOnly(bench: Bench): Promise<void> {
  const given = record(bench, { a: "1" }, { version: 4 });
  const key = newKey();
  await bench.store.create(key, given);
  for (const ifVersion of [0, 3, 5]) {
    assert.equal(await bench.store.destroy(key, { ifVersion }), false);
    assertSameRecord(await bench.store.load(key), given);
  }
  await bench.store.commit(key, change({ a: "2" }));
  assert.equal(await bench.store.destroy(key, { ifVersion: 4 }), false, "it is 5 by now");
  assert.equal(await bench.store.destroy(key, { ifVersion: 5 }), true);
  await assertGone(bench.store, key, bench);
  assert.equal(await bench.store.destroy(key, { ifVersion: 5 }), false, "and it ends once");
}

async function endsOnce(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const key = await created(bench);
    const results = await race(
      bench,
      round,
      range(4).map(() => (store) => store.destroy(key)),
    );
    assert.equal(results.filter(Boolean).length, 1);
  });
}

async function endsOrChanges(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const key = await created(bench);
    const [destroyed, committed] = await race<[boolean, string]>(bench, round, [
      (store) => store.destroy(key, { ifVersion: 1 }),
      (store) => store.commit(key, change({ a: "1" }, { ifVersion: 1 })),
    ]);
    assert.equal(committed, destroyed ? "gone" : "committed");
    const found = await bench.store.load(key);
    if (destroyed) assert.equal(found, undefined);
    else assert.equal(found?.fields.get("a"), "1");
  });
}

async function staysDestroyed(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(bench, { a: "1" }, { owner });
    let ended = false;
    const commitAndLook = async (store: Bench["store"], i: number): Promise<void> => {
      for (const step of range(4)) {
        const endedBefore = ended;
        const change1 = change(step % 2 ? {} : { [`f${i}`]: "1" }, { expiresAt: bench.later() + i });
        const result = await store.commit(key, change1);
        if (endedBefore) assert.equal(result, "gone", "a commit after the destroy was acknowledged");
        await turns(i % 3);
      }
    };
    await race<unknown[]>(bench, round, [
      ...range(5).map((i) => (store: Bench["store"]) => commitAndLook(store, i)),
      async (store) => {
        assert.equal(await store.destroy(key), true);
        ended = true;
        assert.equal(await store.load(key), undefined, "a load after the destroy was acknowledged");
      },
    ]);
    for (const store of bench.stores) await assertGone(store, key, bench);
    await assertListed(bench.store, owner, []);
  });
}

async function staysDestroyedOrMoved(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(bench, {}, { owner });
    const moved = newKey();
    const [destroyed, replaced] = await race<[boolean, string, string]>(bench, round, [
      (store) => store.destroy(key),
      (store) => store.replace(key, moved, replacement(bench, { owner })),
      (store) => store.commit(key, change({ a: "1" })),
    ]);
    assert.equal(replaced, destroyed ? "gone" : "committed", "exactly one of destroy and replace meets a live record");
    assert.equal(await bench.store.load(key), undefined);
    await assertListed(bench.store, owner, destroyed ? [] : [moved]);
    if (destroyed) await assertGone(bench.store, moved, bench);
  });
}

async function staysEnded(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const [changing, moving] = [await created(bench, {}, { owner }), await created(bench, {}, { owner })];
    const [moved, movedAgain] = [newKey(), newKey()];
    await race<unknown[]>(bench, round, [
      (store) => store.destroyAll(owner),
      (store) => store.commit(changing, change({ a: "1" })),
      async (store) => {
        await store.replace(moving, moved, replacement(bench, { owner }));
        await store.replace(moved, movedAgain, replacement(bench, { owner }));
      },
      (store) => store.commit(moving, change({ a: "1" })),
    ]);
    await assertListed(bench.store, owner, []);
    for (const key of [changing, moving, moved, movedAgain]) await assertGone(bench.store, key, bench);
  });
}

async function leavesOthers(bench: Bench): Promise<void> {
  const owner = newOwner();
  const given = record(bench, { a: "1" }, { owner });
  const [key, ended] = [newKey(), await created(bench, { a: "1" }, { owner })];
  await bench.store.create(key, given);
  await bench.store.destroy(ended);
  await bench.store.destroyAll(newOwner());
  assertSameRecord(await bench.store.load(key), given);
  await assertListed(bench.store, owner, [key]);
}
