// Law 1 and 2 for a session that gets a new ID: it goes on under one key, whole, and the old key opens nothing.
import assert from "node:assert/strict";
import type { SessionStore } from "../../core/record/store.ts";
import {
  assertFields,
  assertGone,
  assertListed,
  assertSameRecord,
  change,
  created,
  loaded,
  newKey,
  newKeys,
  newOwner,
  QUIET,
  race,
  range,
  record,
  replacement,
  rounds,
  turns,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const replaceCases: readonly CaseDefinition[] = [
  { law: 1, name: "replace moves the record whole, changed, with its version one higher", run: movesWhole },
  { law: 1, name: "replace sets owner, beginning and expiry to its own, even to an earlier one", run: setsItsOwn },
  { law: 1, name: "of parallel replaces of one key exactly one wins", run: movesOnce },
  { law: 1, name: "a commit that meets a replace is in the new record, or it answers gone", run: losesNoCommit },
  { law: 2, name: "after replace the old key is gone at once", run: endsOldKey },
  { law: 2, name: "replace of what is gone stores nothing", run: movesNothing },
  { law: 2, name: "at no moment do the old and the new key both open a record", run: opensOneKey },
  { law: 2, name: "a kept old key answers load with movedTo, and is gone to every other call", run: keepsOldKey },
  { law: 4, name: "a kept old key is absent when its time has come", run: keepsOldKeyForAWhile },
  {
    law: 4,
    name: "a kept old key answers up to the last millisecond and is absent from the moment on",
    needs: ["exactTime"],
    run: keepsOldKeyExactly,
  },
];

async function movesWhole(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const key = await created(fixture, { a: "1", b: "2", c: "3" }, { owner, version: 6 });
  const moved = newKey();
  const given = replacement(fixture, {
    owner,
    set: new Map([
      ["b", "20"],
      ["d", "4"],
    ]),
    remove: new Set(["c", "never"]),
  });
  assert.equal(await fixture.store.replace(key, moved, given), "committed");
  const { createdAt, expiresAt } = given;
  const expected = record(fixture, { a: "1", b: "20", d: "4" }, { owner, createdAt, expiresAt, version: 7 });
  for (const store of fixture.stores) assertSameRecord(await store.load(moved), expected);
  await assertListed(fixture.store, owner, [moved]);
  const again = newKey();
  assert.equal(await fixture.store.replace(moved, again, replacement(fixture, { owner })), "committed");
  assert.equal((await loaded(fixture.store, again)).version, 8, "one higher although no field was named");
}

async function setsItsOwn(fixture: Fixture): Promise<void> {
  const [ann, bob] = [newOwner(), newOwner()];
  let key = await created(
    fixture,
    { a: "1" },
    { expiresAt: fixture.later() + 60_000, createdAt: fixture.clock() - 60_000 },
  );
  for (const [i, owner] of [ann, bob, undefined, ann].entries()) {
    const moved = newKey();
    const createdAt = fixture.clock() - 1_000 * i;
    const expiresAt = fixture.later() - 1_000 * i;
    await fixture.store.replace(key, moved, replacement(fixture, { owner, createdAt, expiresAt }));
    assertSameRecord(
      await fixture.store.load(moved),
      record(fixture, { a: "1" }, { owner, createdAt, expiresAt, version: i + 2 }),
    );
    await assertListed(fixture.store, ann, owner === ann ? [moved] : []);
    await assertListed(fixture.store, bob, owner === bob ? [moved] : []);
    key = moved;
  }
}

async function movesOnce(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(fixture, { a: "1" }, { owner });
    const keys = newKeys(4);
    const results = await race(
      fixture,
      round,
      keys.map((moved, i) => (store: SessionStore) => {
        return store.replace(key, moved, replacement(fixture, { owner, set: new Map([["by", String(i)]]) }));
      }),
    );
    assert.deepEqual([...results].sort(), ["committed", "gone", "gone", "gone"]);
    const winner = results.indexOf("committed");
    await assertListed(fixture.store, owner, [keys[winner] ?? ""]);
    for (const [i, moved] of keys.entries()) {
      if (i === winner) assertFields(await loaded(fixture.store, moved), { a: "1", by: String(i) });
      else assert.equal(await fixture.store.load(moved), undefined, "who lost has stored nothing");
    }
    assert.equal(await fixture.store.load(key), undefined);
  });
}

async function losesNoCommit(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = await created(fixture, { a: "1" });
    const moved = newKey();
    const commits = range(5).map((i) => (store: SessionStore) => store.commit(key, change({ [`f${i}`]: "1" })));
    const [replaced, ...results] = await race<string[]>(fixture, round, [
      (store) => store.replace(key, moved, replacement(fixture, { set: new Map([["moved", "1"]]) })),
      ...commits,
    ]);
    assert.equal(replaced, "committed");
    const acknowledged = range(5).filter((i) => results[i] === "committed");
    const found = await loaded(fixture.store, moved);
    const expected = Object.fromEntries(acknowledged.map((i) => [`f${i}`, "1"]));
    assertFields(found, { a: "1", moved: "1", ...expected }, "what was acknowledged, and nothing else");
    assert.equal(found.version, 2 + acknowledged.length);
  });
}

