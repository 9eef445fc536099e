// Who watches sessions on PostgreSQL hears of their ends again when the connection that listens was lost.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pg from "pg";
import { newKey, postgresFixture, range, record, replacement } from "../../../test/fixtures/postgres/fixture.ts";
import { until } from "../../../test/fixtures/until.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { SessionOptionError } from "../../core/errors.ts";
import { createSessions } from "../../create-sessions.ts";
import { type PgClient, type PgPool, postgresStore } from "./index.ts";
import { createStatements } from "./statements.ts";

const bench = await postgresFixture({ after });
const { store, pool, server } = bench;

/** How many connections of that application listen. */
async function listening(application: string): Promise<number> {
  const text = `SELECT count(*)::int FROM pg_stat_activity
    WHERE application_name = $1 AND (query LIKE 'LISTEN%' OR query = 'SELECT 1')`;
  const [[count] = []] = await bench.rows(text, [application]);
  return Number(count);
}

/** The channel on which that application listens. */
async function channelOf(application: string): Promise<string> {
  const text = "SELECT query FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'";
  const [[query] = []] = await bench.rows(text, [application]);
  return String(query).split('"')[1] ?? "";
}

/** Ends new sessions until the watcher hears of one. */
async function untilHeard(heard: ReadonlyMap<string, unknown>): Promise<void> {
  await until("an end is heard", async () => {
    const key = newKey();
    await store.create(key, record());
    await store.destroy(key);
    await sleep(20);
    return heard.has(key);
  });
}

test("all listeners of a store share one connection outside of the pool, and the last one ends it", async () => {
  const watcher = bench.another({}, { application_name: "sharing", max: 1 });
  const unsubscribe = await Promise.all(range(5).map(() => watcher.subscribe(() => {})));
  assert.equal(await listening("sharing"), 1);
  assert.equal(await watcher.load(newKey()), undefined, "the pool's only connection is free");
  for (const each of unsubscribe) {
    assert.equal(await listening("sharing"), 1);
    each();
    each();
  }
  await until("the connection is closed", async () => (await listening("sharing")) === 0);
  (await watcher.subscribe(() => {}))();
  await until("the connection is closed", async () => (await listening("sharing")) === 0);
});

test("a listener's connection that is cut is made again", async () => {
  const watcher = bench.another({}, { application_name: "cut" });
  const heard = new Map<string, unknown>();
  const unsubscribe = await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  for (const _ of range(3)) {
    await untilHeard(heard);
    await bench.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cut'");
  }
  await untilHeard(heard);
  assert.equal(await listening("cut"), 1);
  unsubscribe();
});

test("a session that is revoked while the connection is cut fires its signal all the same", async () => {
  const secret = "hq2L0bUe7y9wTz4vNn3rKx8cPd5fGj6m";
  const listenClient = (): pg.Client => new pg.Client({ connectionString: server.url, application_name: "revoked" });
  const watching = createSessions({ secret, store: bench.another({ listenClient }) });
  for (const round of range(3)) {
    const owner = `ann ${round} ${newKey()}`;
    const signal = await createVisitor(watching).request(async (session) => {
      await session.login(owner);
      return session.signal;
    });
    await until("it listens", async () => (await listening("revoked")) > 0);
    await Promise.all([
      bench.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'revoked'"),
      store.destroyAll(owner),
    ]);
    await until("the signal fires", () => signal.aborted);
  }
  await watching.close();
});

test("who subscribes while the connection is being made again hears of every end from then on", async () => {
  const watcher = bench.another({}, { application_name: "again" });
  await watcher.subscribe(() => {});
  await bench.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'again'");
  await until("the connection is lost", async () => (await listening("again")) === 0);
  const heard = new Map<string, unknown>();
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  const key = newKey();
  await store.create(key, record());
  await store.destroy(key);
  await until("the end is heard", () => heard.has(key));
});

test("a restart of the server is survived", async () => {
  const watcher = bench.another();
  const heard = new Map<string, unknown>();
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  await server.kill9();
  await sleep(300);
  await server.restart();
  await untilHeard(heard);
});

