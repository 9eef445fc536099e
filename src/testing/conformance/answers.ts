// Law 6, the form of answers: a value, a promise of any realm or a library's thenable, and always the same answer for
// one call. A manager guards its store; what comes through the guard is a value or a promise of this realm.
import assert from "node:assert/strict";
import { guardStore } from "../../core/record/guarded-store.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { isThenable } from "../../core/util/awaitable.ts";
import { assertGone, change, fieldsOf, loaded, newKey, newOwner, record, replacement } from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

/** Far from what any call takes, in ms. */
const TIMEOUT = 10 * 60_000;

export const answerCases: readonly CaseDefinition[] = [
  { law: 6, name: "an answer that is awaited twice is the answer of one call", run: answersOnce },
  {
    law: 6,
    name: "a manager gets every answer as the store gives it, whatever kind of promise it is",
    run: passesGuard,
  },
];

async function answersOnce(fixture: Fixture): Promise<void> {
  const { store } = fixture;
  const key = newKey();
  const creating = store.create(key, record(fixture, { a: "1" }));
  assert.deepEqual([await creating, await creating], [true, true], "create");
  const committing = store.commit(key, change({ a: "2" }));
  assert.deepEqual([await committing, await committing], ["committed", "committed"], "commit");
  assert.equal((await loaded(store, key)).version, 2, "one commit raises the version by one");
  const ending = store.destroy(key);
  assert.deepEqual([await ending, await ending], [true, true], "destroy");
}

async function passesGuard(fixture: Fixture): Promise<void> {
  const guarded = onlyOwnPromises(guardStore(fixture.store, TIMEOUT, () => {}));
  const [key, moved, owner] = [newKey(), newKey(), newOwner()];
  assert.equal(await guarded.create(key, record(fixture, { a: "1" }, { owner })), true);
  assert.equal(await guarded.create(key, record(fixture)), false, "create of a key that is taken");
  assert.equal(await guarded.commit(key, change({ a: "2" }, { ifVersion: 7 })), "conflict");
  assert.equal(await guarded.commit(key, change({ a: "2" })), "committed");
  assert.deepEqual({ ...fieldsOf(await loaded(guarded, key)) }, { a: "2" });
  assert.equal(await guarded.replace(key, moved, replacement(fixture, { owner })), "committed");
  await assertGone(guarded, key, fixture);
  assert.deepEqual(
    (await guarded.list(owner)).sessions.map((session) => session.key),
    [moved],
  );
  assert.equal(await guarded.destroyAll(owner), 1);
  await assertGone(guarded, moved, fixture);
}

/** The store, with a look at each answer. */
function onlyOwnPromises(store: SessionStore): SessionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        const answer: unknown = Reflect.apply(member, target, args);
        assert.ok(answer instanceof Promise || !isThenable(answer), `${String(name)} answers a promise of this realm`);
        return answer;
      };
    },
  });
}
