// The connection to Redis is cut, stalled, half-closed and slow, through each client.
import { after, before, suite, test } from "node:test";
import { openIoRedis, openNodeRedis } from "../fixtures/faults/managers.ts";
import { outages, sufferHiccups, sufferLatency, sufferOutage } from "../fixtures/faults/network.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { type RedisServer, startRedis } from "../fixtures/servers/redis.ts";

// Most of it is waiting. Where the numbers count, one after another.
const options = { concurrency: isFull ? 1 : 16, skip: skipWithoutOwn("Redis") };

suite("Redis behind a bad connection", options, () => {
  let server: RedisServer;
  before(async () => {
    server = await startRedis();
  });
  after(() => server.stop());
  for (const open of [openNodeRedis, openIoRedis]) {
    const ground = {
      server: "Redis",
      port: () => server.port,
      open: (port: number) => open(`redis://127.0.0.1:${port}`),
    };
    for (const way of outages) test(`${way.title}: ${open.name}`, (t) => sufferOutage(t, ground, way));
    test(`slow: ${open.name}`, (t) => sufferLatency(t, ground));
    test(`slow for a moment: ${open.name}`, (t) => sufferHiccups(t, ground));
  }
});
