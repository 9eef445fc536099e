// A store may answer with any thenable: it keeps the laws as any other does, by itself and through the manager's guard.
import test from "node:test";
import { guardStore } from "../../src/core/record/guarded-store.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import { FOREIGN_PROMISES, withForeignPromises } from "../fixtures/foreign-promises.ts";
import { harnessOf } from "./broken/breakable.ts";

for (const [kind, foreign] of Object.entries(FOREIGN_PROMISES)) {
  const harness = harnessOf(() => ({}));
  const wrapped = (store: SessionStore): SessionStore => withForeignPromises(store, foreign);
  for (const [way, wrap] of [
    ["by itself", wrapped],
    ["guarded", (store: SessionStore) => guardStore(wrapped(store), 5_000, () => {})],
  ] as const) {
    const inner = new WeakMap<SessionStore, SessionStore>();
    const suite = storeConformance({
      ...harness,
      createStore: async (clock) => {
        const store = await harness.createStore(clock);
        const outer = wrap(store);
        inner.set(outer, store);
        return outer;
      },
      damage: (store, key) => harness.damage?.(inner.get(store) as SessionStore, key),
      another: async (store, clock) =>
        wrap(await (harness.another as NonNullable<typeof harness.another>)(inner.get(store) as SessionStore, clock)),
      outage: async () => wrap(await (harness.outage as NonNullable<typeof harness.outage>)()),
    });
    for (const { name, run } of suite) test(`a store of ${kind}, ${way}, ${name}`, run);
  }
}
