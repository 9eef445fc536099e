// Law 2 for those who watch: every process learns within a second that a session has ended.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { SessionStore } from "../../core/record/store.ts";
import {
  assertFields,
  change,
  created,
  createdMany,
  loaded,
  newKey,
  newOwner,
  QUIET,
  record,
  replacement,
  within1Second,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const listenerCases: readonly CaseDefinition[] = [
  { law: 2, name: "the harness says truly whether the store tells of ends", run: saysTruly },
  { law: 2, name: "listeners are told of every session that is destroyed", needs: ["subscribe"], run: tellsOfDestroy },
  { law: 2, name: "listeners are told of each session that destroyAll ends", needs: ["subscribe"], run: tellsOfAll },
  {
    law: 2,
    name: "listeners are told where a replaced session goes on, if it kept its owner",
    needs: ["subscribe"],
    run: tellsOfReplace,
  },
  {
    law: 2,
    name: "listeners hear nothing of what did not end, nor of expiry",
    needs: ["subscribe"],
    run: tellsNothingElse,
  },
  {
    law: 2,
    name: "after unsubscribing a listener hears nothing, and others go on",
    needs: ["subscribe"],
    run: unsubscribes,
  },
  {
    law: 2,
    name: "a listener that throws breaks neither the call nor the others",
    needs: ["subscribe"],
    run: survivesListeners,
  },
];

type Told = Map<string, string | undefined>;

/** Listens on every store; what each was told. */
async function listen({ stores }: Fixture): Promise<readonly Told[]> {
  return Promise.all(
    stores.map(async (store) => {
      const told: Told = new Map();
      await subscribe(store, (key, movedTo) => void told.set(key, movedTo));
      return told;
    }),
  );
}

async function subscribe(store: SessionStore, listener: (key: string, movedTo: string | undefined) => void) {
  const unsubscribe = await store.subscribe?.(listener);
  assert.equal(typeof unsubscribe, "function", "subscribe answers the function that ends the subscription");
  return unsubscribe as () => void;
}

async function saysTruly({ harness, store }: Fixture): Promise<void> {
  assert.equal(store.subscribe !== undefined, harness.subscribes ?? true, "harness.subscribes");
}

async function tellsOfDestroy(fixture: Fixture): Promise<void> {
  const before = await created(fixture);
  await fixture.store.destroy(before);
  const everywhere = await listen(fixture);
  for (const store of fixture.stores) {
    const keys = [await created(fixture), await created(fixture, {}, { owner: newOwner() })];
    await store.destroy(keys[0] ?? "");
    await store.destroy(keys[1] ?? "", { ifVersion: 1 });
    for (const told of everywhere) {
      await within1Second("every store tells of the destroyed sessions", () => keys.every((key) => told.has(key)));
      for (const key of keys) assert.equal(told.get(key), undefined, "a destroyed session goes on nowhere");
    }
  }
}

async function tellsOfAll(fixture: Fixture): Promise<void> {
  const everywhere = await listen(fixture);
  const owner = newOwner();
  const [spared = "", ...keys] = await createdMany(fixture, 20, { owner });
  await fixture.store.destroyAll(owner, { except: spared });
  for (const told of everywhere) {
    await within1Second("every store tells of each session", () => keys.every((key) => told.has(key)));
    assert.ok(!told.has(spared), "the excepted one has not ended");
  }
}

async function tellsOfReplace(fixture: Fixture): Promise<void> {
  const everywhere = await listen(fixture);
  const [ann, bob] = [newOwner(), newOwner()];
  const expected: Told = new Map();
  for (const keepOldUntil of [undefined, fixture.later()]) {
    for (const [before, after] of [
      [undefined, undefined],
      [ann, ann],
      [undefined, ann],
      [ann, bob],
      [ann, undefined],
    ]) {
      const [key, moved] = [await created(fixture, {}, { owner: before }), newKey()];
      await fixture.store.replace(key, moved, replacement(fixture, { owner: after, keepOldUntil }));
      expected.set(key, before === after ? moved : undefined);
    }
  }
  for (const told of everywhere) {
    await within1Second("every store tells of the replaced sessions", () =>
      [...expected.keys()].every((key) => told.has(key)),
    );
    assert.deepEqual(new Map([...told].filter(([key]) => expected.has(key))), expected);
    assert.equal(told.size, expected.size, "and of no other: the new keys have not ended");
  }
}

async function tellsNothingElse(fixture: Fixture): Promise<void> {
  const expiresAt = fixture.soon();
  const keys = [
    await created(fixture),
    await created(fixture, {}, { expiresAt }),
    await created(fixture, {}, { owner: newOwner(), expiresAt }),
    newKey(),
  ];
  const everywhere = await listen(fixture);
  const [live = "", , , never = ""] = keys;
  await fixture.store.commit(live, change({ a: "1" }, { expiresAt: fixture.later() + 1 }));
  await fixture.store.destroy(live, { ifVersion: 9 });
  await fixture.store.create(live, record(fixture));
  await fixture.store.destroy(never);
  await fixture.store.replace(never, newKey(), replacement(fixture));
  await fixture.store.destroyAll(newOwner());
  await fixture.until(expiresAt);
  for (const key of keys.slice(1)) await fixture.store.load(key);
  await fixture.store.sweep(fixture.clock(), 1_000);
  await sleep(QUIET);
  for (const told of everywhere) assert.deepEqual(told, new Map());
}

async function unsubscribes(fixture: Fixture): Promise<void> {
  const [gone, staying]: [Told, Told] = [new Map(), new Map()];
  const unsubscribe = await subscribe(fixture.store, (key, movedTo) => void gone.set(key, movedTo));
  await subscribe(fixture.store, (key, movedTo) => void staying.set(key, movedTo));
  const [first, second] = [await created(fixture), await created(fixture)];
  await fixture.store.destroy(first);
  await within1Second("both are told", () => gone.has(first) && staying.has(first));
  unsubscribe();
  unsubscribe();
  await fixture.store.destroy(second);
  await within1Second("who stays is told", () => staying.has(second));
  await sleep(QUIET);
  assert.ok(!gone.has(second), "who unsubscribed is not");
}

async function survivesListeners(fixture: Fixture): Promise<void> {
  const told: Told = new Map();
  const owner = newOwner();
  const unsubscribe = await subscribe(fixture.store, () => {
    throw new Error("a listener of the conformance suite throws on purpose");
  });
  await subscribe(fixture.store, (key, movedTo) => void told.set(key, movedTo));
  const [key, other, moved] = [await created(fixture), await created(fixture, { a: "1" }, { owner }), newKey()];
  assert.equal(await fixture.store.destroy(key), true);
  assert.equal(await fixture.store.replace(other, moved, replacement(fixture, { owner })), "committed");
  assertFields(await loaded(fixture.store, moved), { a: "1" });
  assert.equal(await fixture.store.destroyAll(owner), 1);
  await within1Second("the other listener is told", () => [key, other, moved].every((each) => told.has(each)));
  unsubscribe();
}
