// Law 4: expired means absent, from the first millisecond, and a sweep drops what expired and nothing else.
import assert from "node:assert/strict";
import {
  assertFields,
  assertGone,
  assertListed,
  assertSameRecord,
  change,
  created,
  createdMany,
  loaded,
  newKey,
  newOwner,
  record,
  replacement,
} from "./bench.ts";
import type { Bench, CaseDefinition } from "./harness.ts";

export const expiryCases: readonly CaseDefinition[] = [
  { law: 4, name: "an expired record is absent for every call", run: isAbsent },
  {
    law: 4,
    name: "a record is live up to the last millisecond and absent from its expiry on",
    needs: ["exactTime"],
    run: isAbsentExactly,
  },
  { law: 4, name: "a touch in time keeps a session beyond its first expiry", run: livesOnWhenTouched },
  { law: 4, name: "an expired record may be created anew and is then another session", run: startsAnew },
  { law: 4, name: "a replaced session expires by its new expiry, a sooner one too", run: expiresByReplacement },
  { law: 4, name: "expired sessions are neither listed nor counted by destroyAll", run: isNotCounted },
  { law: 4, name: "sweep leaves every live session as it was", run: sparesLive },
  {
    law: 4,
    name: "sweep drops nothing, and says so, when nothing has expired",
    needs: ["exactTime"],
    run: sweepsNothing,
  },
  {
    law: 4,
    name: "sweep drops what expired, at most its limit, and counts it",
    needs: ["exactTime"],
    run: sweepsByLimit,
  },
];

async function isAbsent(bench: Bench): Promise<void> {
  const expiresAt = bench.soon();
  const owner = newOwner();
  const [owned, anonymous] = [await created(bench, {}, { owner, expiresAt }), await created(bench, {}, { expiresAt })];
  assert.ok(await bench.store.load(owned));
  await assertListed(bench.store, owner, [owned]);
  await bench.until(expiresAt);
  for (const store of bench.stores) {
    for (const key of [owned, anonymous]) await assertGone(store, key, bench);
    await assertListed(store, owner, []);
    assert.equal(await store.destroyAll(owner), 0);
  }
}

async function isAbsentExactly(bench: Bench): Promise<void> {
  const owner = newOwner();
  const expiresAt = bench.soon();
  const key = await created(bench, { a: "1" }, { owner, expiresAt });
  await bench.until(expiresAt - 1);
  for (const store of bench.stores) {
    assert.ok(await store.load(key));
    await assertListed(store, owner, [key]);
    assert.equal(await store.create(key, record(bench)), false, "the key is taken");
    assert.equal(await store.commit(key, change({ a: "2" })), "committed");
  }
  await bench.until(expiresAt);
  for (const store of bench.stores) {
    await assertGone(store, key, bench);
    await assertListed(store, owner, []);
  }
  assert.equal(await bench.store.create(key, record(bench)), true, "the key is free");
}

async function livesOnWhenTouched(bench: Bench): Promise<void> {
  const expiresAt = bench.soon();
  const owner = newOwner();
  const [touched, written, idle] = await createdMany(bench, 3, { owner, expiresAt });
  assert.ok(touched && written && idle);
  await bench.store.commit(touched, change({}, { expiresAt: bench.later() }));
  await bench.store.commit(written, change({ a: "1" }, { expiresAt: bench.later() }));
  await bench.until(expiresAt);
  await bench.store.sweep(bench.clock(), 1_000_000);
  for (const store of bench.stores) {
    assert.ok(await store.load(touched));
    assertFields(await loaded(store, written), { n: "1", a: "1" });
    await assertListed(store, owner, [touched, written]);
    await assertGone(store, idle, bench);
  }
}