test("subscribe rejects while the server is out, and leaves nothing behind", async () => {
  const watcher = bench.another();
  await watcher.load(newKey());
  await server.kill9();
  await assert.rejects(async () => watcher.subscribe(() => {}));
  await server.restart();
  const heard = new Map<string, unknown>();
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  await untilHeard(heard);
});

test("a thousand ends at once are all heard, with long keys too", async () => {
  const watcher = bench.another();
  const heard = new Map<string, unknown>();
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  const keys = [...range(1_000).map(newKey), "x".repeat(2_000), "\u0000\"'\\用户", "\ud800"];
  await Promise.all(keys.map((key) => store.create(key, record({}, { owner: "crowd" }))));
  assert.equal(await store.destroyAll("crowd"), keys.length);
  await until("all are heard", () => keys.every((key) => heard.has(key)));
  assert.equal(heard.size, keys.length);
});

test("stores on one table hear each other however its name is written, and on another table they do not", async () => {
  await bench.another({ table: "other_sessions" }).migrate();
  const watcher = bench.another({ table: "public.coatcheck_sessions" });
  const other = bench.another({ table: "other_sessions" });
  const [heard, misheard] = [new Map<string, unknown>(), new Map<string, unknown>()];
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  await other.subscribe((key, movedTo) => misheard.set(key, movedTo));
  const [key, moved] = [newKey(), newKey()];
  await store.create(key, record());
  await store.replace(key, moved, replacement());
  await until("it is heard", () => heard.get(key) === moved);
  await sleep(50);
  assert.equal(misheard.size, 0);
});

test("where no one listens, nothing is notified", async () => {
  const quiet = bench.another({ table: "quiet" }, { application_name: "quiet" });
  await quiet.migrate();
  const outside = new pg.Client(server.url);
  await outside.connect();
  const notified: string[] = [];
  outside.on("notification", ({ payload = "" }) => notified.push(payload));
  const destroyOne = async (): Promise<void> => {
    await quiet.create("a", record());
    await quiet.destroy("a");
    await outside.query("SELECT 1");
  };
  const unsubscribe = await quiet.subscribe(() => {});
  await outside.query(`LISTEN "${await channelOf("quiet")}"`);
  await destroyOne();
  assert.deepEqual(notified, ['[["a"]]']);
  unsubscribe();
  await until("no one listens", async () => (await listening("quiet")) === 0);
  await destroyOne();
  assert.equal(notified.length, 1);
  await outside.end();
});

test("who subscribes while sessions end hears of all that end from then on", async () => {
  const busy = bench.another({ table: "busy" }, { max: 6 });
  await busy.migrate();
  for (const _ of range(30)) {
    const heard = new Set<string>();
    const ended: Promise<readonly [boolean, string]>[] = [];
    let subscribed = false;
    const end = async (): Promise<readonly [boolean, string]> => {
      const key = newKey();
      await busy.create(key, record());
      const ends = [subscribed, key] as const;
      await busy.destroy(key);
      return ends;
    };
    const subscribing = busy
      .subscribe((key) => heard.add(key))
      .finally(() => {
        subscribed = true;
      });
    for (let left = 10; left > 0; left -= Number(subscribed)) {
      ended.push(end(), end(), end());
      await sleep(1);
    }
    const unsubscribe = await subscribing;
    const late = (await Promise.all(ended)).filter(([isLate]) => isLate).map(([, key]) => key);
    assert.ok(late.length > 0);
    await until("all later ends are heard", () => late.every((key) => heard.has(key)));
    unsubscribe();
  }
});

test("subscribe waits for those who saw no one present and have not ended their session yet", async () => {
  const slow = bench.another({ table: "slow" }, { application_name: "slow" });
  await slow.migrate();
  const unsubscribe = await slow.subscribe(() => {});
  const channel = await channelOf("slow");
  unsubscribe();
  await until("no one listens", async () => (await listening("slow")) === 0);
  await slow.create("a", record());
  const ending = await pool.connect();
  await ending.query("BEGIN");
  await ending.query(createStatements('"slow"', false).destroy("a", null, null, channel, '[["a"]]'));
  let subscribed = false;
  const subscribing = slow
    .subscribe(() => {})
    .then(() => {
      subscribed = true;
    });
  await until("it waits", async () => (await listening("slow")) === 1);
  await sleep(100);
  assert.equal(subscribed, false);
  await ending.query("COMMIT");
  ending.release();
  await subscribing;
});

