// The connection to Redis is cut, stalled, half-closed and slow, through each client.
import { after, suite, test } from "node:test";
import { openIoRedis, openNodeRedis } from "../support/faults/managers.ts";
import { outages, sufferLatency, sufferOutage } from "../support/faults/network.ts";
import { isFull } from "../support/faults/report.ts";
import { startRedis } from "../support/servers/redis.ts";

const server = await startRedis();
after(() => server.stop());

for (const open of [openNodeRedis, openIoRedis]) {
  const ground = { server: "Redis", port: server.port, open: (port: number) => open(`redis://127.0.0.1:${port}`) };
  // Most of it is waiting. Where the numbers count, one after another.
  suite(`Redis behind a bad connection: ${open.name}`, { concurrency: isFull ? 1 : 8 }, () => {
    for (const way of outages) test(way.title, (t) => sufferOutage(t, ground, way));
    test("slow", (t) => sufferLatency(t, ground));
  });
}
