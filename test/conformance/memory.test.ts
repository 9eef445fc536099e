// The memory store keeps the laws of a store.
import test from "node:test";
import { memoryStore } from "../../src/stores/memory.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";

for (const { name, run } of storeConformance({ createStore: (clock) => memoryStore({ clock }), time: "fake" })) {
  test(`memory, ${name}`, run);
}
