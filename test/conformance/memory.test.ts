// The memory store keeps the laws of a store.
import test from "node:test";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";

const cases = storeConformance({ createStore: (clock) => memoryStore({ clock }), time: "fake", browses: true });
for (const { name, run } of cases) test(`memory, ${name}`, run);
