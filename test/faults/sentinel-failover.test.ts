// The primary of a Redis under Sentinel is killed under load, and a replica is made primary.
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { failOver } from "../fixtures/faults/failover.ts";
import { openIoRedisSentinel, openNodeRedisSentinel } from "../fixtures/faults/managers.ts";
import { isFull } from "../fixtures/faults/report.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { startSentinel } from "../fixtures/servers/sentinel.ts";

const DOWN_AFTER = isFull ? 2_000 : 1_000;

test("the primary under Sentinel is killed", { skip: skipWithoutOwn("Redis") }, async (t) => {
  const ground = await startSentinel({ downAfter: DOWN_AFTER });
  t.after(() => ground.stop());
  await failOver(t, {
    title: `Sentinel, down-after-milliseconds ${DOWN_AFTER}`,
    openers: [() => openNodeRedisSentinel(ground), () => openIoRedisSentinel(ground)],
    victim: () => ground.primary(),
    async untilWhole() {
      const primary = await ground.primary();
      // Sentinels take ten seconds until they make a replica of a primary that comes back.
      const whole = `connected_slaves:${isFull ? 2 : 1}`;
      while (!String(await primary.command("INFO", "replication")).includes(whole)) await sleep(50);
    },
  });
});
