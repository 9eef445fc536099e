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
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

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

async function neverCreatesByCommit(fixture: Fixture): Promise<void> {
  const key = newKey();
  assert.equal(await fixture.store.commit(key, change({ a: "1" }, { expiresAt: fixture.later() })), "gone");
  await assertGone(fixture.store, key, fixture);
  assert.equal(await fixture.store.create(key, record(fixture, { b: "2" })), true, "the key is still free");
  assertFields(await loaded(fixture.store, key), { b: "2" });
}

async function neverOverwrites(fixture: Fixture): Promise<void> {
  const [first, second] = [newOwner(), newOwner()];
  const given = record(fixture, { a: "1" }, { owner: first });
  const key = newKey();
  await fixture.store.create(key, given);
  for (const store of fixture.stores) {
    const other = record(
      fixture,
      { a: "2", b: "3" },
      { owner: second, expiresAt: given.expiresAt + 1_000, version: 9 },
    );
    assert.equal(await store.create(key, other), false);
    assertSameRecord(await store.load(key), given, "nothing of the second record is stored");
  }
  await assertListed(fixture.store, first, [key]);
  await assertListed(fixture.store, second, []);
}

async function createsOnce(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = newKey();
    const records = range(4).map((i) => record(fixture, { by: String(i), and: String(i) }, { owner: newOwner() }));
    const results = await race(
      fixture,
      round,
      records.map((each) => (store) => store.create(key, each)),
    );
    assert.equal(results.filter(Boolean).length, 1, "exactly one create answers true");
    for (const [i, each] of records.entries()) {
      if (results[i])
        assertSameRecord(await fixture.store.load(key), each, "the record of the create that answered true");
      await assertListed(fixture.store, each.owner ?? "", results[i] ? [key] : []);
    }
  });
}

async function endsForEveryCall(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const [owned, anonymous] = [await created(fixture, { a: "1" }, { owner }), await created(fixture, { a: "1" })];
  for (const key of [owned, anonymous]) {
    assert.equal(await fixture.store.destroy(key), true);
    for (const store of fixture.stores) await assertGone(store, key, fixture);
  }
  await assertListed(fixture.store, owner, []);
  assert.equal(await fixture.store.destroyAll(owner), 0, "destroyAll does not count it");
  assert.equal(await fixture.store.destroy(newKey()), false, "a key that no record ever had");
}

async function endsThatVersionOnly(fixture: Fixture): Promise<void> {
  const given = record(fixture, { a: "1" }, { version: 4 });
  const key = newKey();
  await fixture.store.create(key, given);
  for (const ifVersion of [0, 3, 5]) {
    assert.equal(await fixture.store.destroy(key, { ifVersion }), false);
    assertSameRecord(await fixture.store.load(key), given);
  }
  await fixture.store.commit(key, change({ a: "2" }));
  assert.equal(await fixture.store.destroy(key, { ifVersion: 4 }), false, "it is 5 by now");
  assert.equal(await fixture.store.destroy(key, { ifVersion: 5 }), true);
  await assertGone(fixture.store, key, fixture);
  assert.equal(await fixture.store.destroy(key, { ifVersion: 5 }), false, "and it ends once");
}

async function endsOnce(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = await created(fixture);
    const results = await race(
      fixture,
      round,
      range(4).map(() => (store) => store.destroy(key)),
    );
    assert.equal(results.filter(Boolean).length, 1);
  });
}

async function endsOrChanges(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = await created(fixture);
    const [destroyed, committed] = await race<[boolean, string]>(fixture, round, [
      (store) => store.destroy(key, { ifVersion: 1 }),
      (store) => store.commit(key, change({ a: "1" }, { ifVersion: 1 })),
    ]);
    assert.equal(committed, destroyed ? "gone" : "committed");
    const found = await fixture.store.load(key);
    if (destroyed) assert.equal(found, undefined);
    else assert.equal(found?.fields.get("a"), "1");
  });
}

async function staysDestroyed(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(fixture, { a: "1" }, { owner });
    let ended = false;
    const commitAndLook = async (store: Fixture["store"], i: number): Promise<void> => {
      for (const step of range(4)) {
        const endedBefore = ended;
        const change1 = change(step % 2 ? {} : { [`f${i}`]: "1" }, { expiresAt: fixture.later() + i });
        const result = await store.commit(key, change1);
        if (endedBefore) assert.equal(result, "gone", "a commit after the destroy was acknowledged");
        await turns(i % 3);
      }
    };
    await race<unknown[]>(fixture, round, [
      ...range(5).map((i) => (store: Fixture["store"]) => commitAndLook(store, i)),
      async (store) => {
        assert.equal(await store.destroy(key), true);
        ended = true;
        assert.equal(await store.load(key), undefined, "a load after the destroy was acknowledged");
      },
    ]);
    for (const store of fixture.stores) await assertGone(store, key, fixture);
    await assertListed(fixture.store, owner, []);
  });
}

async function staysDestroyedOrMoved(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(fixture, {}, { owner });
    const moved = newKey();
    const [destroyed, replaced] = await race<[boolean, string, string]>(fixture, round, [
      (store) => store.destroy(key),
      (store) => store.replace(key, moved, replacement(fixture, { owner })),
      (store) => store.commit(key, change({ a: "1" })),
    ]);
    assert.equal(replaced, destroyed ? "gone" : "committed", "exactly one of destroy and replace meets a live record");
    assert.equal(await fixture.store.load(key), undefined);
    await assertListed(fixture.store, owner, destroyed ? [] : [moved]);
    if (destroyed) await assertGone(fixture.store, moved, fixture);
  });
}

async function staysEnded(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const [changing, moving] = [await created(fixture, {}, { owner }), await created(fixture, {}, { owner })];
    const [moved, movedAgain] = [newKey(), newKey()];
    await race<unknown[]>(fixture, round, [
      (store) => store.destroyAll(owner),
      (store) => store.commit(changing, change({ a: "1" })),
      async (store) => {
        await store.replace(moving, moved, replacement(fixture, { owner }));
        await store.replace(moved, movedAgain, replacement(fixture, { owner }));
      },
      (store) => store.commit(moving, change({ a: "1" })),
    ]);
    await assertListed(fixture.store, owner, []);
    for (const key of [changing, moving, moved, movedAgain]) await assertGone(fixture.store, key, fixture);
  });
}

async function leavesOthers(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const given = record(fixture, { a: "1" }, { owner });
  const [key, ended] = [newKey(), await created(fixture, { a: "1" }, { owner })];
  await fixture.store.create(key, given);
  await fixture.store.destroy(ended);
  await fixture.store.destroyAll(newOwner());
  assertSameRecord(await fixture.store.load(key), given);
  await assertListed(fixture.store, owner, [key]);
}
