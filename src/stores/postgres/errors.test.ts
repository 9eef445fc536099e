// What goes wrong with PostgreSQL is a typed error that says what to do, and never harms the pool or the process.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect, promisify } from "node:util";
import pg from "pg";
import { type AnyData, SECRET } from "../../../test/fixtures/manager.ts";
import {
  change,
  newKey,
  postgresFixture,
  range,
  record,
  replacement,
} from "../../../test/fixtures/postgres/fixture.ts";
import { DataRefusedError, SessionOptionError, SessionRecordError, StoreUnavailableError } from "../../core/errors.ts";
import type { SessionEvent } from "../../core/events.ts";
import { createManager } from "../../core/manager.ts";
import { guardStore } from "../../core/record/guarded-store.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { type PgPool, postgresStore } from "./index.ts";

const bench = await postgresFixture({ after }, ["max_connections=30", "synchronous_commit=on"]);
const { store, pool, server } = bench;

function calls(of: SessionStore): Readonly<Record<string, () => unknown>> {
  return {
    load: () => of.load(newKey()),
    create: () => of.create(newKey(), record({ a: "1" })),
    commit: () => of.commit(newKey(), change({ a: "1" })),
    replace: () => of.replace(newKey(), newKey(), replacement()),
    destroy: () => of.destroy(newKey()),
    list: () => of.list("ann"),
    destroyAll: () => of.destroyAll("ann"),
    browse: () => of.browse?.(),
    count: () => of.count?.(),
    sweep: () => of.sweep(Date.now(), 10),
    subscribe: () => of.subscribe?.(() => {}),
  };
}

async function assertEach(of: SessionStore, check: (error: unknown) => boolean, except: string[] = []): Promise<void> {
  for (const [name, call] of Object.entries(calls(of))) {
    if (!except.includes(name)) await assert.rejects(async () => call(), check, name);
  }
}

function optionError(option: string, ...parts: RegExp[]): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof SessionOptionError, String(error));
    assert.equal(error.option, option);
    for (const part of parts) assert.match(error.message, part);
    return true;
  };
}

function unavailable(code?: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreUnavailableError, String(error));
    const { cause } = error;
    assert.ok(cause instanceof Error, "the cause is kept");
    if (code) assert.equal((cause as Error & { code?: string }).code, code);
    return true;
  };
}

test("the manager's storeTimeout ends the store's calls, and the cause says what they waited for", async () => {
  const small = new pg.Pool({ connectionString: server.url, max: 1 });
  const sessions = createManager<AnyData>(
    { secret: SECRET, store: postgresStore({ pool: small }), storeTimeout: 200 },
    () => store,
  );
  const key = newKey();
  await store.create(key, record({ a: "1" }));
  // On a busy machine the first connection may take longer.
  while (!(await sessions.inspect(key).catch(() => undefined))) await sleep(50);

  const taken = await small.connect();
  await assert.rejects(sessions.inspect(key), causedBy(/no connection of the pool was free/));
  taken.release();

  const other = await pool.connect();
  await other.query("BEGIN");
  await other.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [key]);
  await assert.rejects(sessions.revoke(key), causedBy(/the server did not answer/));
  await other.query("ROLLBACK");
  other.release();
  await sessions.close();
  await small.end();
});

function causedBy(message: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof StoreUnavailableError, String(error));
    assert.match(String(error.cause), message);
    return true;
  };
}

test("a pool of the wrong kind is refused at once", () => {
  const wrong: unknown[] = [undefined, null, server.url, pg.Pool, {}, new pg.Client(server.url), { query() {} }];
  for (const each of wrong) {
    assert.throws(() => postgresStore({ pool: each as PgPool }), optionError("pool", /pg\.Pool/));
  }
});

test("other wrong options are refused at once", () => {
  const tables = ["", "a b", 'a"b', "a;b", "a.b.c", ".a", "a.", "1a", "ä", "x".repeat(58), 'x"; DROP TABLE y; --'];
  for (const table of tables) assert.throws(() => postgresStore({ pool, table }), optionError("table", /letters/));
  for (const timeout of [0, -1, Number.NaN, "2s" as unknown as number]) {
    assert.throws(() => postgresStore({ pool, timeout }), optionError("timeout", /milliseconds/));
  }
});

