// Redis has a limit of memory and evicts nothing: writes are refused, reads and logouts go on.
import { test } from "node:test";
import { assertReadsAndEnds, assertRefused, makeSessions, sufferFullness } from "../fixtures/faults/full.ts";
import { createApp, openIoRedis, openNodeRedis, PATIENT } from "../fixtures/faults/managers.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { startRedis } from "../fixtures/servers/redis.ts";

const STORE_TIMEOUT = 2_000;
const MAXMEMORY = 20_000_000;

for (const open of [openNodeRedis, openIoRedis]) {
  test(`maxmemory with noeviction is reached: ${open.name}`, { skip: skipWithoutOwn("Redis") }, async (t) => {
    const args = ["--maxmemory", String(MAXMEMORY), "--maxmemory-policy", "noeviction"];
    const server = await startRedis({ args });
    t.after(() => server.stop());
    const app = createApp(t, await open(server.url), STORE_TIMEOUT);
    const other = createApp(t, await open(server.url), PATIENT);
    const cookies = await makeSessions(other, 4);
    await sufferFullness(t, {
      title: "Redis, maxmemory with noeviction",
      app,
      other,
      storeTimeout: STORE_TIMEOUT,
      fill: () => server.command("SETRANGE", "ballast", String(MAXMEMORY), "x"),
      free: () => server.command("DEL", "ballast"),
      async meanwhile() {
        await assertRefused(other);
        await assertReadsAndEnds(other, cookies);
      },
    });
  });
}
