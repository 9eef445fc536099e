// Redis is killed (kill -9) under load, and comes back with what its log of writes has.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { killUnderLoad } from "../support/faults/killed.ts";
import { createApp, openIoRedis, openNodeRedis } from "../support/faults/managers.ts";
import { isFull } from "../support/faults/report.ts";
import type { Traffic } from "../support/faults/traffic.ts";
import { skipWithoutOwn } from "../support/servers/own.ts";
import { startRedis } from "../support/servers/redis.ts";

const STORE_TIMEOUT = isFull ? 2_000 : 500;

const options = { skip: skipWithoutOwn("Redis") };

interface Way {
  readonly title: string;
  readonly appendonly: false | "always" | "everysec";
  readonly kept: boolean;
}

const always: Way = { title: "Redis, appendfsync always", appendonly: "always", kept: true };
// A process that is killed has handed its log to the system before it answered; a machine that loses power has not.
const everysec: Way = { title: "Redis, appendfsync everysec", appendonly: "everysec", kept: false };
const never: Way = { title: "Redis, no log of writes", appendonly: false, kept: false };

for (const open of [openNodeRedis, openIoRedis]) {
  test(`Redis with appendfsync always, killed under load: ${open.name}`, options, async (t) => {
    await kill(t, open, always);
  });
}

test("Redis with appendfsync everysec, killed under load", options, async (t) => {
  await kill(t, openNodeRedis, everysec);
});

test("Redis without a log loses everything, and the test sees it", options, async (t) => {
  const { losses } = await kill(t, openNodeRedis, never);
  assert.ok(losses.sessions > 0);
});

async function kill(t: TestContext, open: typeof openNodeRedis, { title, appendonly, kept }: Way): Promise<Traffic> {
  const server = await startRedis({ appendonly });
  t.after(() => server.stop());
  const app = createApp(t, await open(server.url), STORE_TIMEOUT);
  const other = createApp(t, await open(server.url), STORE_TIMEOUT);
  return killUnderLoad(t, { title, server, app, other, storeTimeout: STORE_TIMEOUT, kept });
}
