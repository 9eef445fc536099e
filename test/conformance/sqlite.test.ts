// The embedded store keeps the laws of a store, in both durabilities, also with a second one on the same directory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite/index.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-sqlite-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let directories = 0;

for (const durability of ["disk", "process"] as const) {
  const cases = storeConformance({
    createStore: (clock) => sqliteStore({ path: join(folder, String(++directories)), durability, clock }),
    another: (store, clock) => sqliteStore({ path: (store as SqliteStore).path, durability, clock }),
    time: "fake",
    keepsSecret: true,
    browses: true,
  });
  for (const { name, run } of cases) test(`sqlite (${durability}), ${name}`, run);
}
