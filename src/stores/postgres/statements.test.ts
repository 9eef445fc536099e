// What the PostgreSQL store asks of the server: one statement a call, by an index, and touches that change no index.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import pg from "pg";
import {
  change,
  newKey,
  postgresFixture,
  range,
  record,
  replacement,
} from "../../../test/fixtures/postgres/fixture.ts";
import { until } from "../../../test/fixtures/until.ts";
import { type PostgresStore, postgresStore } from "./index.ts";
import { createStatements, type Statement } from "./statements.ts";

const settings = ["shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all", "autovacuum=off"];
const bench = await postgresFixture({ after }, settings);
const { store, pool, rows } = bench;
const HOUR = 3_600_000;
await pool.query("CREATE EXTENSION pg_stat_statements");

/** How many statements a call sends, and how much it writes, by the server's own count. */
async function cost(call: () => unknown): Promise<{ statements: number; wal: number }> {
  await rows("SELECT pg_stat_statements_reset()");
  await call();
  const text = `SELECT coalesce(sum(calls), 0)::int, coalesce(sum(wal_records), 0)::int FROM pg_stat_statements
    WHERE query NOT LIKE '%pg_stat_statements%'`;
  const [[statements, wal] = []] = await rows(text);
  return { statements: Number(statements), wal: Number(wal) };
}

test("each call is one statement, and a read writes nothing", async () => {
  const [key, moved, owner] = [newKey(), newKey(), "counted"];
  await store.load(key);
  const calls: readonly [string, () => unknown][] = [
    ["create", () => store.create(key, record({ a: "1" }, { owner }))],
    ["load", () => store.load(key)],
    ["commit", () => store.commit(key, change({ a: "2" }))],
    ["commit by version", () => store.commit(key, change({ a: "2" }, { ifVersion: 2 }))],
    ["conflict", () => store.commit(key, change({ a: "2" }, { ifVersion: 2 }))],
    ["touch", () => store.commit(key, change({}, { expiresAt: Date.now() + 2 * HOUR }))],
    ["list", () => store.list(owner)],
    ["replace", () => store.replace(key, moved, replacement({ owner, keepOldUntil: Date.now() + HOUR }))],
    ["destroy", () => store.destroy(moved)],
    ["destroyAll", () => store.destroyAll(owner)],
    ["gone", () => store.commit(moved, change({ a: "2" }))],
  ];
  for (const [name, call] of calls) {
    const { statements, wal } = await cost(call);
    assert.equal(statements, 1, name);
    if (["load", "list", "gone"].includes(name)) assert.equal(wal, 0, `${name} writes nothing`);
  }
});

test("a store asks once what the table is like, however many calls begin at once", async () => {
  const fresh = bench.another();
  const { statements } = await cost(() => Promise.all(range(20).map(() => fresh.load(newKey()))));
  assert.equal(statements, 21);
});

test("statements are prepared once a connection, or never", async () => {
  for (const prepare of [true, false]) {
    const single = bench.another({ prepare }, { max: 1 });
    const key = newKey();
    await single.create(key, record());
    for (const _ of range(3)) await single.load(key);
    const { rows: prepared } = await single.pool.query("SELECT name FROM pg_prepared_statements");
    assert.equal(prepared.length, prepare ? 2 : 0);
  }
});

test("type parsers and formats that the user has chosen change nothing", async () => {
  const types = { getTypeParser: () => () => "nonsense" };
  const stores = [bench.another({}, { types }), bench.another({}, { binary: true } as pg.PoolConfig)];
  for (const each of stores) {
    const [key, owner] = [newKey(), newKey()];
    const given = record({ a: '"1"', "": "x" }, { owner, version: 2 });
    await each.create(key, given);
    assert.deepEqual(await each.load(key), given);
    assert.equal(await each.commit(key, change({ b: "1" }, { ifVersion: 2 })), "committed");
    assert.deepEqual(
      (await each.list(owner)).sessions.map((session) => session.key),
      [key],
    );
    assert.equal(await each.destroyAll(owner), 1);
  }
});

