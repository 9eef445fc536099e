// Subscriptions: a connection of the store's own, none while nobody listens, found again after it was cut, and closed.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { SECRET } from "../../../test/fixtures/manager.ts";
import { ioRedis, ioRedisCluster, nodeRedis, nodeRedisCluster } from "../../../test/fixtures/redis/clients.ts";
import { created, record } from "../../../test/fixtures/redis/records.ts";
import { ask } from "../../../test/fixtures/redis/server.ts";
import { startRedisCluster } from "../../../test/fixtures/servers/cluster.ts";
import { type RedisServer, startRedis } from "../../../test/fixtures/servers/redis.ts";
import { until } from "../../../test/fixtures/until.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { createSessions } from "../../create-sessions.ts";
import { type RedisClient, redisStore } from "./index.ts";

const server = await startRedis();
const cluster = await startRedisCluster();
interface Place {
  readonly client: RedisClient;
  readonly servers: readonly RedisServer[];
  close(): unknown;
}
const clients: Record<string, Place> = {
  "node-redis": { ...(await nodeRedis(server.url)), servers: [server] },
  ioredis: { ...(await ioRedis(server.url)), servers: [server] },
  "node-redis, cluster": { ...(await nodeRedisCluster(cluster)), servers: cluster.nodes },
  "ioredis, cluster": { ...(await ioRedisCluster(cluster)), servers: cluster.nodes },
};
after(async () => {
  for (const { close } of Object.values(clients)) await close();
  await Promise.all([server.stop(), cluster.stop()]);
});

/** How many connections hear a channel. */
async function listeners(at: readonly RedisServer[], channel: string): Promise<number> {
  const counts = await Promise.all(at.map((each) => ask(each, "pubsub", "numsub", channel)));
  return counts.reduce((sum, text) => sum + Number(text.split("\n")[1]), 0);
}

async function cut(at: readonly RedisServer[]): Promise<void> {
  await Promise.all(at.map((each) => each.command("client", "kill", "type", "pubsub")));
}

for (const [kind, { client, servers: at }] of Object.entries(clients)) {
  const prefix = `listen-${kind}:`;
  const channel = `${prefix}ended`;

  test(`${kind}: one connection for all listeners, opened with the first and closed with the last`, async () => {
    const store = redisStore({ client, prefix });
    await store.destroy(await created(store, record({ a: "1" })));
    assert.equal(await listeners(at, channel), 0, "nobody listens");
    const [first, second] = await Promise.all([store.subscribe(() => {}), store.subscribe(() => {})]);
    assert.equal(await listeners(at, channel), 1);
    first();
    first();
    assert.equal(await listeners(at, channel), 1);
    second();
    await until("it is closed", async () => (await listeners(at, channel)) === 0);
    await store.subscribe(() => {});
    assert.equal(await listeners(at, channel), 1);
    await store.close();
    await until("it is closed with the store", async () => (await listeners(at, channel)) === 0);
    const other = redisStore({ client, prefix });
    assert.equal(
      (await other.load(await created(other, record({ a: "1" })))) !== undefined,
      true,
      "the client is open",
    );
  });

  test(`${kind}: a connection that is cut is found again`, async () => {
    const store = redisStore({ client, prefix });
    const told = new Set<string>();
    await store.subscribe((key) => void told.add(key));
    for (let round = 0; round < 2; round++) {
      await cut(at);
      await until("it listens again", async () => {
        const key = await created(store, record({ a: "1" }));
        await store.destroy(key);
        await sleep(50);
        return told.has(key);
      });
    }
    await store.close();
  });

  test(`${kind}: a session that is revoked while the connection is cut fires its signal all the same`, async () => {
    const watching = createSessions({ secret: SECRET, store: redisStore({ client, prefix }) });
    const revoking = createSessions({ secret: SECRET, store: redisStore({ client, prefix }) });
    for (let round = 0; round < 3; round++) {
      const owner = `ann ${round}`;
      const signal = await createVisitor(watching).request(async (session) => {
        await session.login(owner);
        return session.signal;
      });
      await until("it listens", async () => (await listeners(at, channel)) === 1);
      await Promise.all([cut(at), revoking.revokeAll(owner)]);
      await until("the signal fires", async () => signal.aborted);
    }
    await watching.close();
    await revoking.close();
  });

  test(`${kind}: what others publish is no matter, and a store closed at once leaves nothing open`, async () => {
    const store = redisStore({ client, prefix });
    const told: string[] = [];
    await store.subscribe((key) => void told.push(key));
    for (const message of ["", "x", "null", "{}", "[]", "[1]", '"a"'])
      await at[0]?.command("publish", channel, message);
    // Said again until it is heard: between the servers of a cluster, a message can be lost.
    await until("the last is told", async () => {
      await at[0]?.command("publish", channel, '["last"]');
      return told.includes("last");
    });
    assert.deepEqual(new Set(told), new Set(["last"]));
    await store.close();
    const hasty = redisStore({ client, prefix });
    const subscribing = hasty.subscribe(() => {});
    await hasty.close();
    await Promise.allSettled([subscribing]);
    await until("nothing is open", async () => (await listeners(at, channel)) === 0);
  });
}

test("a connection that its client gives up is opened anew", async (t) => {
  const once = createClient({ url: server.url, socket: { reconnectStrategy: false } });
  once.on("error", () => {});
  await once.connect();
  const io = new Redis(server.url, { retryStrategy: () => null });
  io.on("error", () => {});
  t.after(() => {
    once.destroy();
    io.disconnect();
  });
  for (const client of [once, io]) {
    const store = redisStore({ client, prefix: "given-up:" });
    await store.subscribe(() => {});
    await cut([server]);
    await until("it is gone", async () => (await listeners([server], "given-up:ended")) === 0);
    await until("it is back", async () => (await listeners([server], "given-up:ended")) === 1);
    await store.close();
    await until("it is closed", async () => (await listeners([server], "given-up:ended")) === 0);
  }
});