test("what others say on the channel is nothing", async () => {
  const watcher = bench.another({}, { application_name: "channel" });
  const heard = new Map<string, unknown>();
  await watcher.subscribe((key, movedTo) => heard.set(key, movedTo));
  const channel = await channelOf("channel");
  for (const payload of ["", "x", "{}", "null", '[1,[],["a",1],["a","b","c"],"a"]', '{"length":1}']) {
    await pool.query("SELECT pg_notify($1, $2)", [channel, payload]);
  }
  await untilHeard(heard);
  assert.ok([...heard.keys()].every((key) => key.length === 43));
});

test("an open subscription keeps no program running", async () => {
  const program = `
    import pg from "pg";
    import { postgresStore } from ${JSON.stringify(import.meta.resolve("./index.ts"))};
    const pool = new pg.Pool({ connectionString: ${JSON.stringify(server.url)} });
    await postgresStore({ pool }).subscribe(() => {});
    await pool.end();
    console.log("ended");`;
  const args = ["--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname });
  assert.equal(stdout, "ended\n");
});

test("listenClient makes the client, and a pool that can't make one says so", async () => {
  const pooled: PgPool = { totalCount: 0, options: {}, on: () => {}, connect: () => pool.connect() };
  await assert.rejects(
    async () => postgresStore({ pool: pooled }).subscribe(() => {}),
    (error) => {
      assert.ok(error instanceof SessionOptionError);
      assert.equal(error.option, "listenClient");
      return true;
    },
  );
  const direct = postgresStore({
    pool: pooled,
    listenClient: () => new pg.Client({ connectionString: server.url, application_name: "direct" }),
  });
  await direct.subscribe(() => {});
  assert.equal(await listening("direct"), 1);
  await direct.close();
  await until("close ends it", async () => (await listening("direct")) === 0);
});

/** A connection as PgBouncer gives it in transaction mode: each statement goes to some connection of the server's. */
function behindProxy(): PgClient {
  const [own, another] = [new pg.Client(server.url), new pg.Client(server.url)];
  another.on("error", () => {});
  return {
    connect: () => Promise.all([own.connect(), another.connect()]),
    query: (text) => (text.startsWith("LISTEN") ? another : own).query(text),
    on: (event: "error" | "end" | "notification", listener: (...args: never[]) => void) =>
      own.on(event as "error", listener as () => void),
    end: async () => {
      await Promise.all([own.end(), another.end()]);
    },
  };
}

test("a connection that hears no notification is refused, with one warning, and the store says so", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error): void => void (Reflect.get(warning, "code") && warnings.push(warning));
  process.on("warning", listen);
  let isProxied = true;
  const listenClient = (): PgClient => (isProxied ? behindProxy() : new pg.Client(server.url));
  const proxied = bench.another({ listenClient });
  const events: unknown[] = [];
  const sessions = createSessions({
    secret: "hq2L0bUe7y9wTz4vNn3rKx8cPd5fGj6m",
    store: proxied,
    onEvent: (event) => events.push(event),
  });
  for (let tries = 0; tries < 2; tries++) {
    await assert.rejects(
      async () => proxied.subscribe(() => {}),
      (error) => {
        assert.ok(error instanceof SessionOptionError);
        assert.match(error.message, /^Option "listenClient".*hears no notification.*straight to the server/);
        return true;
      },
    );
    assert.equal(proxied.hearsEnds, false);
  }
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ann"));
  await visitor.request((session) => void session.signal);
  await until("an event tells that ends are not heard", () =>
    events.some((event) => Reflect.get(Object(event), "operation") === "subscribe"),
  );
  await until("a warning comes", () => warnings.length > 0);
  assert.deepEqual(
    warnings.map((warning) => Reflect.get(warning, "code")),
    ["COATCHECK_POSTGRES_DEAF"],
  );
  process.off("warning", listen);

  isProxied = false;
  const heard = new Map<string, unknown>();
  await proxied.subscribe((key, movedTo) => heard.set(key, movedTo));
  assert.equal(proxied.hearsEnds, true);
  await untilHeard(heard);
  await sessions.close();
});
