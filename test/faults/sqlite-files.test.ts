// Files of the embedded store that somebody removes or replaces while it is open: no write goes to a file that is gone, and
// the store opens what is there now.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, type TestContext, test } from "node:test";
import { SessionOptionError } from "../../src/core/errors.ts";
import type { SessionRecord } from "../../src/core/record/store.ts";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite/index.ts";

function open(t: TestContext): SqliteStore {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-files-"));
  const store = sqliteStore({ path: join(folder, "store") });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
}

function record(): SessionRecord {
  return { fields: new Map(), createdAt: 0, expiresAt: Date.now() + 3_600_000, owner: undefined, version: 1 };
}

/** Another process that opens the store now finds what this one acknowledged. */
async function assertWritesReach(store: SqliteStore, key: string): Promise<void> {
  assert.equal(await store.create(key, record()), true);
  const other = new DatabaseSync(join(store.path, "sessions.sqlite"));
  try {
    assert.equal(other.prepare("SELECT count(*) AS rows FROM sessions WHERE key = ?").get(key)?.["rows"], 1);
  } finally {
    other.close();
  }
}

describe("while the embedded store is open", () => {
  test("its directory may be removed: the next write makes another one", async (t) => {
    const store = open(t);
    await store.create("before", record());
    rmSync(store.path, { recursive: true });
    await assertWritesReach(store, "after");
    assert.equal(store.load("before"), undefined);
    assert.equal(statSync(store.path).mode & 0o777, 0o700);
  });

  test("its database may be replaced by a copy: the store opens the copy", async (t) => {
    const store = open(t);
    await store.create("before", record());
    const source = new DatabaseSync(join(store.path, "sessions.sqlite"));
    source.exec(`VACUUM INTO '${join(store.path, "copy")}'`);
    source.close();
    chmodSync(join(store.path, "copy"), 0o600);
    await store.create("between", record());
    renameSync(join(store.path, "copy"), join(store.path, "sessions.sqlite"));
    rmSync(join(store.path, "sessions.sqlite-wal"));
    rmSync(join(store.path, "sessions.sqlite-shm"));
    await assertWritesReach(store, "after");
    assert.ok(store.load("before"));
    assert.equal(store.load("between"), undefined);
  });

  for (const file of ["sessions.sqlite-wal", "sessions.sqlite-shm"]) {
    test(`${file} may be removed: nothing that was acknowledged is lost`, async (t) => {
      const store = open(t);
      await store.create("before", record());
      rmSync(join(store.path, file));
      await assertWritesReach(store, "after");
      assert.ok(store.load("before"));
      assert.ok(readdirSync(store.path).includes(file));
    });
  }
});

test("a copy that was made while the store was written is an SQLite database or refused, never a crash", async (t) => {
  const store = open(t);
  await store.create("before", record());
  const copy = join(store.path, "..", "copy");
  // By another process: to open and close the files here would drop SQLite's locks.
  execFileSync("cp", ["-rp", store.path, copy]);
  const opened = sqliteStore({ path: copy });
  assert.ok(opened.load("before"));
  await opened.close();
});

test("another program's database and one of a later version are refused, and left as they are", async (t) => {
  const { path } = open(t);
  const statements = { "another program's": "CREATE TABLE t (a)", "a later version": "PRAGMA user_version = 2" };
  for (const [text, sql] of Object.entries(statements)) {
    const place = join(path, "..", text.replace(/\W/g, "-"));
    mkdirSync(place, { mode: 0o700 });
    const file = join(place, "sessions.sqlite");
    writeFileSync(file, "", { mode: 0o600 });
    if (text === "a later version") await sqliteStore({ path: place }).close();
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
    const { size, mtimeMs } = statSync(file);
    assert.throws(
      () => sqliteStore({ path: place }),
      (error) => error instanceof SessionOptionError && error.message.includes(text),
    );
    assert.deepEqual([statSync(file).size, statSync(file).mtimeMs], [size, mtimeMs]);
  }
});
