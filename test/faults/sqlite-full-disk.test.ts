// A full disk under the embedded store: what is acknowledged is kept, new sessions are refused, and users can log out.
import assert from "node:assert/strict";
import { existsSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../src/core/errors.ts";
import type { SessionRecord } from "../../src/core/record/store.ts";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite/index.ts";
import { mountSmallDisk, type SmallDisk } from "../fixtures/servers/small-disk.ts";

for (const durability of ["disk", "process"] as const) {
  test(`a disk that the store fills refuses new sessions before logouts (${durability})`, async (t) => {
    const disk = await smallDisk(t, 12);
    if (!disk) return;
    const store = open(t, disk, durability);
    const kept = await createUntilRefused(store);
    assert.ok(kept.length > 100, `${kept.length} sessions`);
    await assertKeptAndEnded(store, kept);
  });

  test(`a disk that others fill lets users log out (${durability})`, async (t) => {
    const disk = await smallDisk(t, 40);
    if (!disk) return;
    const store = open(t, disk, durability);
    const kept = await create(store, 0, 1_000);
    await reserveOf(disk);
    disk.fill();
    kept.push(...(await createUntilRefused(store, kept.length)));
    await assertKeptAndEnded(store, kept);
    await assert.rejects(store.create("during", record()), StoreUnavailableError);
    disk.free();
    await sleep(200);
    for (let isCreated = false; !isCreated; await sleep(100)) {
      isCreated = await store.create("after", record()).catch(() => false);
    }
    assert.ok(store.load("after"), "it goes on when there is room again");
  });
}

test("an empty reserve refuses nothing while the disk has room: the process that was to fill it may have been killed", async (t) => {
  const disk = await smallDisk(t, 40);
  if (!disk) return;
  await open(t, disk, "disk").close();
  writeFileSync(join(disk.folder, "store", "sessions.sqlite-reserve"), "", { mode: 0o600 });
  const store = open(t, disk, "disk");
  assert.equal(await store.create("key", record()), true);
});

async function smallDisk(t: TestContext, megabytes: number): Promise<SmallDisk | undefined> {
  const disk = await mountSmallDisk(megabytes);
  if (!disk) t.diagnostic("this user may not mount a file system: not run");
  else t.after(() => disk.remove());
  return disk;
}

function open(t: TestContext, { folder }: SmallDisk, durability: "disk" | "process"): SqliteStore {
  const store = sqliteStore({ path: join(folder, "store"), durability, timeout: 10_000 });
  t.after(() => store.close());
  return store;
}

function record(): SessionRecord {
  const fields = new Map([["text", "x".repeat(1_000)]]);
  return { fields, createdAt: 0, expiresAt: Date.now() + 3_600_000, owner: "ann", version: 1 };
}

/** Returns the keys that were acknowledged. */
async function create(store: SqliteStore, from: number, count: number): Promise<string[]> {
  const keys = Array.from({ length: count }, (_, i) => `key-${from + i}`);
  const results = await Promise.allSettled(keys.map((key) => store.create(key, record())));
  for (const result of results) {
    if (result.status === "rejected") assert.ok(result.reason instanceof StoreUnavailableError);
  }
  return keys.filter((_, i) => results[i]?.status === "fulfilled");
}

async function createUntilRefused(store: SqliteStore, from = 0): Promise<string[]> {
  const kept: string[] = [];
  for (let next = from; ; next += 50) {
    const created = await create(store, next, 50);
    kept.push(...created);
    if (created.length < 50) return kept;
  }
}

/** The store makes its reserve a second after it was opened. Resolves when it has grown to its size. */
async function reserveOf({ folder }: SmallDisk): Promise<void> {
  const file = join(folder, "store", "sessions.sqlite-reserve");
  const sizeOf = (): number => (existsSync(file) ? statSync(file).size : 0);
  for (let [before, size] = [0, sizeOf()]; size === 0 || size !== before; size = sizeOf()) {
    before = size;
    await sleep(50);
  }
}

/** Every acknowledged session is there, and each user can log out, one after another and many at once. */
async function assertKeptAndEnded(store: SqliteStore, kept: readonly string[]): Promise<void> {
  for (const key of kept) assert.ok(store.load(key), key);
  const [one, ...others] = kept.slice(0, 500);
  assert.equal(await store.destroy(one as string), true);
  for (const key of others.slice(0, 50)) assert.equal(await store.destroy(key), true);
  const ended = await Promise.all(others.slice(50).map((key) => store.destroy(key)));
  assert.ok(ended.every(Boolean));
  for (const key of kept.slice(0, 500)) assert.equal(store.load(key), undefined);
}