test("a missing table or schema is an error at the first call that names migrate()", async () => {
  for (const table of ["missing", "nowhere.missing"]) {
    await assertEach(bench.another({ table }), optionError("table", /no such table/, /migrate\(\)/));
  }
});

test("a store goes on when its table is made after the first call", async () => {
  const late = bench.another({ table: "late" });
  await assert.rejects(async () => late.load(newKey()), SessionOptionError);
  await bench.another({ table: "late" }).migrate();
  assert.equal(await late.create(newKey(), record()), true);
});

test("a table that is dropped or altered under a running store is the same error", async () => {
  const doomed = bench.another({ table: "doomed" });
  await doomed.migrate();
  await doomed.load(newKey());
  await pool.query("ALTER TABLE doomed RENAME COLUMN sweep_at TO other");
  await assert.rejects(async () => doomed.create(newKey(), record()), optionError("table", /sweep_at bigint/));
  await pool.query("DROP TABLE doomed");
  await assertEach(doomed, optionError("table", /no such table/), ["subscribe"]);
  await doomed.migrate();
  assert.equal(await doomed.create(newKey(), record()), true);
});

test("a table with other columns is an error that names them, and migrate() leaves it alone", async () => {
  await pool.query("CREATE TABLE theirs (key bytea PRIMARY KEY, expires_at timestamptz, fields json)");
  const theirs = bench.another({ table: "theirs" });
  const check = optionError("table", /key text/, /expires_at bigint/, /fields jsonb/);
  await assertEach(theirs, check);
  await assert.rejects(() => theirs.migrate(), SessionOptionError);
  assert.deepEqual(
    await bench.rows("SELECT count(*)::int FROM information_schema.columns WHERE table_name = 'theirs'"),
    [[3]],
  );
});

function urlOf(user: string): string {
  return server.url.replace("postgres@", `${user}@`);
}

