// Law 1: a change is applied whole or not at all, to the fields that it names: changes to different fields commute.
import assert from "node:assert/strict";
import { setImmediate as macrotask } from "node:timers/promises";
import type { SessionStore } from "../../core/record/store.ts";
import {
  assertFields,
  assertSameRecord,
  change,
  created,
  loaded,
  newKey,
  newOwner,
  race,
  range,
  record,
  rounds,
  storeAt,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const changeCases: readonly CaseDefinition[] = [
  { law: 1, name: "a created record is loaded as it was given", run: loadsAsGiven },
  { law: 1, name: "commit sets and removes the fields it names and leaves the others", run: changesNamedFieldsOnly },
  { law: 1, name: "removing an absent field is no error", run: removesAbsentField },
  { law: 1, name: "the version grows by one with every commit that names a field", run: countsVersions },
  { law: 1, name: "a touch moves the expiry and nothing else", run: touchesOnly },
  { law: 1, name: "the later expiry wins, the stored or the change's", run: keepsLaterExpiry },
  {
    law: 1,
    name: "ifVersion: a change for another version is a conflict and stores nothing",
    run: refusesOtherVersion,
  },
  { law: 1, name: "100 parallel commits to different fields all arrive", run: commutes },
  { law: 1, name: "parallel commits that set and remove different fields all arrive", run: commutesWithRemovals },
  { law: 1, name: "no load ever sees half a change", run: isNeverHalf },
  { law: 1, name: "of parallel commits for one version exactly one is committed", run: hasOneWinner },
  { law: 1, name: "read, change and commit by ifVersion until it succeeds loses no increment", run: countsByRetry },
  { law: 1, name: "parallel touches and writes keep the latest expiry and every field", run: touchesWhileWriting },
  { law: 1, name: "a change of 500 fields arrives whole", run: takesManyFields },
  { law: 1, name: "a later commit changes no record that was handed out", run: handsOutSnapshots },
  { law: 1, name: "maps that the caller changes afterwards change nothing that is stored", run: keepsNoCallersMap },
];

async function loadsAsGiven(fixture: Fixture): Promise<void> {
  const given = [
    record(
      fixture,
      { user: '"ann"', cart: "[1,2]" },
      { owner: newOwner(), version: 7, createdAt: fixture.clock() - 5_000 },
    ),
    record(fixture, { only: "1" }),
    record(fixture, {}, { version: 0 }),
  ];
  for (const expected of given) {
    const key = newKey();
    assert.equal(await fixture.store.create(key, expected), true);
    for (const store of fixture.stores) assertSameRecord(await store.load(key), expected);
  }
  assert.equal(await fixture.store.load(newKey()), undefined, "a key that no record ever had");
}

async function changesNamedFieldsOnly(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const createdAt = fixture.clock() - 1_000;
  const key = await created(fixture, { a: "1", b: "2", c: "3" }, { owner, createdAt });
  const done = await fixture.store.commit(key, change({ b: "20", d: "4" }, { remove: new Set(["c"]) }));
  assert.equal(done, "committed");
  const found = await loaded(fixture.store, key);
  assertFields(found, { a: "1", b: "20", d: "4" });
  assert.deepEqual([found.owner, found.createdAt], [owner, createdAt], "owner and beginning stay");
}

async function removesAbsentField(fixture: Fixture): Promise<void> {
  const key = await created(fixture, { a: "1" });
  assert.equal(await fixture.store.commit(key, change({}, { remove: new Set(["never", "a"]) })), "committed");
  assertFields(await loaded(fixture.store, key), {});
  assert.equal(await fixture.store.commit(key, change({ b: "1" })), "committed", "a session without fields goes on");
  assertFields(await loaded(fixture.store, key), { b: "1" });
}

async function countsVersions({ store, ...fixture }: Fixture): Promise<void> {
  const key = await created({ store, ...fixture }, { a: "1" }, { version: 5 });
  const commits = [
    { named: change({ a: "2" }), version: 6 },
    { named: change({ a: "2" }), version: 7 },
    { named: change({}, { remove: new Set(["a"]) }), version: 8 },
    { named: change({ a: "3", b: "4" }, { remove: new Set(["c", "d"]) }), version: 9 },
  ];
  for (const { named, version } of commits) {
    assert.equal(await store.commit(key, named), "committed");
    assert.equal((await loaded(store, key)).version, version);
  }
}

async function touchesOnly(fixture: Fixture): Promise<void> {
  const given = record(fixture, { a: "1" }, { owner: newOwner(), version: 3 });
  const key = newKey();
  await fixture.store.create(key, given);
  const expiresAt = given.expiresAt + 12_345;
  assert.equal(await fixture.store.commit(key, change({}, { expiresAt })), "committed");
  assertSameRecord(await fixture.store.load(key), { ...given, expiresAt });
}

async function keepsLaterExpiry(fixture: Fixture): Promise<void> {
  const stored = fixture.later();
  const key = await created(fixture, {}, { expiresAt: stored });
  const expiries = [
    { asked: stored - 1_000, kept: stored },
    { asked: stored + 1, kept: stored + 1 },
    { asked: 0, kept: stored + 1 },
    { asked: stored + 5_000, kept: stored + 5_000 },
  ];
  for (const fields of [{}, { a: "1" }]) {
    for (const { asked, kept } of expiries) {
      await fixture.store.commit(key, change(fields, { expiresAt: asked }));
      assert.ok((await loaded(fixture.store, key)).expiresAt >= kept, "the later of both");
    }
  }
  assert.equal((await loaded(fixture.store, key)).expiresAt, stored + 5_000, "and no later");
}

async function refusesOtherVersion(fixture: Fixture): Promise<void> {
  const given = record(fixture, { a: "1" }, { version: 4 });
  const key = newKey();
  await fixture.store.create(key, given);
  const expiresAt = given.expiresAt + 1_000;
  for (const ifVersion of [0, 3, 5]) {
    const refused = change({ a: "2", b: "3" }, { ifVersion, expiresAt });
    assert.equal(await fixture.store.commit(key, refused), "conflict");
    assert.equal(await fixture.store.commit(key, change({}, { ifVersion, expiresAt })), "conflict", "a touch too");
    assertSameRecord(await fixture.store.load(key), given, "nothing was stored");
  }
  assert.equal(await fixture.store.commit(key, change({ a: "2" }, { ifVersion: 4 })), "committed");
  assert.equal(await fixture.store.commit(key, change({ a: "3" }, { ifVersion: 4 })), "conflict", "it is 5 by now");
  assert.equal(await fixture.store.commit(key, change({ a: "3" }, { ifVersion: 5 })), "committed");
  assertFields(await loaded(fixture.store, key), { a: "3" });
  assert.equal(
    await fixture.store.commit(newKey(), change({ a: "1" }, { ifVersion: 1 })),
    "gone",
    "gone is no conflict",
  );
}

async function commutes(fixture: Fixture): Promise<void> {
  const key = await created(fixture, { first: "1" });
  const results = await Promise.all(
    range(100).map((i) => storeAt(fixture, i).commit(key, change({ [`field${i}`]: String(i) }))),
  );
  assert.deepEqual(new Set(results), new Set(["committed"]));
  const found = await loaded(fixture.store, key);
  assertFields(found, { first: "1", ...Object.fromEntries(range(100).map((i) => [`field${i}`, String(i)])) });
  assert.equal(found.version, 101, "the version counts every one of them");
}

async function commutesWithRemovals(fixture: Fixture): Promise<void> {
  const names = range(40).map((i) => `old${i}`);
  const key = await created(fixture, Object.fromEntries(names.map((name) => [name, "1"])));
  await Promise.all(
    names.map((name, i) => storeAt(fixture, i).commit(key, change({ [`new${i}`]: "2" }, { remove: new Set([name]) }))),
  );
  assertFields(await loaded(fixture.store, key), Object.fromEntries(names.map((_, i) => [`new${i}`, "2"])));
}

async function isNeverHalf(fixture: Fixture): Promise<void> {
  const key = await created(fixture, { left: "start", right: "start", gone0: "1" });
  let writing = true;
  const write = async (store: SessionStore, writer: number): Promise<void> => {
    for (const i of range(15)) {
      const text = `${writer}:${i}`;
      await store.commit(key, change({ left: text, right: text }, { remove: new Set(["gone0"]) }));
    }
  };
  const read = async (store: SessionStore): Promise<void> => {
    while (writing) {
      const { fields } = await loaded(store, key);
      assert.equal(fields.get("left"), fields.get("right"), "both fields of one change, or none");
      assert.equal(fields.has("gone0"), fields.get("left") === "start", "what it sets and what it removes");
      await macrotask();
    }
  };
  const readers = Promise.all(fixture.stores.map(read));
  const writers = Promise.all(range(6).map((i) => write(storeAt(fixture, i), i)));
  await Promise.all([readers, writers.finally(() => (writing = false))]);
}

async function hasOneWinner(fixture: Fixture): Promise<void> {
  await rounds(async (round) => {
    const key = await created(fixture);
    const contest = range(5).map((i) => (store: SessionStore) => {
      return store.commit(key, change({ [`by${i}`]: "1" }, { ifVersion: 1 }));
    });
    const results = await race(fixture, round, contest);
    assert.deepEqual([...results].sort(), ["committed", "conflict", "conflict", "conflict", "conflict"]);
    assertFields(await loaded(fixture.store, key), { [`by${results.indexOf("committed")}`]: "1" });
  });
}

async function countsByRetry(fixture: Fixture): Promise<void> {
  const key = await created(fixture, { count: "0" });
  const increment = async (store: SessionStore): Promise<void> => {
    for (const _ of range(500)) {
      const { fields, version } = await loaded(store, key);
      const count = String(Number(fields.get("count")) + 1);
      if ((await store.commit(key, change({ count }, { ifVersion: version }))) === "committed") return;
    }
    assert.fail("one of those who try succeeds each time");
  };
  await Promise.all(range(12).map((i) => increment(storeAt(fixture, i))));
  assertFields(await loaded(fixture.store, key), { count: "12" });
}

async function touchesWhileWriting(fixture: Fixture): Promise<void> {
  const key = await created(fixture);
  const latest = fixture.later() + 50_000;
  await Promise.all(
    range(50).map((i) => {
      const expiresAt = latest - ((i * 17) % 50) * 1_000;
      return storeAt(fixture, i).commit(
        key,
        i % 2 === 0 ? change({}, { expiresAt }) : change({ [`f${i}`]: "1" }, { expiresAt }),
      );
    }),
  );
  const found = await loaded(fixture.store, key);
  assert.equal(found.expiresAt, latest);
  assert.deepEqual([found.fields.size, found.version], [25, 26]);
}

async function takesManyFields(fixture: Fixture): Promise<void> {
  const many = Object.fromEntries(range(500).map((i) => [`field${i}`, `"${i}"`]));
  const key = await created(fixture, many);
  assertFields(await loaded(fixture.store, key), many);
  const remove = new Set(Object.keys(many).filter((_, i) => i % 2 === 0));
  const more = Object.fromEntries(range(500).map((i) => [`more${i}`, "1"]));
  assert.equal(await fixture.store.commit(key, change(more, { remove })), "committed");
  const left = Object.entries(many).filter(([name]) => !remove.has(name));
  assertFields(await loaded(fixture.store, key), { ...Object.fromEntries(left), ...more });
}

async function handsOutSnapshots(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const given = record(fixture, { a: "1", b: "2" }, { owner });
  const key = newKey();
  await fixture.store.create(key, given);
  const byLoad = await loaded(fixture.store, key);
  const byList = (await fixture.store.list(owner)).sessions[0]?.record;
  await fixture.store.commit(key, change({ a: "9" }, { remove: new Set(["b"]), expiresAt: given.expiresAt + 9 }));
  await fixture.store.destroy(key);
  assertSameRecord(byLoad, given, "the record that load handed out");
  assertSameRecord(byList, given, "the record that list handed out");
}

async function keepsNoCallersMap(fixture: Fixture): Promise<void> {
  const key = newKey();
  const fields = new Map([["a", "1"]]);
  await fixture.store.create(key, record(fixture, {}, { fields }));
  fields.set("a", "changed").set("b", "new");
  assertFields(await loaded(fixture.store, key), { a: "1" });
  const set = new Map([["a", "2"]]);
  await fixture.store.commit(key, change({}, { set }));
  set.set("a", "changed").set("c", "new");
  assertFields(await loaded(fixture.store, key), { a: "2" });
}
