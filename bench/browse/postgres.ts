// PostgreSQL's part of bench/browse.ts. Its bare work is the store's own statements, sent by `pg` as they are.
import { postgresStore } from "coatcheck/postgres";
import pg from "pg";
import type { ListPage } from "../../src/core/record/store.ts";
import type { PgQuery } from "../../src/stores/postgres/pool.ts";
import { createStatements } from "../../src/stores/postgres/statements.ts";
import { startPostgres } from "../../test/fixtures/servers/postgres.ts";
import { type Bare, type Line, measure, walk } from "./measure.ts";
import { fill, SESSIONS_PER_OWNER } from "./sessions.ts";

const BATCH = 50_000;
const DAY = 86_400_000;
const TABLE = "coatcheck_sessions";
const LATEST = Number.MAX_SAFE_INTEGER;

export async function browsePostgres(total: number): Promise<Line[]> {
  const server = await startPostgres({ args: ["max_wal_size=4GB"] });
  const pool = new pg.Pool({ connectionString: server.url, max: 4 });
  const store = postgresStore({ pool });
  try {
    await store.migrate();
    const now = Date.now();
    await fill(total, BATCH, (from, to) => insert(pool, now, from, to));
    console.log(`count before the first ANALYZE: ${JSON.stringify(await store.count())}`);
    await pool.query(`VACUUM ANALYZE ${TABLE}`);
    await explain(pool);
    const lines = await measure(store, bare(pool), total);
    console.log(`all by key: ${await walk(store, { limit: 1_000, keyPrefix: "" })}`);
    return lines;
  } finally {
    await store.close();
    await pool.end();
    await server.stop();
  }
}

/** The sessions of sessions.ts, made by the database. */
async function insert(pool: pg.Pool, now: number, from: number, to: number): Promise<void> {
  await pool.query(
    `INSERT INTO ${TABLE} SELECT $1::bigint, $1::bigint + $2 + i, $1::bigint + $2 + i, 1,
      rtrim(translate(encode(sha256(i::text::bytea), 'base64'), '+/', '-_'), '='), 'user-' || i / ${SESSIONS_PER_OWNER}, NULL,
      jsonb_build_object('username', '"user-' || i / ${SESSIONS_PER_OWNER} || '"', 'note', '"' || repeat('x', 300) || '"')
    FROM generate_series($3::int, $4::int) i`,
    [now, DAY, from, to - 1],
  );
}

/** By which plans pages and the count are made. */
async function explain(pool: pg.Pool): Promise<void> {
  const { browse, browseByKey, countSome } = createStatements(`"${TABLE}"`, false);
  const queries = {
    "a page": browse(Date.now() + DAY + 500_000, null, "x", 101),
    "by prefix": browseByKey("abc", null, "abc", 101),
    count: countSome(10_001, null),
  };
  for (const [name, { text, values = [] }] of Object.entries(queries)) {
    const query = { text: `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) ${text}`, values, rowMode: "array" as const };
    const { rows } = await pool.query(query);
    console.log(`\n${name}:\n${rows.flat().join("\n")}`);
  }
}

function bare(pool: pg.Pool): Bare {
  const statements = createStatements(`"${TABLE}"`, true);
  const run = (query: PgQuery): Promise<unknown> => pool.query(query as pg.QueryArrayConfig);
  return {
    firstPage: () => run(statements.browse(LATEST, null, "", 101)),
    pageAfter: ({ sessions }: ListPage) => {
      const { key, record } = sessions.at(-1) ?? { key: "", record: { expiresAt: 0 } };
      return run(statements.browse(record.expiresAt, null, key, 101));
    },
    byOwner: (owner) => run(statements.list(owner, null, "", 101)),
    byPrefix: (prefix) => run(statements.browseByKey(prefix, null, prefix, 101)),
    count: async () => {
      await run(statements.countSome(10_001, null));
      return run(statements.estimate());
    },
  };
}
