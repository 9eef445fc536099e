// A sync of the embedded store's log that fails: what was written before it may be lost, so the store ends.
import assert from "node:assert/strict";
import fs, { mkdtempSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { StoreUnavailableError } from "../../src/core/errors.ts";
import type { SessionRecord } from "../../src/core/record/store.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";

const record: SessionRecord = {
  fields: new Map(),
  createdAt: 0,
  expiresAt: Date.now() + 3_600_000,
  owner: undefined,
  version: 1,
};

test("after a sync that failed, every call rejects until a new store is made", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-sync-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "store");
  const store = sqliteStore({ path });
  await store.create("before", record);

  const failing = t.mock.method(fs, "fdatasync", (_: number, callback: (error: Error) => void) => {
    setImmediate(callback, Object.assign(new Error("EIO: i/o error, fdatasync"), { code: "EIO" }));
  });
  syncBuiltinESMExports();
  await assert.rejects(store.create("during", record), StoreUnavailableError);
  failing.mock.restore();
  syncBuiltinESMExports();

  await assert.rejects(store.create("after", record), StoreUnavailableError);
  await assert.rejects(store.destroy("before"), StoreUnavailableError);
  assert.throws(() => store.load("before"), StoreUnavailableError);
  await store.close();

  const anew = sqliteStore({ path });
  assert.ok(anew.load("before"));
  assert.equal(await anew.create("after", record), true);
  await anew.close();
});

test("timers that a test fakes do not stop the store", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-timers-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  t.mock.timers.enable();
  const store = sqliteStore({ path: join(folder, "store") });
  assert.equal(await store.create("key", { ...record, expiresAt: 1_000 }), true);
  assert.equal(await store.destroy("key"), true);
  await store.close();
});