test("every call finds its rows by an index among 20,000", async () => {
  await fill(20_000);
  const { load, commit, commitIf, touch, destroy, list, destroyAll, sweep } = createStatements(
    '"coatcheck_sessions"',
    false,
  );
  const later = Date.now() + HOUR;
  const plans: readonly [ReturnType<Statement>, string][] = [
    [load("k1", null), "coatcheck_sessions_pkey"],
    [commit("k1", null, "{}", [], later), "coatcheck_sessions_pkey"],
    [commitIf("k1", null, "{}", [], later, 1), "coatcheck_sessions_pkey"],
    [touch("k1", null, later), "coatcheck_sessions_pkey"],
    [destroy("k1", null, null, "channel", ""), "coatcheck_sessions_pkey"],
    [list("owner-1", null, "", 101), "coatcheck_sessions_owner"],
    [destroyAll("owner-1", null, null, "channel", "", 1_000), "coatcheck_sessions_owner"],
    [sweep(Date.now(), null, 500), "coatcheck_sessions_sweep"],
  ];
  for (const analyzed of [false, true]) {
    if (analyzed) await pool.query("ANALYZE coatcheck_sessions");
    for (const [{ text, values = [] }, index] of plans) {
      const plan = (await rows(`EXPLAIN ${text}`, values)).join("\n");
      assert.match(plan, new RegExp(`Index Scan using ${index}|Bitmap Index Scan on ${index}`), plan);
      assert.doesNotMatch(plan, /Seq Scan/, plan);
    }
  }
});

test("an owner with 20,000 sessions is listed and logged out without statistics of the table", async () => {
  const fresh = bench.another({ table: "fresh" });
  await fresh.migrate();
  await pool.query(
    `INSERT INTO fresh SELECT $1::bigint, $1::bigint + $2::bigint, $1::bigint + $2::bigint, 1, md5(i::text),
      'ada', NULL, jsonb_build_object('a', repeat('x', 300)) FROM generate_series(1, 20000) i`,
    [Date.now(), HOUR],
  );
  const { list, destroyAll } = createStatements('"fresh"', false);
  const [middle] = (await rows("SELECT key FROM fresh ORDER BY key OFFSET 10000 LIMIT 1"))[0] ?? [];
  assert.ok((await blocksOf(list("ada", null, middle, 101))) < 500);
  const { text, values = [] } = destroyAll("ada", null, null, "channel", middle, 1_000);
  const plan = (await rows(`EXPLAIN ${text}`, values)).join("\n");
  assert.doesNotMatch(plan, /Seq Scan on fresh/, plan);
  assert.match(plan, /Index Scan using fresh_owner/, plan);

  const found = new Set<string>();
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor; isFirst = false) {
    const page = await fresh.list("ada", { limit: 999, cursor });
    for (const { key } of page.sessions) found.add(key);
    cursor = page.next;
  }
  assert.equal(found.size, 20_000);
  const progress: number[] = [];
  assert.equal(await fresh.destroyAll("ada", { onProgress: (ended) => progress.push(ended) }), 20_000);
  assert.ok(progress.length >= 20 && progress[0] === 1_000, `${progress}`);
});

