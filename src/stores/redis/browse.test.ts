// Browsing a Redis server and a cluster: over all primaries, past what is not ours, and never far in one page.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { Redis } from "ioredis";
import {
  commandOf,
  ioRedisCluster,
  nodeRedis,
  nodeRedisCluster,
  wrapped,
} from "../../../test/fixtures/redis/clients.ts";
import { created, record } from "../../../test/fixtures/redis/records.ts";
import { startRedisCluster } from "../../../test/fixtures/servers/cluster.ts";
import { type RedisServer, startRedis } from "../../../test/fixtures/servers/redis.ts";
import type { BrowseOptions, SessionStore } from "../../core/record/store.ts";
import { redisStore } from "./index.ts";

const server = await startRedis();
const cluster = await startRedisCluster();
const { client, close } = await nodeRedis(server.url);
after(async () => {
  close();
  await Promise.all([server.stop(), cluster.stop()]);
});

async function browsed(store: SessionStore, options: BrowseOptions = {}): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.browse?.({ ...options, cursor });
    keys.push(...(page?.sessions ?? []).map(({ key }) => key));
    cursor = page?.next;
  } while (cursor !== undefined);
  return keys;
}

function createdMany(store: SessionStore, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => created(store, record({ a: "1" }, { owner: "ann" }))));
}

/** How many keys a node has as a primary. */
async function shareOf(node: RedisServer, pattern: string): Promise<number> {
  const [role] = (await node.command("role")) as unknown[];
  return role === "master" ? ((await node.command("keys", pattern)) as unknown[]).length : 0;
}

/** Keys of another program, many at once. */
async function fillForeign(prefix: string, count: number): Promise<void> {
  const keys = Array.from({ length: count }, (_, i) => [`${prefix}${i}`, "x"]).flat();
  await client.sendCommand(["MSET", ...keys]);
}

for (const [kind, connect] of Object.entries({ "node-redis": nodeRedisCluster, ioredis: ioRedisCluster })) {
  test(`${kind}: a cluster is browsed and counted over all its primaries`, async (t) => {
    const connected = await connect(cluster);
    t.after(() => connected.close());
    const store = redisStore({ client: connected.client, prefix: `${kind}:` });
    const keys = await createdMany(store, 60);
    const shares = await Promise.all(cluster.nodes.map((node) => shareOf(node, `${kind}:s:*`)));
    const held = shares.filter((share) => share > 0);
    assert.deepEqual([held.length, held.reduce((total, share) => total + share, 0)], [3, 60], "each has some of them");
    for (const limit of [1, 7, 100]) assert.deepEqual((await browsed(store, { limit })).sort(), keys.toSorted());
    assert.deepEqual(await store.count(), { sessions: 60, isEstimate: true });
    const addresses = cluster.nodes.map(({ port }) => String(port));
    const { next = "" } = await store.browse({ limit: 1 });
    const cursor = Buffer.from(next, "base64url").toString();
    assert.ok(!addresses.some((address) => cursor.includes(address)), "a cursor tells no address");
  });
}

test("ioredis' own prefix of all keys is minded", async (t) => {
  for (const keyPrefix of ["app:", "[a*?\\"]) {
    const prefixed = new Redis(server.url, { keyPrefix });
    t.after(() => prefixed.disconnect());
    const store = redisStore({ client: prefixed, prefix: "own:" });
    const keys = await createdMany(store, 5);
    assert.deepEqual((await browsed(store)).sort(), keys.toSorted());
    assert.equal((await store.count()).sessions, 5);
  }
});

test("a store's prefix is no pattern", async () => {
  const [hostile, other] = [redisStore({ client, prefix: "*[a-z]?\\" }), redisStore({ client, prefix: "b[a-z]x\\" })];
  const keys = await createdMany(hostile, 3);
  await createdMany(other, 3);
  assert.deepEqual((await browsed(hostile)).sort(), keys.toSorted());
});

test("what is not ours under our keys hides no session", async () => {
  const store = redisStore({ client, prefix: "mixed:" });
  const keys = await createdMany(store, 5);
  await client.set("mixed:s:foreign", "no record");
  await client.set("mixed:s:damaged", "L1 2 3\n");
  await client.hSet("mixed:s:hash", "a", "1");
  await client.set("mixed:s:\u0000jnot json", "x");
  assert.deepEqual((await browsed(store)).sort(), keys.toSorted());
});

test("a page looks at a bounded number of keys, and goes on where it stopped", async () => {
  await fillForeign("crowd:", 45_000);
  let scans = 0;
  const counting = wrapped(client, (send, args) => {
    if (commandOf(args)[0] === "SCAN") scans++;
    return send(...args);
  });
  const store = redisStore({ client: counting, prefix: "few:" });
  const keys = await createdMany(store, 3);
  let pages = 0;
  const found: string[] = [];
  for (let cursor: string | undefined; pages === 0 || cursor !== undefined; pages++) {
    scans = 0;
    const { sessions, next } = await store.browse({ limit: 1, cursor });
    assert.ok(scans <= 25, `${scans} SCANs`);
    found.push(...sessions.map(({ key }) => key));
    cursor = next;
  }
  assert.deepEqual(found.sort(), keys.toSorted());
  assert.ok(pages >= 3);
  const { sessions } = await store.count();
  assert.ok(sessions < 500, `${sessions}, by a sample`);
});
