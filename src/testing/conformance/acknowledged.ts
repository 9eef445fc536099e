// Law 3: acknowledged means kept. What this suite can see of it: another process sees at once what a call of this one
// resolved, and goes on seeing it when this one is closed. Killing processes and servers is for a test of its own.
import assert from "node:assert/strict";
import type { SessionStore } from "../../core/record/store.ts";
import {
  assertFields,
  assertGone,
  assertListed,
  change,
  created,
  loaded,
  newKey,
  newOwner,
  range,
  record,
  replacement,
} from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const acknowledgedCases: readonly CaseDefinition[] = [
  { law: 3, name: "the store has a name", run: hasName },
  { law: 3, name: "what a call has resolved, the next call sees", run: (fixture) => isSeen(fixture, fixture.store) },
  {
    law: 3,
    name: "what a call has resolved, another process sees at once",
    needs: ["another"],
    run: (fixture) => isSeen(fixture, other(fixture)),
  },
  {
    law: 3,
    name: "two processes take turns on one session",
    needs: ["another"],
    run: takesTurns,
  },
  {
    law: 3,
    name: "what was written stays when the store that wrote it is closed",
    needs: ["another"],
    run: outlivesWriter,
  },
  { law: 3, name: "close may be called twice", run: closesTwice },
  { law: 3, name: "the harness says truly whether the store keeps a development secret", run: saysSecretTruly },
  { law: 3, name: "the development secret is made once and stays the same", needs: ["secret"], run: keepsSecret },
];

/** The second store, where a case has one. */
function other({ stores, store }: Fixture): SessionStore {
  return stores[1] ?? store;
}

async function hasName({ store }: Fixture): Promise<void> {
  assert.equal(typeof store.name, "string");
  assert.notEqual(store.name, "");
}

async function isSeen(fixture: Fixture, seenBy: SessionStore): Promise<void> {
  for (const round of range(20)) {
    const owner = newOwner();
    const [key, moved] = [newKey(), newKey()];
    assert.equal(await seenBy.load(key), undefined, "an absence that was seen is not remembered");
    await fixture.store.create(key, record(fixture, { a: "1" }, { owner }));
    assertFields(await loaded(seenBy, key), { a: "1" });
    await fixture.store.commit(key, change({ a: "2", b: "3" }));
    assertFields(await loaded(seenBy, key), { a: "2", b: "3" });
    await fixture.store.replace(key, moved, replacement(fixture, { owner }));
    assert.equal(await seenBy.load(key), undefined);
    assertFields(await loaded(seenBy, moved), { a: "2", b: "3" });
    await assertListed(seenBy, owner, [moved]);
    if (round % 2) await fixture.store.destroy(moved);
    else await fixture.store.destroyAll(owner);
    await assertGone(seenBy, moved, fixture);
    await assertListed(seenBy, owner, []);
  }
}

async function takesTurns(fixture: Fixture): Promise<void> {
  const [here, there] = [fixture.store, other(fixture)];
  let key = await created(fixture, { turn: "0" });
  for (const turn of range(20)) {
    const store = turn % 2 ? here : there;
    const { version, fields } = await loaded(store, key);
    assert.equal(fields.get("turn"), String(turn));
    const next = change({ turn: String(turn + 1) }, { ifVersion: version });
    assert.equal(await store.commit(key, next), "committed");
    if (turn % 5 !== 4) continue;
    const moved = newKey();
    assert.equal(await (turn % 2 ? there : here).replace(key, moved, replacement(fixture)), "committed");
    key = moved;
  }
}

async function outlivesWriter(fixture: Fixture): Promise<void> {
  const owner = newOwner();
  const key = await created(fixture, { a: "1" }, { owner });
  await fixture.store.commit(key, change({ b: "2" }));
  const ended = await created(fixture, { a: "1" }, { owner });
  await fixture.store.destroy(ended);
  await fixture.store.close();
  assertFields(await loaded(other(fixture), key), { a: "1", b: "2" });
  await assertGone(other(fixture), ended, fixture);
  await assertListed(other(fixture), owner, [key]);
  assert.equal(await other(fixture).commit(key, change({ c: "3" })), "committed");
}

async function closesTwice({ store }: Fixture): Promise<void> {
  await store.close();
  await store.close();
}

async function saysSecretTruly({ harness, store }: Fixture): Promise<void> {
  assert.equal(store.developmentSecret !== undefined, harness.keepsSecret ?? false, "harness.keepsSecret");
}

async function keepsSecret({ stores }: Fixture): Promise<void> {
  let made = 0;
  const secrets = [...stores, ...stores].map((store) => store.developmentSecret?.(() => `made-${++made}-by-the-suite`));
  assert.equal(new Set(secrets).size, 1, "every process gets the same");
  assert.ok(made <= 1, "and it is made once");
  assert.equal(typeof secrets[0], "string");
}
