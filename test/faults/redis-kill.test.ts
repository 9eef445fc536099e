// Redis is killed (kill -9) under load, and comes back with what its log of writes has.
import assert from "node:assert/strict";
import { suite, type TestContext, test } from "node:test";
import { killUnderLoad } from "../fixtures/faults/killed.ts";
import { createApp, openIoRedis, openNodeRedis, PATIENT } from "../fixtures/faults/managers.ts";
import { isFull } from "../fixtures/faults/report.ts";
import type { Traffic } from "../fixtures/faults/traffic.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { startRedis } from "../fixtures/servers/redis.ts";

const STORE_TIMEOUT = isFull ? 2_000 : 500;

// Where the numbers count, one after another.
const options = { concurrency: isFull ? 1 : 4, skip: skipWithoutOwn("Redis") };

interface Way {
  readonly title: string;
  readonly appendonly: false | "always" | "everysec";
  readonly kept: boolean;
}

const always: Way = { title: "Redis, appendfsync always", appendonly: "always", kept: true };
// A process that is killed has handed its log to the system before it answered; a machine that loses power has not.
const everysec: Way = { title: "Redis, appendfsync everysec", appendonly: "everysec", kept: false };
const never: Way = { title: "Redis, no log of writes", appendonly: false, kept: false };

suite("Redis is killed under load", options, () => {
  for (const open of [openNodeRedis, openIoRedis]) {
    test(`with appendfsync always: ${open.name}`, async (t) => void (await kill(t, open, always)));
  }
  test("with appendfsync everysec", async (t) => void (await kill(t, openNodeRedis, everysec)));
  test("without a log it loses everything, and the test sees it", async (t) => {
    const { losses } = await kill(t, openNodeRedis, never);
    assert.ok(losses.sessions > 0);
  });
});

async function kill(t: TestContext, open: typeof openNodeRedis, { title, appendonly, kept }: Way): Promise<Traffic> {
  const server = await startRedis({ appendonly });
  t.after(() => server.stop());
  const app = createApp(t, await open(server.url), STORE_TIMEOUT);
  const other = createApp(t, await open(server.url), PATIENT);
  return killUnderLoad(t, { title, server, app, other, storeTimeout: STORE_TIMEOUT, kept });
}
