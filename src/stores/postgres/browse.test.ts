// Browsing a table of PostgreSQL: by the indexes that it has, at a cost that neither the sessions nor what has expired
// adds to, in an order that a mere use does not change before a sweep.
import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { change, newKey, postgresFixture, record } from "../../../test/fixtures/postgres/fixture.ts";
import type { ListPage } from "../../core/record/store.ts";
import type { PostgresStore } from "./index.ts";
import { createStatements } from "./statements.ts";

const HOUR = 3_600_000;
const MANY = 30_000;
const bench = await postgresFixture({ after }, ["autovacuum=off"]);
const { store, pool, rows } = bench;

/** Many sessions in a table of its own. */
async function filled(table: string, expiresIn: number): Promise<PostgresStore> {
  const filledStore = bench.another({ table });
  await filledStore.migrate();
  await pool.query(
    `INSERT INTO ${table} SELECT $1::bigint, $1::bigint + $2 + i, $1::bigint + $2 + i, 1,
      translate(encode(sha256(i::text::bytea), 'base64'), '+/=', '-_'), NULL, NULL, '{"a": "1"}'
    FROM generate_series(1, $3::int) i`,
    [Date.now(), expiresIn, MANY],
  );
  await pool.query(`VACUUM ANALYZE ${table}`);
  return filledStore;
}

let live: PostgresStore;
before(async () => {
  live = await filled("many", HOUR);
});

function keysOf({ sessions }: ListPage): string[] {
  return sessions.map(({ key }) => key);
}

/** The plan of a statement, and how many pages of the disk it looks at. */
async function planOf(text: string, values: unknown[] = []): Promise<{ plan: string; pages: number }> {
  const plan = (await rows(`EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) ${text}`, values)).flat().join("\n");
  const [, hit = "0"] = /Buffers: shared hit=(\d+)/.exec(plan) ?? [];
  const [, read = "0"] = /Buffers: shared(?: hit=\d+)? read=(\d+)/.exec(plan) ?? [];
  return { plan, pages: Number(hit) + Number(read) };
}

test("a page is read from its index, from the place of its cursor on", async () => {
  const { browse, browseByKey } = createStatements("many", false);
  const middle = await live.browse({ limit: 100, cursor: `${Date.now() + HOUR + MANY / 2}:x` });
  assert.equal(middle.sessions.length, 100);
  for (const [index, query] of [
    ["many_sweep", browse(Date.now() + HOUR + MANY / 2, null, "x", 101)],
    ["many_sweep", browse(Number.MAX_SAFE_INTEGER, null, "", 101)],
    ["many_pkey", browseByKey("abc", null, "abc", 101)],
    ["many_pkey", browseByKey("", null, "", 101)],
  ] as const) {
    const { plan, pages } = await planOf(query.text, query.values);
    assert.match(plan, new RegExp(`Index Scan (Backward )?using ${index}`));
    assert.doesNotMatch(plan, /Seq Scan/);
    assert.ok(pages < 300, `${pages} of the table's pages:\n${plan}`);
  }
});

test("a connection that keeps the statements prepared goes on to use the index", async () => {
  const single = bench.another({ table: "many" }, { max: 1 });
  for (let i = 0; i < 12; i++) await single.browse({ limit: 10 });
  const { text } = createStatements('"many"', true).browse(0, null, "", 1);
  const { rows: prepared } = await single.pool.query(
    "SELECT generic_plans::int, custom_plans::int FROM pg_prepared_statements WHERE statement = $1",
    [text],
  );
  assert.deepEqual(prepared, [{ generic_plans: 0, custom_plans: 12 }]);
});

test("what has expired and was not swept is neither shown nor makes a page dearer than its rows", async () => {
  const expired = await filled("expired", -HOUR);
  assert.equal(await expired.create("live", record({ a: "1" })), true);
  const first = await expired.browse({ limit: 10 });
  assert.deepEqual(keysOf(first), ["live"]);
  const second = await expired.browse({ limit: 10, cursor: first.next });
  assert.deepEqual([second.sessions.length, typeof second.next], [0, "string"], "an empty page, and more may follow");
  const query = createStatements("expired", false).browse(Number.MAX_SAFE_INTEGER, null, "", 11);
  const { pages } = await planOf(query.text, query.values);
  assert.ok(pages < 100, `${pages} pages`);
});

test("a mere use moves a session in the order when a sweep has met it", async () => {
  let now = Date.now() + 100 * HOUR;
  const ordered = bench.another({ table: "ordered", clock: () => now });
  await ordered.migrate();
  for (const [i, key] of ["first", "second", "third"].entries()) {
    await ordered.create(key, record({}, { expiresAt: now + HOUR + i }));
  }
  assert.deepEqual(keysOf(await ordered.browse()), ["third", "second", "first"]);
  await ordered.commit("first", change({ a: "1" }, { expiresAt: now + 2 * HOUR }));
  assert.deepEqual(keysOf(await ordered.browse()), ["third", "second", "first"], "not yet");
  now += HOUR;
  await ordered.sweep(now, 100);
  assert.deepEqual(keysOf(await ordered.browse()), ["first", "third", "second"]);
});

test("a row that holds no record hides no other", async () => {
  const keys = [newKey(), newKey(), newKey()];
  for (const key of keys) await store.create(key, record({ a: "1" }));
  await pool.query(`UPDATE coatcheck_sessions SET fields = '{"a": 1}' WHERE key = $1`, [keys[1]]);
  for (const keyPrefix of [undefined, ""]) {
    const found = keysOf(await store.browse({ keyPrefix }));
    assert.deepEqual(found.sort(), [keys[0], keys[2]].sort());
  }
});

test("a count is exact up to 10,000 rows, and above that an estimate that the planner makes", async () => {
  const few = bench.another({ table: "few" });
  await few.migrate();
  for (const expiresAt of [Date.now() + HOUR, Date.now() + HOUR, Date.now() - 1]) {
    await pool.query(
      "INSERT INTO few (created_at, expires_at, sweep_at, version, key, fields) VALUES (0, $1, $1, 1, $2, '{}')",
      [expiresAt, newKey()],
    );
  }
  assert.deepEqual(await few.count(), { sessions: 2, isEstimate: false });
  const { sessions, isEstimate } = await live.count();
  assert.ok(isEstimate);
  assert.ok(Math.abs(sessions - MANY) < MANY / 100, `${sessions} of ${MANY}`);
});
