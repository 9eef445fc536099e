// The connections to PostgreSQL are cut, stalled, half-closed and slow.
import { after, before, suite, test } from "node:test";
import { openPostgres } from "../fixtures/faults/managers.ts";
import { outages, sufferHiccups, sufferLatency, sufferOutage } from "../fixtures/faults/network.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { type PostgresServer, startPostgres } from "../fixtures/servers/postgres.ts";

// Most of it is waiting. Where the numbers count, one after another.
const options = { concurrency: isFull ? 1 : 8, skip: skipWithoutOwn("PostgreSQL") };

suite("PostgreSQL behind a bad connection", options, () => {
  let server: PostgresServer;
  before(async () => {
    server = await startPostgres({ args: ["max_connections=200"] });
  });
  after(() => server.stop());
  const ground = {
    server: "PostgreSQL",
    port: () => server.port,
    open: (port: number) => openPostgres(`postgres://postgres@127.0.0.1:${port}/postgres`),
  };
  for (const way of outages) test(way.title, (t) => sufferOutage(t, ground, way));
  test("slow", (t) => sufferLatency(t, ground));
  test("slow for a moment", (t) => sufferHiccups(t, ground));
});