/** How many blocks of tables and indexes a statement reads. */
async function blocksOf({ text, values = [] }: ReturnType<Statement>): Promise<number> {
  const [[plan] = []] = await rows(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
  const [{ Plan }] = plan as unknown as [{ Plan: Record<string, number> }];
  return Number(Plan["Shared Hit Blocks"]) + Number(Plan["Shared Read Blocks"]);
}

async function fill(count: number): Promise<void> {
  await pool.query("DELETE FROM coatcheck_sessions");
  await pool.query(
    `INSERT INTO coatcheck_sessions SELECT $1::bigint, $1::bigint + $2::bigint, $1::bigint + $2::bigint, 1, 'k' || i,
      'owner-' || i % 1000, NULL, jsonb_build_object('a', repeat('x', 300)) FROM generate_series(1, $3::int) i`,
    [Date.now(), HOUR, count],
  );
}

test("touches and commits change no index and leave no dead rows behind", async () => {
  const ownPool = new pg.Pool({ connectionString: bench.server.url, max: 4 });
  const used = postgresStore({ pool: ownPool, table: "used", timeout: 10 * 60_000 });
  await used.migrate();
  const keys = range(2_000).map((i) => `k${i}`);
  await Promise.all(keys.map((key) => used.create(key, record({ a: "x".repeat(300), b: "9" }))));
  const before = await sizeOf("used");
  for (const round of range(5)) {
    const expiresAt = Date.now() + 2 * HOUR + round * 1_000;
    await Promise.all(
      keys.map((key) => used.commit(key, change(round % 2 ? {} : { b: String(round) }, { expiresAt }))),
    );
  }
  // A server process hands in its statistics when it ends.
  await ownPool.end();
  const [[updates, hot] = []] = await until("10,000 updates are counted", async () => {
    const counted = await rows("SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'used'");
    return Number(counted[0]?.[0]) >= 10_000 ? counted : undefined;
  });
  assert.ok(Number(hot) / Number(updates) > 0.9, `${hot} of ${updates} updates were HOT`);
  const growth = (await sizeOf("used")) / before;
  assert.ok(growth < 1.5, `the table has grown to ${growth} of its size`);
});

async function sizeOf(table: string): Promise<number> {
  const [[size] = []] = await rows("SELECT pg_total_relation_size($1::text::regclass)", [table]);
  return Number(size);
}

test("a sweep puts off what was used since, once, and drops it when its time has come", async () => {
  const clock = { now: 1_000_000 };
  const timed = bench.another({ table: "timed", clock: () => clock.now });
  await timed.migrate();
  const keys = range(30).map((i) => `k${i}`);
  for (const key of keys) await timed.create(key, record({}, { expiresAt: clock.now + 100 }));
  for (const key of keys.slice(0, 20)) await timed.commit(key, change({}, { expiresAt: clock.now + 500 }));
  clock.now += 100;
  assert.equal(await timed.sweep(clock.now, 15), 10, "all that expired, although the limit was met by live ones first");
  const [[due] = []] = await rows("SELECT count(*)::int FROM timed WHERE sweep_at <= $1", [clock.now]);
  assert.equal(due, 0, "what lives is not looked at again");
  clock.now += 400;
  assert.equal(await timed.sweep(clock.now, 100), 20);
});

test("a sweep drops nothing that lives by the database's clock, whatever the caller's clock says", async () => {
  const key = newKey();
  await store.create(key, record());
  await store.sweep(Date.now() + 10 * HOUR, 1_000_000);
  assert.ok(await store.load(key));
});

test("a sweep waits for no one", async () => {
  const clock = { now: 1_000_000 };
  const timed = bench.another({ table: "skipping", clock: () => clock.now });
  await timed.migrate();
  for (const key of ["a", "b", "c"]) await timed.create(key, record({}, { expiresAt: clock.now + 1 }));
  clock.now += 1;
  const holder = await pool.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM skipping WHERE key = 'b' FOR UPDATE");
  assert.equal(await timed.sweep(clock.now, 10), 2);
  await holder.query("ROLLBACK");
  holder.release();
  assert.equal(await timed.sweep(clock.now, 10), 1);
});

test("ten servers that start at once make one table, and a second migration changes nothing", async () => {
  const starting = range(10).map(() => bench.another({ table: "starting" }, { max: 1 }));
  await Promise.all(starting.map((each) => each.migrate()));
  await Promise.all(starting.map((each) => worksAsStore(each)));
  const { wal } = await cost(() => starting[0]?.migrate());
  assert.equal(wal, 0);
});

test("migrationSql makes the same by hand, once or twice, and migrate() mends a missing index", async () => {
  await pool.query("CREATE SCHEMA app");
  const { migrationSql, ...manual } = bench.another({ table: "app.Sessions" });
  const client = await pool.connect();
  await client.query(`BEGIN; ${migrationSql} COMMIT`);
  client.release();
  await pool.query(migrationSql);
  const byHand = postgresStore({ pool: manual.pool, table: "app.Sessions" });
  await worksAsStore(byHand);
  await pool.query('DROP INDEX app."Sessions_sweep"');
  await byHand.migrate();
  const indexes = await rows("SELECT indexname::text FROM pg_indexes WHERE schemaname = 'app' ORDER BY 1");
  assert.deepEqual(indexes.flat(), ["Sessions_owner", "Sessions_pkey", "Sessions_sweep"]);
});

async function worksAsStore(each: PostgresStore): Promise<void> {
  const [key, owner] = [newKey(), newKey()];
  assert.equal(await each.create(key, record({ a: "1" }, { owner })), true);
  assert.equal(await each.commit(key, change({ b: "2" })), "committed");
  assert.equal(await each.destroyAll(owner), 1);
}

test("a pool may be shared by stores on several tables", async () => {
  const stores = ["one", "two"].map((table) => postgresStore({ pool, table }));
  const key = newKey();
  for (const each of stores) {
    await each.migrate();
    assert.equal(await each.create(key, record({ a: each.migrationSql })), true);
  }
  for (const each of stores) assert.equal((await each.load(key))?.fields.get("a"), each.migrationSql);
});
