// What the console's pages cost beyond the store's own time among 1,000,000 sessions, on each store that keeps them outside
// of the process: asked over HTTP, with the store's calls timed inside of the server.
//   npm run node -- bench/console.ts                                   all three, on private servers
//   npm run node -- bench/console.ts --store redis --sessions 100000   one of them, with fewer sessions
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { getRequestListener } from "@hono/node-server";
import { postgresStore } from "coatcheck/postgres";
import { redisStore } from "coatcheck/redis";
import { sqliteStore } from "coatcheck/sqlite";
import pg from "pg";
import { createClient } from "redis";
import { sessionConsole } from "../src/console/index.ts";
import { createManager } from "../src/core/manager.ts";
import type { SessionRecord, SessionStore } from "../src/core/record/store.ts";
import type { StoreCall } from "../src/core/record/store-calls.ts";
import { generateSecret } from "../src/core/secrets.ts";
import { listen } from "../test/fixtures/listen.ts";
import { startPostgres } from "../test/fixtures/servers/postgres.ts";
import { startRedis } from "../test/fixtures/servers/redis.ts";
import { createVisitor } from "../test/fixtures/visitor.ts";
import { fill, keyOf, ownerOf, recordOf, SESSIONS_PER_OWNER } from "./browse/sessions.ts";
import { median } from "./statistics.ts";

const { values } = parseArgs({
  options: { store: { type: "string" }, sessions: { type: "string", default: "1000000" } },
});
const total = Number(values.sessions);

/** How often each page is asked for. */
const ROUNDS = 21;
/** The page of the list that stands for one in the middle. */
const MIDDLE = 20;
const DEVICE = JSON.stringify({
  userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  address: "192.0.2.7",
  place: "Lyon, FR",
});

const stores = { sqlite: onSqlite, redis: onRedis, postgres: onPostgres };
for (const [name, run] of Object.entries(stores)) {
  if (values.store === undefined || values.store === name) await run();
}

function recordWithDevice(number: number, now: number): SessionRecord {
  const record = recordOf(number, now);
  return { ...record, fields: new Map([...record.fields, ["$device", DEVICE]]) };
}

function fillByCreating(store: SessionStore, batch: number): Promise<void> {
  const now = Date.now();
  return fill(total, batch, (from, to) =>
    Promise.all(
      Array.from({ length: to - from }, (_, i) => store.create(keyOf(from + i), recordWithDevice(from + i, now))),
    ),
  );
}

async function onSqlite(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-console-"));
  const store = sqliteStore({ path: join(folder, "sessions"), timeout: 60_000 });
  try {
    await fillByCreating(store, 5_000);
    await measure(store);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function onRedis(): Promise<void> {
  const server = await startRedis();
  const client = createClient({ url: server.url });
  await client.connect();
  const store = redisStore({ client });
  try {
    await fillByCreating(store, 2_000);
    await measure(store);
  } finally {
    await store.close();
    client.destroy();
    await server.stop();
  }
}

async function onPostgres(): Promise<void> {
  const server = await startPostgres({ args: ["max_wal_size=4GB"] });
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  const store = postgresStore({ pool });
  try {
    await store.migrate();
    await fill(total, 50_000, (from, to) => insert(pool, from, to));
    await pool.query("VACUUM ANALYZE coatcheck_sessions");
    await measure(store);
  } finally {
    await store.close();
    await pool.end();
    await server.stop();
  }
}

/** The same sessions, made by the database. */
async function insert(pool: pg.Pool, from: number, to: number): Promise<void> {
  await pool.query(
    `INSERT INTO coatcheck_sessions SELECT $1::bigint, $1::bigint + 86400000 + i, $1::bigint + 86400000 + i, 1,
      rtrim(translate(encode(sha256(i::text::bytea), 'base64'), '+/', '-_'), '='), 'user-' || i / ${SESSIONS_PER_OWNER}, NULL,
      jsonb_build_object('username', '"user-' || i / ${SESSIONS_PER_OWNER} || '"', 'note', '"' || repeat('x', 300) || '"', '$device', $4::text)
    FROM generate_series($2::int, $3::int) i`,
    [Date.now(), from, to - 1, DEVICE],
  );
}

async function measure(store: SessionStore): Promise<void> {
  collectGarbage();
  const sessions = createManager({ secret: generateSecret(), store }, () => store);
  const page = sessionConsole({ sessions, authorize: ({ owner }) => owner === "admin" });
  const server = await listen(getRequestListener(page.fetch), {});
  const admin = createVisitor(sessions);
  await admin.request((session) => session.login("admin"));
  const ask = createAsker(server.url, admin.cookie ?? "");
  const middle = await pageInTheMiddle(ask);
  const pages = {
    "the list, first page": () => "/sessions",
    [`the list, page ${MIDDLE}`]: () => middle,
    "an owner": (i: number) => `/sessions/?by=owner&q=${ownerOf(numberAt(i))}`,
    "4 letters of a key": (i: number) => `/sessions/?by=key&q=${keyOf(numberAt(i)).slice(0, 4)}`,
    "a device": () => "/sessions/?by=device&q=opera",
    "one session": (i: number) => `/sessions/key/${keyOf(numberAt(i))}`,
    activity: () => "/sessions/activity",
    "a chart": () => "/sessions/charts/latency.svg",
  };
  const lines = [];
  for (const [name, path] of Object.entries(pages)) lines.push({ page: name, ...(await timed(ask, path)) });
  console.log(`\n${store.name}, ${total.toLocaleString("en")} sessions: ms of ${ROUNDS} requests`);
  console.table(lines);
  page.close();
  await server.close();
}

/** What the filling has left behind is not to be cleared away while pages are timed. */
function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

function numberAt(round: number): number {
  return Math.floor((total / ROUNDS) * round);
}

interface Asked {
  readonly text: string;
  readonly took: number;
  readonly store: number;
}

type Ask = (path: string) => Promise<Asked>;

/** Asks for a page, and tells how much of the time the store's calls took, which come one after another. */
function createAsker(url: string, cookie: string): Ask {
  return async (path) => {
    let store = 0;
    const hear = (message: unknown): void => {
      store += (message as StoreCall).duration ?? 0;
    };
    subscribe("coatcheck.store.end", hear);
    const startedAt = performance.now();
    const response = await fetch(url + path, { headers: { cookie } });
    const text = await response.text();
    const took = performance.now() - startedAt;
    unsubscribe("coatcheck.store.end", hear);
    if (!response.ok) throw new Error(`${path} answers ${response.status}`);
    return { text, took, store };
  };
}

async function pageInTheMiddle(ask: Ask): Promise<string> {
  let path = "/sessions";
  for (let i = 1; i < MIDDLE; i++) {
    const next = /rel="next" href="([^"]+)"/.exec((await ask(path)).text)?.[1];
    if (next === undefined) break;
    path = next.replaceAll("&amp;", "&");
  }
  return path;
}

async function timed(ask: Ask, path: (round: number) => string): Promise<object> {
  await ask(path(0));
  const asked: Asked[] = [];
  for (let round = 0; round < ROUNDS; round++) asked.push(await ask(path(round)));
  const beyond = asked.map(({ took, store }) => took - store);
  const shown = (value: number): string => value.toFixed(1);
  return {
    whole: shown(median(asked.map(({ took }) => took))),
    "of that the store": shown(median(asked.map(({ store }) => store))),
    beyond: shown(median(beyond)),
    "beyond, longest": shown(Math.max(...beyond)),
  };
}
