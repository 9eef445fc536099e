// The PostgreSQL store keeps the laws of a store, on a real server, with two pools as two processes would have them.
import { createServer, type Socket } from "node:net";
import test, { after } from "node:test";
import pg from "pg";
import type { Clock } from "../../src/core/record/store.ts";
import { type PostgresStore, postgresStore } from "../../src/stores/postgres/index.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import { testServer } from "../fixtures/postgres/server.ts";

const server = await testServer();
/** One for each clock: to the database's, sessions of the other suite would live for days. */
const table = `conformance_${process.pid}`;
const tableByDatabase = `${table}_database`;
const pool = new pg.Pool({ connectionString: server.url, max: 8 });
const secondPool = new pg.Pool({ connectionString: server.url, max: 8 });
/** What no call takes on a machine that is merely busy, in ms. */
const FAR = 10 * 60_000;
/** Takes connections and says nothing. */
const held: Socket[] = [];
const silent = createServer((socket) => held.push(socket)).listen(0, "127.0.0.1");

after(async () => {
  for (const socket of held) socket.destroy();
  silent.close();
  await pool.query(`DROP TABLE IF EXISTS ${table}, ${tableByDatabase}`);
  await pool.end();
  await secondPool.end();
  await server.stop();
});

/** With the suite's clock, or by the database's own. */
async function createStore(clock?: Clock): Promise<PostgresStore> {
  const store = postgresStore({ pool, table: clock ? table : tableByDatabase, clock, timeout: FAR });
  await store.migrate();
  return store;
}

function outage(): PostgresStore {
  const address = silent.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return postgresStore({ pool: new pg.Pool({ host: "127.0.0.1", port, user: "postgres", max: 4 }), timeout: 300 });
}

for (const { name, run } of storeConformance({
  createStore,
  another: (_, clock) => postgresStore({ pool: secondPool, table, clock, timeout: FAR }),
  deadline: FAR,
  outage,
  damage: (_, key) => pool.query(`UPDATE ${table} SET fields = '{"a": 1}' WHERE key = $1`, [key]),
  time: "fake",
  browses: true,
})) {
  test(`postgres, ${name}`, run);
}

for (const { name, run } of storeConformance({
  createStore: () => createStore(),
  another: () => postgresStore({ pool: secondPool, table: tableByDatabase, prepare: false, timeout: FAR }),
  deadline: FAR,
  time: "real",
  browses: true,
  interleavings: 100,
})) {
  test(`postgres by the database's clock, ${name}`, run);
}
