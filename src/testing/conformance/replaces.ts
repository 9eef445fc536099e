// Law 1 and 2 for a session that gets a new ID: it goes on under one key, whole, and the old key opens nothing.
import assert from "node:assert/strict";
import type { SessionStore } from "../../core/store.ts";
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
} from "./bench.ts";
import type { Bench, CaseDefinition } from "./harness.ts";

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

async function movesWhole(bench: Bench): Promise<void> {
  const owner = newOwner();
  const key = await created(bench, { a: "1", b: "2", c: "3" }, { owner, version: 6 });
  const moved = newKey();
  const given = replacement(bench, {
    owner,
    set: new Map([
      ["b", "20"],
      ["d", "4"],
    ]),
    remove: new Set(["c", "never"]),
  });
  assert.equal(await bench.store.replace(key, moved, given), "committed");
  const { createdAt, expiresAt } = given;
  const expected = record(bench, { a: "1", b: "20", d: "4" }, { owner, createdAt, expiresAt, version: 7 });
  for (const store of bench.stores) assertSameRecord(await store.load(moved), expected);
  await assertListed(bench.store, owner, [moved]);
  const again = newKey();
  assert.equal(await bench.store.replace(moved, again, replacement(bench, { owner })), "committed");
  assert.equal((await loaded(bench.store, again)).version, 8, "one higher although no field was named");
}

async function setsItsOwn(bench: Bench): Promise<void> {
  const [ann, bob] = [newOwner(), newOwner()];
  let key = await created(bench, { a: "1" }, { expiresAt: bench.later() + 60_000, createdAt: bench.clock() - 60_000 });
  for (const [i, owner] of [ann, bob, undefined, ann].entries()) {
    const moved = newKey();
    const createdAt = bench.clock() - 1_000 * i;
    const expiresAt = bench.later() - 1_000 * i;
    await bench.store.replace(key, moved, replacement(bench, { owner, createdAt, expiresAt }));
    assertSameRecord(
      await bench.store.load(moved),
      record(bench, { a: "1" }, { owner, createdAt, expiresAt, version: i + 2 }),
    );
    await assertListed(bench.store, ann, owner === ann ? [moved] : []);
    await assertListed(bench.store, bob, owner === bob ? [moved] : []);
    key = moved;
  }
}

async function movesOnce(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const owner = newOwner();
    const key = await created(bench, { a: "1" }, { owner });
    const keys = newKeys(4);
    const results = await race(
      bench,
      round,
      keys.map((moved, i) => (store: SessionStore) => {
        return store.replace(key, moved, replacement(bench, { owner, set: new Map([["by", String(i)]]) }));
      }),
    );
    assert.deepEqual([...results].sort(), ["committed", "gone", "gone", "gone"]);
    const winner = results.indexOf("committed");
    await assertListed(bench.store, owner, [keys[winner] ?? ""]);
    for (const [i, moved] of keys.entries()) {
      if (i === winner) assertFields(await loaded(bench.store, moved), { a: "1", by: String(i) });
      else assert.equal(await bench.store.load(moved), undefined, "who lost has stored nothing");
    }
    assert.equal(await bench.store.load(key), undefined);
  });
}

async function losesNoCommit(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const key = await created(bench, { a: "1" });
    const moved = newKey();
    const commits = range(5).map((i) => (store: SessionStore) => store.commit(key, change({ [`f${i}`]: "1" })));
    const [replaced, ...results] = await race<string[]>(bench, round, [
      (store) => store.replace(key, moved, replacement(bench, { set: new Map([["moved", "1"]]) })),
      ...commits,
    ]);
    assert.equal(replaced, "committed");
    const acknowledged = range(5).filter((i) => results[i] === "committed");
    const found = await loaded(bench.store, moved);
    const expected = Object.fromEntries(acknowledged.map((i) => [`f${i}`, "1"]));
    assertFields(found, { a: "1", moved: "1", ...expected }, "what was acknowledged, and nothing else");
    assert.equal(found.version, 2 + acknowledged.length);
  });
}

