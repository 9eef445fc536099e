// The connections to PostgreSQL are cut, stalled, half-closed and slow.
import { after, suite, test } from "node:test";
import { openPostgres } from "../support/faults/managers.ts";
import { outages, sufferLatency, sufferOutage } from "../support/faults/network.ts";
import { isFull } from "../support/faults/report.ts";
import { startPostgres } from "../support/servers/postgres.ts";

const server = await startPostgres({ args: ["max_connections=200"] });
after(() => server.stop());

const ground = {
  server: "PostgreSQL",
  port: server.port,
  open: (port: number) => openPostgres(`postgres://postgres@127.0.0.1:${port}/postgres`),
};

// Most of it is waiting. Where the numbers count, one after another.
suite("PostgreSQL behind a bad connection", { concurrency: isFull ? 1 : 8 }, () => {
  for (const way of outages) test(way.title, (t) => sufferOutage(t, ground, way));
  test("slow", (t) => sufferLatency(t, ground));
});
