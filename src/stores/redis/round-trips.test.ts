// What calls cost, by the server's own count of commands: one for a load, a commit, a create and a destroy, and no more
// than that unless a script is missing; nothing walks over keys.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { commandOf, ioRedis, nodeRedis, wrapped } from "../../../test/fixtures/redis/clients.ts";
import {
  change,
  created,
  HOUR,
  listedKeys,
  newKey,
  record,
  replacement,
} from "../../../test/fixtures/redis/records.ts";
import { ask } from "../../../test/fixtures/redis/server.ts";
import { startRedis } from "../../../test/fixtures/servers/redis.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { redisStore } from "./index.ts";

const server = await startRedis();
const clients = { "node-redis": await nodeRedis(server.url), ioredis: await ioRedis(server.url) };
after(async () => {
  for (const { close } of Object.values(clients)) close();
  await server.stop();
});

/** What clients and redis-cli say beside the store's commands. */
const NOT_OURS = [
  "config|resetstat",
  "info",
  "hello",
  "client|setinfo",
  "client|setname",
  "command|docs",
  "auth",
  "select",
];

/** How often the server ran each command that a client sent while the work was done. */
async function commandsOf(work: () => Promise<unknown>): Promise<Record<string, number>> {
  await ask(server, "config", "resetstat");
  await work();
  const counts = new Map<string, number>();
  const stats = await ask(server, "info", "commandstats");
  for (const [, name = "", calls] of stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)) counts.set(name, Number(calls));
  for (const name of NOT_OURS) counts.delete(name);
  return Object.fromEntries(counts);
}

/** Those that were sent: not what a script does inside. */
async function sentCommands(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const { evalsha, eval: evaluated, ...others } = await commandsOf(work);
  return evalsha === undefined && evaluated === undefined
    ? others
    : { ...(evalsha && { evalsha }), ...(evaluated && { eval: evaluated }) };
}

/** Has sent every script, so that the server knows them. */
async function warmUp(store: SessionStore): Promise<void> {
  const owner = newKey();
  const [key, other] = [await created(store, record({ a: "1" }, { owner })), newKey()];
  await store.load(key);
  await store.commit(key, change({ b: "1" }));
  await store.commit(key, change({}, { expiresAt: Date.now() + 2 * HOUR }));
  await store.replace(key, other, replacement({}, { owner }));
  await store.replace(newKey(), newKey(), replacement({}));
  await store.destroyAll(owner);
}

