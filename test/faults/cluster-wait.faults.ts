// What a cluster loses when a primary dies whose replica had fallen behind: writes that were acknowledged, as replication
// is asynchronous; and nothing of what WAIT has confirmed.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createCluster } from "redis";
import { redisStore } from "../../src/stores/redis/index.ts";
import { type App, createApp } from "../fixtures/faults/managers.ts";
import { report } from "../fixtures/faults/report.ts";
import type { AnyData } from "../fixtures/manager.ts";
import { type RedisCluster, startRedisCluster } from "../fixtures/servers/cluster.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import type { RedisServer } from "../fixtures/servers/redis.ts";
import { createVisitor, type Visitor } from "../fixtures/visitor.ts";

const PREFIX = "wait:";
const WRITERS = 4;
/** What the system buffers between two processes is not lost with them, so the replica falls behind by more than that. */
const BYTES = 32_000;
const WRITES_BEHIND = 600;
const STORE_TIMEOUT = 10_000;
/** How long a write waits for its replica, in ms. */
const WAIT_LIMIT = 50;

type Send = (...words: string[]) => Promise<unknown>;

/** A visitor of the server that is to be killed, and the numbers that it wrote. */
interface Writer {
  readonly visitor: Visitor<AnyData>;
  written: number;
  acknowledged: number;
  confirmed: number;
}

test("a primary dies whose replica is behind: WAIT tells what is kept", {
  skip: skipWithoutOwn("Redis"),
}, async (t) => {
  // Nothing fails over by itself: the test says when.
  const cluster = await startRedisCluster({ nodeTimeout: 60_000 });
  t.after(() => cluster.stop());
  const { app, send, key } = await open(t, cluster);
  const { primary, replicas } = await cluster.ownersOf(key);
  const writers = await writersOn(app, primary, 2 * WRITERS);
  const [plain, waiting] = [writers.slice(0, WRITERS), writers.slice(WRITERS)];

  await Promise.all(writers.map((writer) => writeOften(writer, 20, send)));
  assert.ok(waiting.every(({ confirmed }) => confirmed > 0));
  for (const replica of replicas) replica.freeze();
  await Promise.all([
    ...plain.map((writer) => writeOften(writer, WRITES_BEHIND / WRITERS, undefined)),
    ...waiting.map((writer) => writeOften(writer, 5, send)),
  ]);
  await primary.kill9();
  for (const replica of replicas) replica.thaw();
  for (const replica of replicas) await takeOver(replica);

  const [lostPlain, lostConfirmed] = [await lost(plain, "acknowledged"), await lost(waiting, "confirmed")];
  const behind = "Cluster, replica 20 MB behind";
  report(t, "wait", {
    ground: behind,
    kept: "what was acknowledged",
    writes: sum(plain, "acknowledged"),
    lost: lostPlain,
  });
  report(t, "wait", {
    ground: behind,
    kept: "what WAIT 1 confirmed",
    writes: sum(waiting, "confirmed"),
    lost: lostConfirmed,
  });
  assert.equal(lostConfirmed, 0, "what WAIT has confirmed is kept");
});

/** An app, and what sends a command on the connection on which its writes went before. */
async function open(t: TestContext, { rootNodes }: RedisCluster): Promise<{ app: App; send: Send; key: string }> {
  const client = createCluster({ rootNodes: [...rootNodes] });
  client.on("error", () => {});
  await client.connect();
  const store = redisStore({ client, prefix: PREFIX });
  const app = createApp(t, { client: "node-redis", store, release: () => client.destroy() }, STORE_TIMEOUT);
  // Any key will do; which primary has it is the one that is killed.
  const key = "any";
  return { app, send: (...words) => client.sendCommand(key, false, words), key };
}

/** New sessions, of which those count that the server has. */
async function writersOn(app: App, server: RedisServer, count: number): Promise<Writer[]> {
  const writers: Writer[] = [];
  while (writers.length < count) {
    const visitor = createVisitor(app.sessions);
    await visitor.request((session) => session.update({ number: 0 }));
    const key = await visitor.request((session) => session.key);
    if (!String(await server.command("KEYS", `${PREFIX}*`)).includes(key)) continue;
    writers.push({ visitor, written: 0, acknowledged: 0, confirmed: 0 });
  }
  return writers;
}

/** @param send Where given, asks after each write whether a replica has it. */
async function writeOften(writer: Writer, times: number, send: Send | undefined): Promise<void> {
  for (let i = 0; i < times; i++) {
    writer.written++;
    await writer.visitor.request((session) => session.update({ number: writer.written, noise: randomBytes(BYTES) }));
    writer.acknowledged = writer.written;
    if (send && Number(await send("WAIT", "1", String(WAIT_LIMIT))) >= 1) writer.confirmed = writer.written;
  }
}

/** When it has read what was on the way from its primary. */
async function takeOver(replica: RedisServer): Promise<void> {
  while (!String(await replica.command("INFO", "replication")).includes("master_link_status:down")) await sleep(20);
  await replica.command("CLUSTER", "FAILOVER", "TAKEOVER");
}

async function lost(writers: readonly Writer[], promised: "acknowledged" | "confirmed"): Promise<number> {
  let count = 0;
  for (const writer of writers) {
    const found = await untilAnswered(writer.visitor);
    assert.ok(found <= writer.written);
    count += Math.max(0, writer[promised] - found);
  }
  return count;
}

/** Once the client has found out who took over. */
async function untilAnswered(visitor: Visitor<AnyData>): Promise<number> {
  for (const limit = Date.now() + 30_000; ; await sleep(50)) {
    try {
      return await visitor.request((session) => Number(session["number"]));
    } catch (error) {
      if (Date.now() > limit) throw error;
    }
  }
}

function sum(writers: readonly Writer[], what: "acknowledged" | "confirmed"): number {
  return writers.reduce((total, writer) => total + writer[what], 0);
}
