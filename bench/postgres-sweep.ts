// The sweep of the PostgreSQL store: 10,000 expired sessions among 1,000,000, beside a process that reads and writes.
// How long it takes, by which plan, and the longest that the other process had to wait, with the sweep and without it.
//   npm run node -- bench/postgres-sweep.ts             on a private server that syncs to the disk, or on POSTGRES_URL's
//   SESSIONS=100000 EXPIRED=1000 npm run node -- …      with other numbers
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { postgresStore } from "../src/stores/postgres/index.ts";
import { createStatements } from "../src/stores/postgres/statements.ts";
import { startPostgres } from "../test/fixtures/servers/postgres.ts";
import { median } from "./statistics.ts";

const SESSIONS = Number(process.env["SESSIONS"] ?? 1_000_000);
const EXPIRED = Number(process.env["EXPIRED"] ?? 10_000);
const ROUNDS = 5;
/** As many as the manager asks for at once. */
const BATCH = 500;
const TABLE = "coatcheck_sweep_bench";
const HOUR = 3_600_000;

/** What the other process saw, in ms. */
interface Waits {
  readonly calls: number;
  readonly middle: number;
  readonly p99: number;
  readonly longest: number;
}

if (process.send) await visit(process.argv[2] ?? "");
else await measure();

async function measure(): Promise<void> {
  const named = process.env["POSTGRES_URL"];
  const server = named ? undefined : await startPostgres({ args: ["max_wal_size=4GB"] });
  const url = named ?? server?.url ?? "";
  const pool = new pg.Pool({ connectionString: url });
  try {
    await fill(pool);
    await report(pool, url);
  } finally {
    await pool.query(`DROP TABLE IF EXISTS ${TABLE}`);
    await pool.end();
    await server?.stop();
  }
}

async function fill(pool: pg.Pool): Promise<void> {
  console.log(`Making ${SESSIONS.toLocaleString("en")} sessions of about 500 bytes ...`);
  await postgresStore({ pool, table: TABLE }).migrate();
  await pool.query(
    `INSERT INTO ${TABLE} SELECT $1::bigint, $1::bigint + $2 + i * 10, $1::bigint + $2 + i * 10, 1,
      translate(encode(sha256(i::text::bytea), 'base64'), '+/=', '-_'), 'user-' || i % 200000, NULL,
      jsonb_build_object('username', '"user-' || i || '"', 'cart', '"' || repeat(md5(i::text), 10) || '"')
    FROM generate_series(1, $3::int) i`,
    [Date.now(), 2 * HOUR, SESSIONS],
  );
  await pool.query(`VACUUM ANALYZE ${TABLE}`);
}

async function report(pool: pg.Pool, url: string): Promise<void> {
  const store = postgresStore({ pool, table: TABLE });
  const lines: Record<string, string>[] = [];
  const times: Record<"expired" | "used", number[]> = { expired: [], used: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [kind, expiresIn] of [
      ["expired", 0],
      ["used", 2 * HOUR],
    ] as const) {
      await letComeDue(pool, expiresIn);
      if (round === 0 && kind === "expired") await explain(pool);
      const alone = await beside(url, async () => new Promise((resolve) => setTimeout(resolve, 1_000)));
      let took = 0;
      const during = await beside(url, async () => {
        const started = performance.now();
        let dropped: number;
        do dropped = await store.sweep(Date.now(), BATCH);
        while (dropped === BATCH);
        took = performance.now() - started;
      });
      if (round === 0) continue;
      times[kind].push(took);
      lines.push({
        [`${EXPIRED.toLocaleString("en")} sessions`]: kind === "expired" ? "have expired" : "were used since",
        "sweep, ms": took.toFixed(0),
        "others meanwhile": show(during),
        "others without it": show(alone),
      });
    }
  }
  console.table(lines.sort((a, b) => String(Object.values(a)[0]).localeCompare(String(Object.values(b)[0]))));
  for (const [kind, all] of Object.entries(times)) {
    console.log(
      `${kind}: median ${median(all).toFixed(0)} ms, ${((median(all) / EXPIRED) * 1_000).toFixed(0)} us a session`,
    );
  }
}

function show({ calls, middle, p99, longest }: Waits): string {
  const [a, b, c] = [middle, p99, longest].map((each) => each.toFixed(1));
  return `${calls} calls: middle ${a} ms, 99 % ${b}, longest ${c}`;
}

/** Makes that many random sessions due for the sweep: expired, or used since and alive. */
async function letComeDue(pool: pg.Pool, expiresIn: number): Promise<void> {
  const now = Date.now();
  await pool.query(
    `UPDATE ${TABLE} SET sweep_at = $1::bigint, expires_at = $1::bigint + $2::bigint
    WHERE key IN (SELECT key FROM ${TABLE} TABLESAMPLE SYSTEM (5) WHERE sweep_at > $1::bigint LIMIT $3)`,
    [now - 1, expiresIn, EXPIRED],
  );
}

async function explain(pool: pg.Pool): Promise<void> {
  const { text, values = [] } = createStatements(`"${TABLE}"`, false).sweep(Date.now(), null, BATCH);
  const client = await pool.connect();
  await client.query("BEGIN");
  const { rows } = await client.query({
    text: `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${text}`,
    values,
    rowMode: "array",
  });
  await client.query("ROLLBACK");
  client.release();
  console.log(rows.flat().join("\n"));
}

/** What another process sees while something is done. */
async function beside(url: string, act: () => Promise<void>): Promise<Waits> {
  const visitor = fork(fileURLToPath(import.meta.url), [url]);
  await once(visitor, "message");
  await act();
  visitor.send("stop");
  const [waits] = await once(visitor, "message");
  visitor.disconnect();
  return waits;
}

/** The other process: reads all the time, and writes now and then. */
async function visit(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  const store = postgresStore({ pool, table: TABLE });
  const { rows } = await pool.query(`SELECT key FROM ${TABLE} TABLESAMPLE SYSTEM (0.1) LIMIT 500`);
  const keys: string[] = rows.map(({ key }) => key);
  const waits: number[] = [];
  let stopped = false;
  process.once("message", () => {
    stopped = true;
  });
  const call = async (i: number): Promise<void> => {
    const key = keys[i % keys.length] ?? "";
    const started = performance.now();
    if (i % 5 === 0) await store.commit(key, { set: new Map([["seen", String(i)]]), remove: new Set(), expiresAt: 0 });
    else await store.load(key);
    waits.push(performance.now() - started);
  };
  for (let i = 0; i < 200; i++) await call(i);
  waits.length = 0;
  process.send?.("ready");
  for (let i = 0; !stopped; i++) await call(i);
  waits.sort((a, b) => a - b);
  const at = (part: number): number => waits[Math.floor((waits.length - 1) * part)] ?? 0;
  process.send?.({ calls: waits.length, middle: at(0.5), p99: at(0.99), longest: at(1) } satisfies Waits);
  await pool.end();
}