for (const [kind, { client }] of Object.entries(clients)) {
  const store = redisStore({ client });

  test(`${kind}: a load, create, commit, touch and destroy are one command each`, async () => {
    await warmUp(store);
    const key = newKey();
    assert.deepEqual(await sentCommands(async () => store.load(key)), { get: 1 }, "an absent one");
    assert.deepEqual(await sentCommands(async () => store.create(key, record({ a: "1" }))), { set: 1 });
    assert.deepEqual(await sentCommands(async () => store.load(key)), { get: 1 });
    assert.deepEqual(await sentCommands(async () => store.commit(key, change({ a: "2", b: "1" }))), { evalsha: 1 });
    const later = Date.now() + 3 * HOUR;
    assert.deepEqual(await sentCommands(async () => store.commit(key, change({}, { expiresAt: later }))), {
      evalsha: 1,
    });
    assert.deepEqual(await sentCommands(async () => store.commit(key, change({ a: "3" }, { ifVersion: 1 }))), {
      evalsha: 1,
    });
    assert.deepEqual(await sentCommands(async () => store.destroy(key)), { evalsha: 1 });
    assert.deepEqual(await sentCommands(async () => store.commit(key, change({ a: "4" }))), { evalsha: 1 });
  });

  test(`${kind}: a session with an owner costs one more to create, and none more to touch`, async () => {
    const [key, owner] = [newKey(), newKey()];
    const all = await commandsOf(async () => store.create(key, record({ a: "1" }, { owner })));
    assert.deepEqual([all["evalsha"], all["set"]], [1, 1], "the index, then the record");
    for (const expiresAt of [Date.now() + HOUR, Date.now() + 2 * HOUR]) {
      assert.deepEqual(await sentCommands(async () => store.commit(key, change({}, { expiresAt }))), { evalsha: 1 });
    }
    const beyond = Date.now() + 24 * HOUR;
    assert.equal((await sentCommands(async () => store.commit(key, change({}, { expiresAt: beyond }))))["evalsha"], 3);
    const next = change({ b: "1" }, { expiresAt: beyond + HOUR });
    assert.deepEqual(await sentCommands(async () => store.commit(key, next)), { evalsha: 1 }, "and now it is listed");
  });

  test(`${kind}: a touch moves sixteen bytes, however large the session`, async () => {
    const key = await created(store, record({ large: "x".repeat(1_000_000) }));
    const expiresAt = Date.now() + 5 * HOUR;
    const { set, setrange } = await commandsOf(async () => store.commit(key, change({}, { expiresAt })));
    assert.deepEqual({ set, setrange }, { set: undefined, setrange: 1 });
    assert.equal((await store.load(key))?.expiresAt, expiresAt);
  });

  test(`${kind}: a list of 250 is a look at the index and one at each session`, async () => {
    const owner = newKey();
    await Promise.all(Array.from({ length: 250 }, () => created(store, record({ a: "1" }, { owner }))));
    const counted = await commandsOf(async () => {
      const { sessions } = await store.list(owner, { limit: 250 });
      assert.equal(sessions.length, 250);
    });
    assert.deepEqual(counted, { zrange: 1, get: 250 });
    const { sessions } = await store.list(owner);
    assert.equal(sessions.length, 100);
  });

  test(`${kind}: scripts that the server has forgotten are sent again, once`, async () => {
    const key = await created(store, record({ a: "1" }));
    await ask(server, "script", "flush");
    assert.equal(await store.commit(key, change({ a: "2" })), "committed");
    assert.deepEqual(await sentCommands(async () => store.commit(key, change({ a: "3" }))), { evalsha: 1 });
    await ask(server, "script", "flush");
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.commit(key, change({ [`f${i}`]: "1" }))),
    );
    assert.deepEqual(new Set(results), new Set(["committed"]));
    assert.equal((await store.load(key))?.version, 1 + 1 + 1 + 20);
  });
}

test("no call walks over keys", async () => {
  const sent = new Set<string>();
  const listening = wrapped(clients["node-redis"].client, (send, args) => {
    sent.add(commandOf(args)[0] ?? "");
    return send(...args);
  });
  const store = redisStore({ client: listening, prefix: "walk:" });
  await warmUp(store);
  await listedKeys(store, "ann");
  await store.sweep(Date.now(), 100);
  assert.deepEqual([...sent].sort(), ["EVAL", "EVALSHA", "GET", "PING", "SET", "ZRANGE"]);
  const ran = await commandsOf(() => warmUp(store));
  for (const name of ["keys", "scan", "zscan", "randomkey"]) assert.equal(ran[name], undefined, name);
});

test("a session takes at most a quarter more than a JSON blob of the same data", async () => {
  const { client } = clients["node-redis"];
  const store = redisStore({ client, prefix: "memory:" });
  const data = {
    user: "u".repeat(32),
    cart: "c".repeat(40),
    profile: "p".repeat(298),
    theme: "dark",
    csrf: "s".repeat(32),
    n: 1,
  };
  const fields = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, JSON.stringify(value)]));
  const key = await created(store, record(fields));
  await client.set(`sess:${key}`, JSON.stringify(data), { PX: HOUR });
  const memory = (name: string): Promise<number> => ask(server, "memory", "usage", name).then(Number);
  const [ours, blob] = [await memory(`memory:s:${key}`), await memory(`sess:${key}`)];
  assert.ok(ours <= 1.25 * blob, `${ours} bytes, and ${blob} as JSON`);
});
