// The Redis store keeps the laws of a store: by both clients, on one server, by Sentinel and on a cluster.
import test, { after } from "node:test";
import { guardStore } from "../../src/core/record/guarded-store.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { commandsOf } from "../../src/stores/redis/clients.ts";
import { type RedisClient, redisStore } from "../../src/stores/redis/index.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import {
  type Connected,
  ioRedis,
  ioRedisCluster,
  ioRedisSentinel,
  nodeRedis,
  nodeRedisCluster,
  nodeRedisPool,
  nodeRedisSentinel,
} from "../fixtures/redis/clients.ts";
import { anyRedis } from "../fixtures/redis/server.ts";
import { startRedisCluster } from "../fixtures/servers/cluster.ts";
import { startRedis } from "../fixtures/servers/redis.ts";
import { startSentinel } from "../fixtures/servers/sentinel.ts";

/** How long a call may take when the server is silent, in ms. */
const TIMEOUT = 300;

const server = await anyRedis();
const silent = await startRedis();
const cluster = await startRedisCluster();
// Sessions are not lost to a machine that is merely slow: the primary counts as dead after a long while only.
const sentinel = await startSentinel({ downAfter: 60_000 });
const opened: Connected[] = [];

after(async () => {
  for (const each of opened) await each.close();
  await Promise.all([server.stop(), silent.stop(), cluster.stop(), sentinel.stop()]);
});

const kinds = {
  "node-redis": () => nodeRedis(server.url),
  "node-redis, pool": () => nodeRedisPool(server.url),
  ioredis: () => ioRedis(server.url),
  "node-redis, Sentinel": () => nodeRedisSentinel(sentinel),
  "ioredis, Sentinel": () => ioRedisSentinel(sentinel),
  "node-redis, cluster": () => nodeRedisCluster(cluster),
  "ioredis, cluster": () => ioRedisCluster(cluster),
};

// A server that has stopped is connected and says nothing.
const silentClients = { "node-redis": await nodeRedis(silent.url), ioredis: await ioRedis(silent.url) };
opened.push(...Object.values(silentClients));
silent.freeze();

/** Of each store of a case. Cases don't share one: in a cluster, a message of an earlier case may come late. */
const prefixes = new WeakMap<SessionStore, string>();
let cases = 0;

function storeWith(client: RedisClient, prefix: string): SessionStore {
  const store = redisStore({ client, prefix });
  prefixes.set(store, prefix);
  return store;
}

/** Puts another program's text in the place of a record. */
function garble(client: RedisClient, name: string): Promise<unknown> {
  return commandsOf(client).send(name, ["SET", name, '{"cookie":{}}', "KEEPTTL"]);
}

for (const [kind, make] of Object.entries(kinds)) {
  const [first, second] = [await make(), await make()];
  opened.push(first, second);
  const { client: silentClient } = silentClients[kind.startsWith("io") ? "ioredis" : "node-redis"];
  const suite = storeConformance({
    createStore: () => storeWith(first.client, `case-${process.pid}-${++cases}:`),
    another: (store) => storeWith(second.client, prefixes.get(store) ?? ""),
    damage: (store, key) => garble(first.client, `${prefixes.get(store)}s:${key}`),
    outage: () => guardStore(redisStore({ client: silentClient }), TIMEOUT, () => {}),
    time: "real",
    browses: true,
  });
  for (const { name, run } of suite) test(`redis by ${kind}, ${name}`, run);
}