async function endsOldKey(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  for (const [before, after] of [
    [owner, owner],
    [undefined, owner],
    [owner, undefined],
    [undefined, undefined],
  ]) {
    const key = await created(fixture, { a: "1" }, { owner: before });
    const moved = newKey();
    await fixture.store.replace(key, moved, replacement(fixture, { owner: after }));
    for (const store of fixture.stores) await assertGone(store, key, fixture);
    assertFields(await loaded(fixture.store, moved), { a: "1" });
    await assertListed(fixture.store, owner, after === owner ? [moved] : []);
    await fixture.store.destroy(moved);
  }
}

async function movesNothing(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const ended = await created(fixture, { a: "1" }, { owner });
  await fixture.store.destroy(ended);
  for (const key of [newKey(), ended]) {
    for (const keepOldUntil of [undefined, fixture.later()]) {
      const moved = newKey();
      assert.equal(await fixture.store.replace(key, moved, replacement(fixture, { owner, keepOldUntil })), "gone");
      assert.equal(await fixture.store.load(moved), undefined);
      assert.equal(await fixture.store.load(key), undefined, "and nothing is kept under the old key");
    }
  }
  await assertListed(fixture.store, owner, []);
}

async function opensOneKey(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = await created(fixture, { a: "1" });
    const moved = newKey();
    const keepOldUntil = round % 2 ? fixture.later() : undefined;
    const look = async (store: SessionStore): Promise<void> => {
      for (const _ of range(6)) {
        const opensNew = (await store.load(moved)) !== undefined;
        const old = await store.load(key);
        if (opensNew) assert.equal(old?.movedTo, keepOldUntil && moved, "the new key opened, so the old one does not");
        if (!opensNew && !old) assert.ok(await store.load(moved), "and one of them always opens");
        await turns(1);
      }
    };
    await race<unknown[]>(fixture, round, [
      look,
      (store) => store.replace(key, moved, replacement(fixture, { keepOldUntil })),
      look,
    ]);
  });
}

async function keepsOldKey(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const key = await created(fixture, { a: "1" }, { owner });
  const moved = newKey();
  const keepOldUntil = fixture.later() - 1_000;
  await fixture.store.replace(key, moved, replacement(fixture, { owner, keepOldUntil }));
  const isKept = async (store: SessionStore): Promise<void> => {
    const { fields, owner, movedTo, expiresAt } = await loaded(store, key);
    assert.deepEqual(
      { fields: fields.size, owner, movedTo, expiresAt },
      { fields: 0, owner: undefined, movedTo: moved, expiresAt: keepOldUntil },
    );
  };
  for (const store of fixture.stores) {
    await isKept(store);
    const expiresAt = fixture.later() + 60_000;
    assert.equal(await store.commit(key, change({ b: "1" }, { expiresAt })), "gone");
    assert.equal(await store.commit(key, change({}, { expiresAt })), "gone", "a touch");
    assert.equal(await store.commit(key, change({ b: "1" }, { ifVersion: 1 })), "gone", "gone is no conflict");
    const third = newKey();
    assert.equal(await store.replace(key, third, replacement(fixture)), "gone");
    assert.equal(await store.load(third), undefined);
    assert.equal(await store.destroy(key), false);
    await isKept(store);
  }
  await assertListed(fixture.store, owner, [moved]);
  assert.equal(await fixture.store.destroyAll(owner), 1, "destroyAll counts the session once");
  assert.equal(await fixture.store.load(moved), undefined);
}

async function keepsOldKeyForAWhile(fixture: Fixture): Promise<void> {
  const key = await created(fixture, { a: "1" });
  const moved = newKey();
  const keepOldUntil = fixture.soon();
  await fixture.store.replace(key, moved, replacement(fixture, { keepOldUntil }));
  assert.equal((await fixture.store.load(key))?.movedTo, moved);
  await fixture.until(keepOldUntil);
  for (const store of fixture.stores) await assertGone(store, key, fixture);
  assertFields(await loaded(fixture.store, moved), { a: "1" }, "the session itself goes on");
}

async function keepsOldKeyExactly(fixture: Fixture): Promise<void> {
  const key = await created(fixture);
  const keepOldUntil = fixture.clock() + QUIET;
  await fixture.store.replace(key, newKey(), replacement(fixture, { keepOldUntil }));
  await fixture.until(keepOldUntil - 1);
  assert.ok(await fixture.store.load(key));
  await fixture.until(keepOldUntil);
  assert.equal(await fixture.store.load(key), undefined);
}