async function startsAnew(bench: Bench): Promise<void> {
  const [first, second] = [newOwner(), newOwner()];
  const expiresAt = bench.soon();
  const owners = [second, undefined, first];
  const keys = await createdMany(bench, owners.length, { owner: first, expiresAt });
  await bench.until(expiresAt);
  for (const [i, key] of keys.entries()) {
    const given = record(bench, { fresh: "1" }, { owner: owners[i], version: 3 });
    assert.equal(await bench.store.create(key, given), true);
    for (const store of bench.stores)
      assertSameRecord(await store.load(key), given, "nothing of the old session is left");
  }
  await bench.store.sweep(bench.clock(), 1_000_000);
  await assertListed(bench.store, first, keys.slice(2));
  await assertListed(bench.store, second, keys.slice(0, 1));
}

async function expiresByReplacement(bench: Bench): Promise<void> {
  const owner = newOwner();
  const expiresAt = bench.soon();
  const [long, short] = [await created(bench, {}, { owner }), await created(bench, {}, { owner, expiresAt })];
  const [nowShort, nowLong] = [newKey(), newKey()];
  await bench.store.replace(long, nowShort, replacement(bench, { owner, expiresAt }));
  await bench.store.replace(short, nowLong, replacement(bench, { owner }));
  await bench.until(expiresAt);
  await assertGone(bench.store, nowShort, bench);
  assert.ok(await bench.store.load(nowLong));
  await assertListed(bench.store, owner, [nowLong]);
}

async function isNotCounted(bench: Bench): Promise<void> {
  const owner = newOwner();
  const expiresAt = bench.soon();
  await createdMany(bench, 7, { owner, expiresAt });
  const live = await createdMany(bench, 3, { owner });
  await bench.until(expiresAt);
  await assertListed(bench.store, owner, live);
  const { sessions } = await bench.store.list(owner, { limit: 3 });
  assert.ok(sessions.length <= 3);
  assert.equal(await bench.store.destroyAll(owner, { except: live[0] }), 2);
}

async function sparesLive(bench: Bench): Promise<void> {
  const owner = newOwner();
  const expiresAt = bench.soon();
  const given = record(bench, { a: "1" }, { owner });
  const key = newKey();
  await bench.store.create(key, given);
  const anonymous = await created(bench, { a: "1" });
  await createdMany(bench, 20, { owner, expiresAt });
  const [moved, kept] = [newKey(), await created(bench)];
  const keepOldUntil = bench.later();
  await bench.store.replace(kept, moved, replacement(bench, { keepOldUntil }));
  await bench.until(expiresAt);
  for (const store of bench.stores) {
    const count = await store.sweep(bench.clock(), 1_000_000);
    assert.ok(Number.isSafeInteger(count) && count >= 0);
    assertSameRecord(await store.load(key), given);
    assertFields(await loaded(store, anonymous), { a: "1" });
    assert.equal((await store.load(kept))?.movedTo, moved);
    await assertListed(store, owner, [key]);
  }
}

async function sweepsNothing(bench: Bench): Promise<void> {
  await bench.store.sweep(bench.clock(), 1_000_000);
  const keys = await createdMany(bench, 5, { expiresAt: bench.soon() });
  assert.equal(await bench.store.sweep(bench.clock(), 100), 0);
  for (const key of keys) assert.ok(await bench.store.load(key));
  for (const key of keys) await bench.store.destroy(key);
  await bench.until(bench.soon());
  assert.equal(await bench.store.sweep(bench.clock(), 100), 0, "what was destroyed has not expired");
}

async function sweepsByLimit(bench: Bench): Promise<void> {
  await bench.store.sweep(bench.clock(), 1_000_000);
  const expiresAt = bench.soon();
  const owner = newOwner();
  await createdMany(bench, 15, { expiresAt });
  await createdMany(bench, 10, { owner, expiresAt: expiresAt + 1 });
  const live = await createdMany(bench, 5, { owner, expiresAt: expiresAt + 10_000 });
  await bench.until(expiresAt + 2);
  const counts: number[] = [];
  for (const limit of [10, 10, 10, 10]) counts.push(await bench.store.sweep(bench.clock(), limit));
  assert.deepEqual(counts, [10, 10, 5, 0]);
  await assertListed(bench.store, owner, live);
}