test("a user without rights is told which to get", async () => {
  await pool.query("CREATE ROLE guest LOGIN");
  await pool.query("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
  const guest = bench.another({}, { connectionString: urlOf("guest") });
  await assertEach(guest, optionError("table", /GRANT SELECT, INSERT, UPDATE, DELETE/), ["subscribe"]);
  await assert.rejects(
    () => bench.another({ table: "no_right" }, { connectionString: urlOf("guest") }).migrate(),
    optionError("table", /may not make/, /migrationSql/),
  );
});

test("a user with rights on the rows alone needs no more when the table is there", async () => {
  await pool.query("CREATE ROLE clerk LOGIN");
  await pool.query("GRANT SELECT, INSERT, UPDATE, DELETE ON coatcheck_sessions TO clerk");
  const clerk = bench.another({}, { connectionString: urlOf("clerk") });
  await clerk.migrate();
  const key = newKey();
  assert.equal(await clerk.create(key, record({}, { owner: "ann" })), true);
  assert.equal(await clerk.destroyAll("ann"), 1);
});

test("a server that only reads answers reads, and refuses writes without saying that they are stored", async () => {
  const key = newKey();
  await store.create(key, record({ a: "1" }));
  const standby = bench.another({}, { options: "-c default_transaction_read_only=on" });
  assert.equal((await standby.load(key))?.fields.get("a"), "1");
  await assertEach(standby, unavailable("25006"), ["load", "list", "browse", "count", "subscribe"]);
  await assert.rejects(async () => standby.destroy(key), unavailable("25006"));
  assert.equal((await store.load(key))?.fields.get("a"), "1");
});

test("a refused connection is StoreUnavailableError", async () => {
  const refused = bench.another({}, { connectionString: "postgres://postgres@127.0.0.1:1/postgres" });
  await assertEach(refused, unavailable("ECONNREFUSED"));
});

test("too many connections are StoreUnavailableError, and the store goes on when there are fewer", async () => {
  const hog = new pg.Pool({ connectionString: server.url, max: 40 });
  const clients = (await Promise.allSettled(range(40).map(() => hog.connect()))).filter(
    (each) => each.status === "fulfilled",
  );
  const late = bench.another();
  await assert.rejects(async () => late.load(newKey()), unavailable("53300"));
  for (const { value } of clients) value.release();
  await hog.end();
  for (let connections = Number.POSITIVE_INFINITY; connections > 20; ) {
    connections = Number((await bench.rows("SELECT count(*) FROM pg_stat_activity"))[0]?.[0]);
  }
  assert.equal(await late.load(newKey()), undefined);
});

test("a full disk, a shutdown and whatever else the server reports is StoreUnavailableError", async () => {
  for (const code of ["53100", "57P01", "57P03", "XX000"]) {
    const failing = postgresStore({ pool: failingPool(pool, code) });
    await assertEach(failing, unavailable(code), ["subscribe"]);
  }
});

test("a lost prepared statement is an error that names the option", async () => {
  await assertEach(postgresStore({ pool: failingPool(pool, "26000") }), optionError("prepare", /prepare: false/), [
    "subscribe",
  ]);
});

/** A pool whose statements on rows fail so; the server's real errors are those of the other tests. */
function failingPool(real: pg.Pool, code: string): PgPool {
  return {
    totalCount: 0,
    options: real.options,
    on: () => {},
    async connect() {
      const client = await real.connect();
      return {
        query: (query) =>
          query.text.includes("pg_attribute")
            ? client.query(query)
            : Promise.reject(Object.assign(new Error("failed on purpose"), { code })),
        on: () => {},
        removeListener: () => {},
        release: () => client.release(),
      };
    },
  };
}

test("a call that waits too long for a row is refused in time, and its connection does no harm", async () => {
  const key = newKey();
  await store.create(key, record());
  const hasty = bench.another({ timeout: 200 }, { max: 2 });
  const patient = postgresStore({ pool: hasty.pool, timeout: 10 * 60_000 });
  const holder = await pool.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [key]);
  for (const _ of range(6)) await assert.rejects(async () => hasty.commit(key, change({ a: "1" })), unavailable());
  assert.equal((await patient.load(key))?.version, 1, "the pool of two still answers");
  await holder.query("ROLLBACK");
  holder.release();
  assert.equal(await patient.commit(key, change({ b: "1" })), "committed");
});

test("a call that waits too long for a connection is refused in time and sends nothing later", async () => {
  const key = newKey();
  await store.create(key, record());
  const crowded = bench.another({ timeout: 200 }, { max: 1 });
  const patient = postgresStore({ pool: crowded.pool, timeout: 10 * 60_000 });
  await patient.load(key);
  const only = await crowded.pool.connect();
  await assert.rejects(async () => crowded.commit(key, change({ a: "1" })), unavailable());
  only.release();
  assert.equal(await patient.commit(key, change({ b: "1" })), "committed");
  assert.deepEqual([...((await store.load(key))?.fields.keys() ?? [])], ["b"]);
});

test("a connection that was given back inside of a transaction is not written to", async () => {
  const key = newKey();
  const careless = bench.another({}, { max: 1 });
  for (const text of ["BEGIN", "BEGIN; SELECT nonsense"]) {
    const client = await careless.pool.connect();
    await client.query(text).catch(() => {});
    client.release();
    await careless.create(key, record());
    assert.ok(await store.load(key), "the record is there for everyone");
  }
});

test("a connection that is cut in the middle of a call is StoreUnavailableError, and the next call works", async () => {
  const key = newKey();
  await store.create(key, record());
  const cut = bench.another({}, { application_name: "cut" });
  const holder = await pool.connect();
  await holder.query("BEGIN");
  await holder.query("SELECT FROM coatcheck_sessions WHERE key = $1 FOR UPDATE", [key]);
  const waiting = assert.rejects(async () => cut.commit(key, change({ a: "1" })), unavailable("57P01"));
  while (
    (
      await bench.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut' AND wait_event_type = 'Lock'",
      )
    ).length === 0
  );
  await waiting;
  await holder.query("ROLLBACK");
  holder.release();
  assert.equal((await cut.load(key))?.version, 1);
});

