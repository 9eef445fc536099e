// By a real clock, a slow machine does not fail a store: cases that come too late for their short-lived records are repeated.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { scriptStore } from "../../test/fixtures/scripted-store.ts";
import type { SessionStore } from "../index.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { storeConformance } from "./store-conformance.ts";

/** So slow that records of the first rounds expire while a case still makes them. */
const slowStore = (): SessionStore => scriptStore(memoryStore(), (_method, proceed) => sleep(15).then(proceed));

for (const { name, run } of storeConformance({ createStore: slowStore, time: "real", shortLife: 10 })) {
  if (/expired record is absent|replaced session expires|keeps a session beyond/.test(name)) test(`slow, ${name}`, run);
}

test("a store that keeps what has expired fails all the same, by the first case that is in time", async () => {
  const store = (): SessionStore => memoryStore({ clock: () => 0 });
  const [absent] = storeConformance({ createStore: store, time: "real", shortLife: 10 }).filter(({ name }) =>
    name.includes("expired record is absent"),
  );
  await assert.rejects(async () => absent?.run(), assert.AssertionError);
});
