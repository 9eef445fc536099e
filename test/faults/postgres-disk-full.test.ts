// The disk of PostgreSQL is full: that of the table, where writes are refused; and that of everything, log of
// transactions included, where the server itself goes down.
import { chownSync, mkdirSync } from "node:fs";
import path from "node:path";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { assertReadsAndEnds, makeSessions, sufferFullness } from "../fixtures/faults/full.ts";
import { type App, createApp, openPostgres, PATIENT } from "../fixtures/faults/managers.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { type PostgresServer, postgresIdentity, startPostgres } from "../fixtures/servers/postgres.ts";
import { mountSmallDisk, type SmallDisk } from "../fixtures/servers/small-disk.ts";

// Where the numbers count, one after another.
const options = { concurrency: isFull ? 1 : 2, skip: skipWithoutOwn("PostgreSQL") };
const STORE_TIMEOUT = 2_000;

suite("the disk of PostgreSQL is full", options, () => {
  test("that of the table", fillDiskOfTable);
  test("that of everything, and the server goes down", fillWholeDisk);
});

async function fillDiskOfTable(t: TestContext): Promise<void> {
  const disk = await smallDisk(t, 24);
  if (!disk) return;
  const folder = ownFolder(disk);
  const server = await startPostgres();
  t.after(() => server.stop());
  await query(
    server,
    `CREATE TABLESPACE small LOCATION '${folder}'`,
    "ALTER DATABASE postgres SET default_tablespace = small",
  );
  const { app, other } = await apps(t, server);
  const cookies = await makeSessions(other, 4);
  await sufferFullness(t, {
    title: "PostgreSQL, no room for the table",
    app,
    other,
    storeTimeout: STORE_TIMEOUT,
    fill: disk.fill,
    free: disk.free,
    meanwhile: () => assertReadsAndEnds(other, cookies),
  });
}

async function fillWholeDisk(t: TestContext): Promise<void> {
  const disk = await smallDisk(t, 160);
  if (!disk) return;
  const args = ["max_wal_size=4MB", "min_wal_size=2MB"];
  const server = await startPostgres({ folder: ownFolder(disk), args, initdb: ["--wal-segsize=1"] });
  t.after(() => server.stop());
  const { app, other } = await apps(t, server);
  await sufferFullness(t, {
    title: "PostgreSQL, no room at all",
    app,
    other,
    storeTimeout: STORE_TIMEOUT,
    fill: disk.fill,
    meanwhile: () => untilPanic(server),
    async free() {
      disk.free();
      // What a supervisor does.
      if (!server.isRunning()) await server.restart();
    },
  });
}

async function smallDisk(t: TestContext, megabytes: number): Promise<SmallDisk | undefined> {
  const disk = await mountSmallDisk(megabytes, postgresIdentity());
  if (disk) t.after(() => disk.remove());
  else t.skip("only root on Linux can mount a small disk to fill; the other tests of outages need none");
  return disk;
}

/** Uses up the room that the log of transactions still has. */
async function untilPanic(server: PostgresServer): Promise<void> {
  for (const limit = Date.now() + 20_000; !server.log().includes("PANIC:"); await sleep(20)) {
    if (Date.now() > limit) throw new Error(`the server did not run out of room:\n${server.log()}`);
    await query(server, "SELECT pg_logical_emit_message(false, 'more', 'log'), pg_switch_wal()").catch(() => {});
  }
}

/** A folder in it that PostgreSQL has to itself. */
function ownFolder(disk: SmallDisk): string {
  const folder = path.join(disk.folder, "postgres");
  mkdirSync(folder, { mode: 0o700 });
  const identity = postgresIdentity();
  if (identity) chownSync(folder, identity.uid, identity.gid);
  return folder;
}

async function apps(t: TestContext, { url }: PostgresServer): Promise<{ app: App; other: App }> {
  const app = createApp(t, await openPostgres(url), STORE_TIMEOUT);
  return { app, other: createApp(t, await openPostgres(url), PATIENT) };
}

async function query({ url }: PostgresServer, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
