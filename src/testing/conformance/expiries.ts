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
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

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

async function isAbsent(fixture: Fixture): Promise<void> {
  const expiresAt = fixture.soon();
  const owner = newOwner();
  const [owned, anonymous] = [
    await created(fixture, {}, { owner, expiresAt }),
    await created(fixture, {}, { expiresAt }),
  ];
  assert.ok(await fixture.store.load(owned));
  await assertListed(fixture.store, owner, [owned]);
  await fixture.until(expiresAt);
  for (const store of fixture.stores) {
    for (const key of [owned, anonymous]) await assertGone(store, key, fixture);
    await assertListed(store, owner, []);
    assert.equal(await store.destroyAll(owner), 0);
  }
}

async function isAbsentExactly(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const expiresAt = fixture.soon();
  const key = await created(fixture, { a: "1" }, { owner, expiresAt });
  await fixture.until(expiresAt - 1);
  for (const store of fixture.stores) {
    assert.ok(await store.load(key));
    await assertListed(store, owner, [key]);
    assert.equal(await store.create(key, record(fixture)), false, "the key is taken");
    assert.equal(await store.commit(key, change({ a: "2" })), "committed");
  }
  await fixture.until(expiresAt);
  for (const store of fixture.stores) {
    await assertGone(store, key, fixture);
    await assertListed(store, owner, []);
  }
  assert.equal(await fixture.store.create(key, record(fixture)), true, "the key is free");
}

async function livesOnWhenTouched(fixture: Fixture): Promise<void> {
  const expiresAt = fixture.soon();
  const owner = newOwner();
  const [touched, written, idle] = await createdMany(fixture, 3, { owner, expiresAt });
  assert.ok(touched && written && idle);
  await fixture.store.commit(touched, change({}, { expiresAt: fixture.later() }));
  await fixture.store.commit(written, change({ a: "1" }, { expiresAt: fixture.later() }));
  await fixture.until(expiresAt);
  await fixture.store.sweep(fixture.clock(), 1_000_000);
  for (const store of fixture.stores) {
    assert.ok(await store.load(touched));
    assertFields(await loaded(store, written), { n: "1", a: "1" });
    await assertListed(store, owner, [touched, written]);
    await assertGone(store, idle, fixture);
  }
}

async function startsAnew(fixture: Fixture): Promise<void> {
  const [first, second] = [newOwner(), newOwner()];
  const expiresAt = fixture.soon();
  const owners = [second, undefined, first];
  const keys = await createdMany(fixture, owners.length, { owner: first, expiresAt });
  await fixture.until(expiresAt);
  for (const [i, key] of keys.entries()) {
    const given = record(fixture, { fresh: "1" }, { owner: owners[i], version: 3 });
    assert.equal(await fixture.store.create(key, given), true);
    for (const store of fixture.stores)
      assertSameRecord(await store.load(key), given, "nothing of the old session is left");
  }
  await fixture.store.sweep(fixture.clock(), 1_000_000);
  await assertListed(fixture.store, first, keys.slice(2));
  await assertListed(fixture.store, second, keys.slice(0, 1));
}

async function expiresByReplacement(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const expiresAt = fixture.soon();
  const [long, short] = [await created(fixture, {}, { owner }), await created(fixture, {}, { owner, expiresAt })];
  const [nowShort, nowLong] = [newKey(), newKey()];
  await fixture.store.replace(long, nowShort, replacement(fixture, { owner, expiresAt }));
  await fixture.store.replace(short, nowLong, replacement(fixture, { owner }));
  await fixture.until(expiresAt);
  await assertGone(fixture.store, nowShort, fixture);
  assert.ok(await fixture.store.load(nowLong));
  await assertListed(fixture.store, owner, [nowLong]);
}

async function isNotCounted(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const expiresAt = fixture.soon();
  await createdMany(fixture, 7, { owner, expiresAt });
  const live = await createdMany(fixture, 3, { owner });
  await fixture.until(expiresAt);
  await assertListed(fixture.store, owner, live);
  const { sessions } = await fixture.store.list(owner, { limit: 3 });
  assert.ok(sessions.length <= 3);
  assert.equal(await fixture.store.destroyAll(owner, { except: live[0] }), 2);
}

async function sparesLive(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const expiresAt = fixture.soon();
  const given = record(fixture, { a: "1" }, { owner });
  const key = newKey();
  await fixture.store.create(key, given);
  const anonymous = await created(fixture, { a: "1" });
  await createdMany(fixture, 20, { owner, expiresAt });
  const [moved, kept] = [newKey(), await created(fixture)];
  const keepOldUntil = fixture.later();
  await fixture.store.replace(kept, moved, replacement(fixture, { keepOldUntil }));
  await fixture.until(expiresAt);
  for (const store of fixture.stores) {
    const count = await store.sweep(fixture.clock(), 1_000_000);
    assert.ok(Number.isSafeInteger(count) && count >= 0);
    assertSameRecord(await store.load(key), given);
    assertFields(await loaded(store, anonymous), { a: "1" });
    assert.equal((await store.load(kept))?.movedTo, moved);
    await assertListed(store, owner, [key]);
  }
}

async function sweepsNothing(fixture: Fixture): Promise<void> {
  await fixture.store.sweep(fixture.clock(), 1_000_000);
  const keys = await createdMany(fixture, 5, { expiresAt: fixture.soon() });
  assert.equal(await fixture.store.sweep(fixture.clock(), 100), 0);
  for (const key of keys) assert.ok(await fixture.store.load(key));
  for (const key of keys) await fixture.store.destroy(key);
  await fixture.until(fixture.soon());
  assert.equal(await fixture.store.sweep(fixture.clock(), 100), 0, "what was destroyed has not expired");
}

async function sweepsByLimit(fixture: Fixture): Promise<void> {
  await fixture.store.sweep(fixture.clock(), 1_000_000);
  const expiresAt = fixture.soon();
  const owner = newOwner();
  await createdMany(fixture, 15, { expiresAt });
  await createdMany(fixture, 10, { owner, expiresAt: expiresAt + 1 });
  const live = await createdMany(fixture, 5, { owner, expiresAt: expiresAt + 10_000 });
  await fixture.until(expiresAt + 2);
  const counts: number[] = [];
  for (const limit of [10, 10, 10, 10]) counts.push(await fixture.store.sweep(fixture.clock(), limit));
  assert.deepEqual(counts, [10, 10, 5, 0]);
  await assertListed(fixture.store, owner, live);
}
