// Several processes and connections at once on PostgreSQL: nothing lost, nothing brought back, nobody slips away.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  change,
  newKey,
  postgresFixture,
  range,
  record,
  replacement,
} from "../../../test/fixtures/postgres/fixture.ts";
import type { SessionStore } from "../../core/record/store.ts";

const bench = await postgresFixture({ after }, ["deadlock_timeout=50ms"]);
const { store, pool, server } = bench;
const second = bench.another();
const WORKER = path.join(import.meta.dirname, "../../../test/fixtures/postgres/worker.ts");

async function worker(...args: string[]): Promise<void> {
  await promisify(execFile)(process.execPath, [WORKER, server.url, ...args]);
}

test("four processes commit 200 fields at once to one session, and all arrive", async () => {
  const key = newKey();
  await store.create(key, record());
  await Promise.all(range(4).map((i) => worker("commits", key, `p${i}`, "50")));
  const found = await store.load(key);
  assert.equal(found?.fields.size, 200);
  assert.equal(found?.version, 201);
});

test("four processes count by ifVersion, and no increment is lost", async () => {
  const key = newKey();
  await store.create(key, record({ count: "0" }));
  await Promise.all(range(4).map(() => worker("count", key, "50")));
  assert.equal((await store.load(key))?.fields.get("count"), "200");
});

test("destroy races commits 1,000 times, and no session comes back", async () => {
  for (const round of range(1_000)) {
    const key = newKey();
    await store.create(key, record({}, { owner: "racer" }));
    const results = await Promise.all([
      second.commit(key, change({ a: "1" }, round % 2 ? {} : { ifVersion: 1 })),
      store.destroy(key),
      store.commit(key, change({}, { expiresAt: Date.now() + 7_200_000 })),
      second.commit(key, change({ b: "1" })),
    ]);
    assert.equal(results[1], true);
    assert.equal(await second.load(key), undefined);
    assert.equal(await store.commit(key, change({ c: "1" })), "gone");
  }
  assert.deepEqual((await store.list("racer")).sessions, []);
});

test("whoever meets a destroy while it waits for the row's lock is told that the session is gone", async () => {
  for (const ifVersion of [undefined, 1]) {
    for (const changes of [change({ a: "1" }, { ifVersion }), change({}, { ifVersion })]) {
      const key = newKey();
      await store.create(key, record());
      const holder = await pool.connect();
      await holder.query("BEGIN");
      await holder.query("DELETE FROM coatcheck_sessions WHERE key = $1", [key]);
      const result = Promise.resolve(second.commit(key, changes));
      await waitsForLock();
      await holder.query("COMMIT");
      holder.release();
      assert.equal(await result, "gone");
    }
  }
});

test("a commit for a version that a row's lock made wait sees the version that came meanwhile", async () => {
  for (const ifVersion of [1, 2]) {
    const key = newKey();
    await store.create(key, record({ a: "0" }));
    const holder = await pool.connect();
    await holder.query("BEGIN");
    await holder.query("UPDATE coatcheck_sessions SET version = 2 WHERE key = $1", [key]);
    const result = Promise.resolve(second.commit(key, change({ a: "1" }, { ifVersion })));
    await waitsForLock();
    await holder.query("COMMIT");
    holder.release();
    assert.equal(await result, ifVersion === 1 ? "conflict" : "committed");
    const found = await store.load(key);
    assert.deepEqual([found?.version, found?.fields.get("a")], ifVersion === 1 ? [2, "0"] : [3, "1"]);
  }
});

test("a session that moves on while destroyAll waits for it is ended under its new key", async () => {
  for (const keepOldUntil of [undefined, Date.now() + 60_000]) {
    const [key, moved, owner] = [newKey(), newKey(), newKey()];
    await store.create(key, record({}, { owner }));
    const holder = await pool.connect();
    await holder.query("BEGIN");
    await holder.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [key]);
    const replaced = Promise.resolve(store.replace(key, moved, replacement({ owner, keepOldUntil })));
    await waitsForLock();
    const ended = Promise.resolve(second.destroyAll(owner));
    await waitsForLock(2);
    await holder.query("COMMIT");
    holder.release();
    assert.equal(await replaced, "committed");
    assert.equal(await ended, 1);
    assert.equal(await store.load(moved), undefined);
    assert.deepEqual((await store.list(owner)).sessions, []);
  }
});

test("no chain of new IDs outruns destroyAll, 200 times", async () => {
  for (const round of range(200)) {
    const owner = `chain-${round}`;
    const keys = [newKey(), newKey(), newKey()];
    for (const key of keys) await store.create(key, record({}, { owner }));
    const chain = async (via: SessionStore, first: string): Promise<number> => {
      let key = first;
      for (let moves = 0; ; moves++) {
        const next = newKey();
        if ((await via.replace(key, next, replacement({ owner }))) === "gone") return moves;
        key = next;
      }
    };
    const chains = keys.map((key, i) => chain(i % 2 ? store : second, key));
    const ended = await store.destroyAll(owner);
    assert.equal(ended, 3);
    await Promise.all(chains);
    assert.deepEqual((await second.list(owner)).sessions, []);
  }
});

test("parallel destroyAlls of one owner never deadlock", async () => {
  const before = await deadlocks();
  for (const round of range(20)) {
    const owner = `crowd-${round}`;
    await Promise.all(range(60).map(() => store.create(newKey(), record({}, { owner }))));
    const counts = await Promise.all(range(6).map((i) => (i % 2 ? store : second).destroyAll(owner)));
    assert.equal(
      counts.reduce((sum, count) => sum + count),
      60,
    );
  }
  assert.equal(await deadlocks(), before);
});

test("a call that a deadlock undid is tried again", async () => {
  const before = await deadlocks();
  const [first, last] = [newKey(), newKey()].sort() as [string, string];
  const owner = newKey();
  for (const key of [first, last]) await store.create(key, record({}, { owner }));
  const holder = await pool.connect();
  await holder.query("BEGIN");
  await holder.query("SET LOCAL deadlock_timeout = '10s'");
  await holder.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [last]);
  const ended = Promise.resolve(second.destroyAll(owner));
  await waitsForLock();
  await holder.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [first]);
  await holder.query("COMMIT");
  holder.release();
  assert.equal(await ended, 2);
  assert.equal(await deadlocks(), before + 1);
});

test("where the database serializes by default, conflicts are tried again and nothing is lost", async () => {
  const strict = bench.another({}, { options: "-c default_transaction_isolation=serializable" });
  const key = newKey();
  await strict.create(key, record());
  const results = await Promise.all(range(40).map((i) => strict.commit(key, change({ [`f${i}`]: "1" }))));
  assert.deepEqual(new Set(results), new Set(["committed"]));
  assert.equal((await strict.load(key))?.fields.size, 40);
});

/** Waits until so many connections wait for a row. */
async function waitsForLock(count = 1): Promise<void> {
  for (;;) {
    const [[waiting] = []] = await bench.rows(
      "SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
    );
    if (Number(waiting) >= count) return;
  }
}

/** How many the server has broken so far; its statistics come a moment late. */
async function deadlocks(): Promise<number> {
  await sleep(1_100);
  const [[count] = []] = await bench.rows(
    "SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()",
  );
  return Number(count);
}
