// PostgreSQL is killed (kill -9 of every process of it) under load, and recovers from its log.
import { test } from "node:test";
import { killUnderLoad } from "../fixtures/faults/killed.ts";
import { createApp, openPostgres, PATIENT } from "../fixtures/faults/managers.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { startPostgres } from "../fixtures/servers/postgres.ts";

const STORE_TIMEOUT = isFull ? 2_000 : 500;

// With `off`, PostgreSQL answers before the log is written, and says itself that the last moments may be lost.
for (const synchronousCommit of isFull ? ["on", "off"] : ["on"]) {
  test(`PostgreSQL with synchronous_commit ${synchronousCommit}, killed under load`, {
    skip: skipWithoutOwn("PostgreSQL"),
  }, async (t) => {
    const server = await startPostgres({ args: [`synchronous_commit=${synchronousCommit}`] });
    t.after(() => server.stop());
    const [app, other] = [await openPostgres(server.url), await openPostgres(server.url)];
    await killUnderLoad(t, {
      title: `PostgreSQL, synchronous_commit ${synchronousCommit}`,
      server,
      app: createApp(t, app, STORE_TIMEOUT),
      other: createApp(t, other, PATIENT),
      storeTimeout: STORE_TIMEOUT,
      kept: synchronousCommit === "on",
    });
  });
}
