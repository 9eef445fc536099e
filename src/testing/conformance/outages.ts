// Law 6: each call is bounded in time, and an outage is a StoreUnavailableError.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { SessionError } from "../../core/errors.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { change, created, newKey, newOwner, record, replacement } from "./fixture.ts";
import type { CaseDefinition, Fixture } from "./harness.ts";

export const outageCases: readonly CaseDefinition[] = [
  {
    law: 6,
    name: "without an answer every call rejects in time with StoreUnavailableError",
    needs: ["outage"],
    run: rejects,
  },
  { law: 6, name: "without an answer parallel calls reject in time too", needs: ["outage"], run: rejectsInParallel },
  { law: 6, name: "without an answer close resolves in time", needs: ["outage"], run: closes },
  { law: 6, name: "what the store can't hold is refused as data, and never told as an outage", run: refusesData },
];

const DEFAULT_DEADLINE = 5_000;

/** All calls of a store that must not be reported as done. */
function calls(fixture: Fixture, store: SessionStore): ReadonlyMap<string, () => unknown> {
  return new Map<string, () => unknown>([
    ["load", () => store.load(newKey())],
    ["create", () => store.create(newKey(), record(fixture, { a: "1" }, { owner: newOwner() }))],
    ["commit", () => store.commit(newKey(), change({ a: "1" }))],
    ["replace", () => store.replace(newKey(), newKey(), replacement(fixture))],
    ["destroy", () => store.destroy(newKey())],
    ["list", () => store.list(newOwner())],
    ["destroyAll", () => store.destroyAll(newOwner())],
    ["sweep", () => store.sweep(fixture.clock(), 100)],
    ...(store.browse ? [["browse", () => store.browse?.()] as const] : []),
    ...(store.count ? [["count", () => store.count?.()] as const] : []),
  ]);
}

async function rejects(fixture: Fixture): Promise<void> {
  await withoutAnswer(fixture, async (store) => {
    for (const [name, call] of calls(fixture, store)) await assertUnavailable(fixture, name, call);
  });
}

async function rejectsInParallel(fixture: Fixture): Promise<void> {
  await withoutAnswer(fixture, async (store) => {
    const all = [...calls(fixture, store), ...calls(fixture, store), ...calls(fixture, store)];
    await Promise.all(all.map(([name, call]) => assertUnavailable(fixture, name, call)));
  });
}

async function closes(fixture: Fixture): Promise<void> {
  await withoutAnswer(fixture, async (store) => {
    await inTime(fixture, "close", async () => store.close());
  });
}

/** Longer than any index takes, and incompressible: few databases can hold it as a key. */
const LONG_KEY = Array.from({ length: 500 }, newKey).join("");

/** Otherwise one visitor could have the store taken for dead, for everybody. */
async function refusesData(fixture: Fixture): Promise<void> {
  const { store, harness } = fixture;
  const longKey = LONG_KEY.slice(0, harness.maxKeyLength);
  const key = await created(fixture, { a: "1" });
  const writes: [string, () => unknown][] = [
    ["create", () => store.create(longKey, record(fixture, { a: "1" }))],
    ["replace", () => store.replace(key, longKey, replacement(fixture))],
    ["destroy", () => store.destroy(longKey)],
  ];
  for (const [name, write] of writes) {
    const error: unknown = await Promise.resolve()
      .then(write)
      .then(
        () => undefined,
        (reason: unknown) => reason,
      );
    if (error === undefined) continue;
    assert.ok(error instanceof SessionError, `${name} rejects with an error of the library, and not with ${error}`);
    assert.notEqual(error.code, "STORE_UNAVAILABLE", `${name} of data that the store can't hold is no outage`);
  }
  await created(fixture, { a: "1" });
}

async function withoutAnswer(fixture: Fixture, run: (store: SessionStore) => Promise<void>): Promise<void> {
  const store = await fixture.harness.outage?.();
  assert.ok(store, "the harness gives a store whose server does not answer");
  try {
    await run(store);
  } finally {
    await store.close();
  }
}

async function assertUnavailable(fixture: Fixture, name: string, call: () => unknown): Promise<void> {
  const isUnavailable = (error: unknown): true => {
    assert.ok(error instanceof SessionError, `${name} rejects with an error of the library, and not with ${error}`);
    assert.deepEqual([error.code, error.status], ["STORE_UNAVAILABLE", 503], name);
    return true;
  };
  await assert.rejects(() => inTime(fixture, name, async () => call()), isUnavailable);
}

async function inTime(fixture: Fixture, name: string, call: () => Promise<unknown>): Promise<void> {
  const { deadline = DEFAULT_DEADLINE } = fixture.harness;
  const timer = new AbortController();
  const late = sleep(deadline, undefined, { signal: timer.signal }).then(() => {
    throw new assert.AssertionError({ message: `${name} did not settle within ${deadline} ms` });
  });
  try {
    await Promise.race([call(), late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}