async function endsOldKey(bench: Bench): Promise<void> {
  const owner = newOwner();
  for (const [before, after] of [
    [owner, owner],
    [undefined, owner],
    [owner, undefined],
    [undefined, undefined],
  ]) {
    const key = await created(bench, { a: "1" }, { owner: before });
    const moved = newKey();
    await bench.store.replace(key, moved, replacement(bench, { owner: after }));
    for (const store of bench.stores) await assertGone(store, key, bench);
    assertFields(await loaded(bench.store, moved), { a: "1" });
    await assertListed(bench.store, owner, after === owner ? [moved] : []);
    await bench.store.destroy(moved);
  }
}

async function movesNothing(bench: Bench): Promise<void> {
  const owner = newOwner();
  const ended = await created(bench, { a: "1" }, { owner });
  await bench.store.destroy(ended);
  for (const key of [newKey(), ended]) {
    for (const keepOldUntil of [undefined, bench.later()]) {
      const moved = newKey();
      assert.equal(await bench.store.replace(key, moved, replacement(bench, { owner, keepOldUntil })), "gone");
      assert.equal(await bench.store.load(moved), undefined);
      assert.equal(await bench.store.load(key), undefined, "and nothing is kept under the old key");
    }
  }
  await assertListed(bench.store, owner, []);
}

async function opensOneKey(bench: Bench): Promise<void> {
  await rounds(async (round) => {
    const key = await created(bench, { a: "1" });
    const moved = newKey();
    const keepOldUntil = round % 2 ? bench.later() : undefined;
    const look = async (store: SessionStore): Promise<void> => {
      for (const _ of range(6)) {
        const opensNew = (await store.load(moved)) !== undefined;
        const old = await store.load(key);
        if (opensNew) assert.equal(old?.movedTo, keepOldUntil && moved, "the new key opened, so the old one does not");
        if (!opensNew && !old) assert.ok(await store.load(moved), "and one of them always opens");
        await turns(1);
      }
    };
    await race<unknown[]>(bench, round, [
      look,
      (store) => store.replace(key, moved, replacement(bench, { keepOldUntil })),
      look,
    ]);
  });
}

async function keepsOldKey(bench: Bench): Promise<void> {
  const owner = newOwner();
  const key = await created(bench, { a: "1" }, { owner });
  const moved = newKey();
  const keepOldUntil = bench.later() - 1_000;
  await bench.store.replace(key, moved, replacement(bench, { owner, keepOldUntil }));
  const isKept = async (store: SessionStore): Promise<void> => {
    const { fields, owner, movedTo, expiresAt } = await loaded(store, key);
    assert.deepEqual(
      { fields: fields.size, owner, movedTo, expiresAt },
      { fields: 0, owner: undefined, movedTo: moved, expiresAt: keepOldUntil },
    );
  };
  for (const store of bench.stores) {
    await isKept(store);
    const expiresAt = bench.later() + 60_000;
    assert.equal(await store.commit(key, change({ b: "1" }, { expiresAt })), "gone");
    assert.equal(await store.commit(key, change({}, { expiresAt })), "gone", "a touch");
    assert.equal(await store.commit(key, change({ b: "1" }, { ifVersion: 1 })), "gone", "gone is no conflict");
    const third = newKey();
    assert.equal(await store.replace(key, third, replacement(bench)), "gone");
    assert.equal(await store.load(third), undefined);
    assert.equal(await store.destroy(key), false);
    await isKept(store);
  }
  await assertListed(bench.store, owner, [moved]);
  assert.equal(await bench.store.destroyAll(owner), 1, "destroyAll counts the session once");
  assert.equal(await bench.store.load(moved), undefined);
}

async function keepsOldKeyForAWhile(bench: Bench): Promise<void> {
  const key = await created(bench, { a: "1" });
  const moved = newKey();
  const keepOldUntil = bench.soon();
  await bench.store.replace(key, moved, replacement(bench, { keepOldUntil }));
  assert.equal((await bench.store.load(key))?.movedTo, moved);
  await bench.until(keepOldUntil);
  for (const store of bench.stores) await assertGone(store, key, bench);
  assertFields(await loaded(bench.store, moved), { a: "1" }, "the session itself goes on");
}

async function keepsOldKeyExactly(bench: Bench): Promise<void> {
  const key = await created(bench);
  const keepOldUntil = bench.clock() + QUIET;
  await bench.store.replace(key, newKey(), replacement(bench, { keepOldUntil }));
  await bench.until(keepOldUntil - 1);
  assert.ok(await bench.store.load(key));
  await bench.until(keepOldUntil);
  assert.equal(await bench.store.load(key), undefined);
}
