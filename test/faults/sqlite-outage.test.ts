// Law 6 on the embedded store: a process that holds SQLite's lock and stands still.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { StoreUnavailableError } from "../../src/core/errors.ts";
import type { SessionRecord } from "../../src/core/record/store.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";

const WORKER = join(import.meta.dirname, "sqlite-lock-holder.ts");

test("while another process holds the lock, writes reject in time, reads answer, and it goes on afterwards", async (t) => {
  const path = newPath(t);
  const store = sqliteStore({ path, timeout: 700 });
  await store.create("before", record());
  const holder = spawn(process.execPath, [WORKER, path], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => holder.kill("SIGKILL"));
  await messageOf(holder);

  const began = Date.now();
  await Promise.all([
    assert.rejects(store.create("during", record()), StoreUnavailableError),
    assert.rejects(store.destroy("before"), StoreUnavailableError),
    assert.rejects(store.destroyAll("ann"), StoreUnavailableError),
  ]);
  assert.ok(Date.now() - began < 3_000);
  assert.equal(store.load("before")?.owner, "ann");
  assert.equal(store.list("ann").sessions.length, 1);

  await kill(holder);
  assert.equal(await store.create("after", record()), true, "the lock of a dead process is free");
  assert.equal(store.load("during"), undefined, "what was refused is not stored later");
  await store.close();
});

test("close ends in time while another process holds the lock", async (t) => {
  const path = newPath(t);
  const store = sqliteStore({ path, timeout: 300 });
  const holder = spawn(process.execPath, [WORKER, path], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.after(() => holder.kill("SIGKILL"));
  await messageOf(holder);
  const during = assert.rejects(store.create("during", record()), StoreUnavailableError);
  const began = Date.now();
  await store.close();
  assert.ok(Date.now() - began < 3_000);
  await during;
  await kill(holder);
});

function newPath(t: TestContext): string {
  const place = mkdtempSync(join(tmpdir(), "coatcheck-outage-"));
  t.after(() => rmSync(place, { recursive: true, force: true }));
  return join(place, "store");
}

function record(): SessionRecord {
  return { fields: new Map(), createdAt: 0, expiresAt: Date.now() + 3_600_000, owner: "ann", version: 1 };
}

/** What the worker tells; fails when it ends without a word. */
async function messageOf(worker: ChildProcess): Promise<unknown> {
  const ended = once(worker, "exit").then(([code, signal]) => assert.fail(`the worker ended (${code ?? signal})`));
  const [message] = await Promise.race([once(worker, "message"), ended]);
  ended.catch(() => {});
  return message;
}

async function kill(child: ChildProcess): Promise<void> {
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
