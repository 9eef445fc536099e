// Redis is killed (kill -9) under load, and comes back with what its log of writes has.
import { test } from "node:test";
import { killUnderLoad } from "../support/faults/killed.ts";
import { createApp, openIoRedis, openNodeRedis } from "../support/faults/managers.ts";
import { isFull } from "../support/faults/report.ts";
import { startRedis } from "../support/servers/redis.ts";

const STORE_TIMEOUT = isFull ? 2_000 : 500;

const runs = [
  { appendfsync: "always", open: openNodeRedis },
  { appendfsync: "always", open: openIoRedis },
  // A process that is killed has handed its log to the system before it answered; a machine that loses power has not.
  { appendfsync: "everysec", open: openNodeRedis },
] as const;

for (const { appendfsync, open } of runs) {
  test(`Redis with appendfsync ${appendfsync}, killed under load: ${open.name}`, async (t) => {
    const server = await startRedis({ appendonly: appendfsync });
    t.after(() => server.stop());
    const [app, other] = await Promise.all([open(server.url), open(server.url)]);
    await killUnderLoad(t, {
      title: `Redis, appendfsync ${appendfsync}`,
      server,
      app: createApp(t, app, STORE_TIMEOUT),
      other: createApp(t, other, STORE_TIMEOUT),
      storeTimeout: STORE_TIMEOUT,
      kept: appendfsync === "always",
    });
  });
}