test("idle connections that break end no process, although no one listens to the pool's errors", async () => {
  const program = `
    import pg from "pg";
    import { postgresStore } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
    const pool = new pg.Pool({ connectionString: ${JSON.stringify(server.url)}, application_name: "idler" });
    const store = postgresStore({ pool });
    await store.subscribe(() => {});
    await Promise.all([store.load("a"), store.load("b"), store.load("c")]);
    const client = new pg.Client(${JSON.stringify(server.url)});
    await client.connect();
    await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'idler'");
    await client.end();
    while (pool.totalCount > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    console.log(await store.load("a"), pool.totalCount);
    await pool.end();`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  assert.equal(stdout, "undefined 1\n");
});

test("a server that is restarted is used again, without a restart of the app", async () => {
  const key = newKey();
  await store.create(key, record({ a: "1" }));
  await server.kill9();
  await assertEach(store, unavailable());
  await server.restart();
  assert.equal((await store.load(key))?.fields.get("a"), "1");
  assert.equal(await store.commit(key, change({ b: "1" })), "committed");
});

test("a closed store refuses every call and leaves the pool alone", async () => {
  const closing = bench.another();
  await closing.subscribe(() => {});
  await closing.close();
  await assertEach(closing, unavailable());
  await assert.rejects(() => closing.migrate(), StoreUnavailableError);
  assert.equal((await closing.pool.query("SELECT 1")).rowCount, 1);
});

test("data that the database can't hold is no outage: others are served, and the connection stays", async () => {
  await pool.query("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  const latin = new pg.Pool({
    connectionString: Object.assign(new URL(server.url), { pathname: "/latin" }).href,
    max: 1,
  });
  const other = postgresStore({ pool: latin });
  await assert.rejects(other.migrate(), optionError("pool", /encoding is LATIN1.*must be UTF8/));
  await latin.query(other.migrationSql);
  const [key, events] = [newKey(), [] as SessionEvent[]];
  const guarded = guardStore(other, 5_000, (event) => events.push(event));
  await guarded.create(key, record({ a: "1" }));
  const pid = (await latin.query("SELECT pg_backend_pid() AS pid")).rows[0].pid;
  for (let i = 0; i < 7; i++) {
    await assert.rejects(
      async () => guarded.commit(key, change({ a: "\u{1f600}" })),
      (error) => {
        assert.ok(error instanceof DataRefusedError);
        assert.match(error.message, /SQLSTATE 22P05.*UTF8/);
        assert.ok(!inspect(error, { depth: 9, showHidden: true }).includes("0xf0"), "no byte of the data is shown");
        return true;
      },
    );
  }
  assert.equal(await guarded.commit(key, change({ a: "2" })), "committed");
  assert.deepEqual(events, [], "the store does not count as out");
  assert.equal((await latin.query("SELECT pg_backend_pid() AS pid")).rows[0].pid, pid);
  await latin.end();
});

test("a record whose version is at the end of bigint is an error of that record", async () => {
  const [key, other, events] = [newKey(), newKey(), [] as SessionEvent[]];
  const guarded = guardStore(store, 5_000, (event) => events.push(event));
  for (const each of [key, other]) await guarded.create(each, record({ a: "1" }));
  await pool.query("UPDATE coatcheck_sessions SET version = 9223372036854775807 WHERE key = $1", [key]);
  for (let i = 0; i < 7; i++) {
    await assert.rejects(async () => guarded.commit(key, change({ a: "2" })), SessionRecordError);
    await assert.rejects(async () => guarded.replace(key, newKey(), replacement({})), SessionRecordError);
  }
  assert.equal(await guarded.commit(other, change({ a: "2" })), "committed");
  assert.deepEqual(events, []);
});

test("row-level security is named, and not a grant that is there already", async () => {
  await pool.query("CREATE ROLE secured LOGIN PASSWORD 'x'");
  const table = "secured_sessions";
  await postgresStore({ pool, table }).migrate();
  await pool.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO secured`);
  await pool.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
  const own = new pg.Pool({ connectionString: urlOf("secured"), max: 1 });
  await assert.rejects(
    postgresStore({ pool: own, table }).create(newKey(), record({ a: "1" })),
    optionError("table", /row-level security/, /CREATE POLICY/),
  );
  await own.end();
});
