// The embedded store keeps the laws of a store, also with a second one on the same directory.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { type LmdbStore, lmdbStore } from "../../src/stores/lmdb.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-lmdb-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let directories = 0;

const cases = storeConformance({
  createStore: (clock) => lmdbStore({ path: join(folder, String(++directories)), clock }),
  another: (store, clock) => lmdbStore({ path: (store as LmdbStore).path, clock }),
  time: "fake",
  keepsSecret: true,
  // LMDB takes no longer ones.
  maxKeyLength: 500,
  browses: true,
});
for (const { name, run } of cases) test(`lmdb, ${name}`, run);
