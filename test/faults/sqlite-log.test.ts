// How long the embedded store's log gets: under bulk creation by several processes, and beside a reader that stands still.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../src/core/errors.ts";
import type { SessionRecord } from "../../src/core/record/store.ts";
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from "../../src/stores/sqlite/index.ts";

const MEGABYTE = 1024 * 1024;
/** docs/stores/sqlite.md names it. */
const LIMIT = 40 * MEGABYTE;
const STORE = new URL("../../src/stores/sqlite/index.ts", import.meta.url).href;
const HOLDER = join(import.meta.dirname, "sqlite-lock-holder.ts");

for (const durability of ["disk", "process"] as const) {
  test(`four processes that create in bulk keep the log short (${durability})`, async (t) => {
    const store = open(t, { durability });
    const program = `
      const { sqliteStore } = await import(${JSON.stringify(STORE)});
      const store = sqliteStore({ path: ${JSON.stringify(store.path)}, durability: "${durability}", timeout: 60_000 });
      const record = { fields: new Map([["text", "x".repeat(2_000)]]), createdAt: 0, expiresAt: Date.now() + 3_600_000, version: 1 };
      for (let round = 0; round < 8; round++) {
        await Promise.all(Array.from({ length: 500 }, (_, i) => store.create([process.pid, round, i].join("-"), record)));
      }
      await store.close();`;
    const writers = Array.from({ length: 4 }, () =>
      spawn(process.execPath, ["--input-type=module", "--eval", program], { stdio: "inherit" }),
    );
    const ended = Promise.all(writers.map((writer) => once(writer, "exit")));
    let longest = 0;
    while (writers.some(({ exitCode }) => exitCode === null)) {
      longest = Math.max(longest, logBytes(store));
      await sleep(5);
    }
    assert.deepEqual(
      await ended,
      [0, 0, 0, 0].map((code) => [code, null]),
    );
    assert.equal(store.count().sessions, 16_000);
    t.diagnostic(`longest log ${(longest / MEGABYTE).toFixed(1)} MB`);
    assert.ok(longest <= LIMIT);
  });
}

test("beside a reader that stands still the log has a limit, reads go on, and so does all when it is dead", async (t) => {
  const store = open(t, { durability: "process", timeout: 1_000 });
  await store.create("before", record());
  const reader = spawn(process.execPath, [HOLDER, store.path, "read"], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => reader.kill("SIGKILL"));
  await once(reader, "message");
  reader.kill("SIGSTOP");
  let refused: unknown;
  for (let next = 0; refused === undefined; next += 200) {
    const creations = Array.from({ length: 200 }, (_, i) => store.create(`key-${next + i}`, record()));
    await Promise.all(creations).catch((error: unknown) => (refused = error));
    await Promise.allSettled(creations);
    assert.ok(logBytes(store) <= LIMIT, `${logBytes(store)} bytes`);
  }
  assert.ok(refused instanceof StoreUnavailableError);
  assert.ok(logBytes(store) > 30 * MEGABYTE);
  assert.ok(store.load("before"));
  await kill(reader);
  while (!(await store.create("after", record()).catch(() => false)));
  await store.create("more", record());
  assert.ok(logBytes(store) <= 9 * MEGABYTE, "the log has given back its room");
});

function open(t: TestContext, options: SqliteStoreOptions): SqliteStore {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-log-"));
  const store = sqliteStore({ path: join(folder, "store"), ...options });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

function logBytes({ path }: SqliteStore): number {
  return statSync(join(path, "sessions.sqlite-wal")).size;
}

function record(): SessionRecord {
  const fields = new Map([["text", "x".repeat(2_000)]]);
  return { fields, createdAt: 0, expiresAt: Date.now() + 3_600_000, owner: undefined, version: 1 };
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
