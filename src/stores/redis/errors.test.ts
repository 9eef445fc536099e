// What goes wrong with clients and servers is told as what it is, by the first call that meets it, and nothing that was
// not done is reported as done.
import assert from "node:assert/strict";
import { type EventEmitter, errorMonitor, once } from "node:events";
import { readFileSync } from "node:fs";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { Cluster } from "ioredis";
import { createClient } from "redis";
import { type AnyData, SECRET } from "../../../test/fixtures/manager.ts";
import { commandOf, ioRedis, nodeRedis, nodeRedisCluster, wrapped } from "../../../test/fixtures/redis/clients.ts";
import { change, created, fieldsAt, newKey, record, replacement } from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import { startRedisCluster } from "../../../test/fixtures/servers/cluster.ts";
import { startRedis } from "../../../test/fixtures/servers/redis.ts";
import { SessionError, SessionOptionError, SessionRecordError, StoreUnavailableError } from "../../core/errors.ts";
import { createManager } from "../../core/manager.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { flaskSessionRedisStore } from "../../flask-cookie/index.ts";
import { asSessionError } from "./errors.ts";
import { type RedisClient, redisStore } from "./index.ts";

const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
after(async () => {
  close();
  await server.stop();
});

function callsOf(store: SessionStore, key = newKey()): Record<string, () => unknown> {
  return {
    load: () => store.load(key),
    create: () => store.create(newKey(), record({ a: "1" }, { owner: "ann" })),
    commit: () => store.commit(key, change({ a: "1" })),
    replace: () => store.replace(key, newKey(), replacement({})),
    destroy: () => store.destroy(key),
    list: () => store.list("ann"),
    destroyAll: () => store.destroyAll("ann"),
    browse: () => store.browse?.(),
    count: () => store.count?.(),
    sweep: () => store.sweep(Date.now(), 10),
  };
}

async function rejectionOf(call: () => unknown): Promise<SessionError> {
  const error: unknown = await Promise.resolve()
    .then(call)
    .then(
      () => assert.fail("it did not reject"),
      (reason: unknown) => reason,
    );
  assert.ok(error instanceof SessionError, String(error));
  return error;
}

test("what is no client of redis or ioredis is refused at once, naming what to give", () => {
  const oldStyle = { get() {}, set() {}, send_command() {}, connected: true };
  for (const wrong of [undefined, null, "redis://127.0.0.1", {}, oldStyle, class {}]) {
    assert.throws(
      () => redisStore({ client: wrong as unknown as RedisClient }),
      (error: unknown) => {
        assert.ok(error instanceof SessionOptionError);
        assert.equal(error.option, "client");
        assert.match(error.message, /createClient\(\), createClientPool\(\)/);
        return true;
      },
    );
  }
  assert.throws(() => redisStore(undefined as unknown as { client: RedisClient }), SessionOptionError);
  for (const prefix of [1, null, "\ud800"]) {
    assert.throws(() => redisStore({ client, prefix: prefix as string }), { option: "prefix" });
  }
});

test("a cluster client that reads from replicas is refused", () => {
  const reading = new Cluster([{ host: "127.0.0.1", port: 1 }], { scaleReads: "slave", lazyConnect: true });
  assert.throws(() => redisStore({ client: reading }), /replicas/);
  reading.disconnect();
});

test("a client that nobody has connected is a wrong option, and works once it is connected", async () => {
  const late = createClient({ url: server.url });
  late.on("error", () => {});
  const store = redisStore({ client: late, prefix: "late:" });
  for (const call of Object.values(callsOf(store))) {
    const error = await rejectionOf(call);
    assert.ok(error instanceof SessionOptionError);
    assert.match(error.message, /await client\.connect\(\)/);
  }
  await late.connect();
  const key = await created(store, record({ a: "1" }));
  assert.deepEqual(await fieldsAt(store, key), { a: "1" });
  late.destroy();
  assert.ok((await rejectionOf(() => store.load(key))) instanceof StoreUnavailableError, "a closed one is an outage");
});

test("a server older than 6.2 is a wrong option", async () => {
  for (const version of ["6.0.16", "5.0.3", "2.8.24"]) {
    const old = wrapped(client, (send, args) => {
      return commandOf(args)[1]?.includes("INFO") ? Promise.resolve([`redis_version:${version}\r\n`]) : send(...args);
    });
    for (const call of Object.values(callsOf(redisStore({ client: old, prefix: "old:" })))) {
      const error = await rejectionOf(call);
      assert.ok(error instanceof SessionOptionError);
      assert.match(error.message, /Redis \d\.\d.*6\.2 or newer/);
    }
  }
});

test("a key of another type or with another text is a wrong record, and can be destroyed", async () => {
  const store = redisStore({ client, prefix: "foreign:" });
  for (const write of [
    (name: string) => client.rPush(name, "x"),
    (name: string) => client.hSet(name, "a", "1"),
    (name: string) => client.set(name, '{"cookie":{}}'),
    (name: string) => client.set(name, "L000 and no more"),
    (name: string) => client.set(name, ""),
  ]) {
    const key = newKey();
    await write(`foreign:s:${key}`);
    const { load, commit, replace } = callsOf(store, key);
    const touch = (): unknown => store.commit(key, change({}, { expiresAt: Date.now() + 1 }));
    for (const call of [load, commit, replace, touch]) {
      assert.ok((await rejectionOf(() => call?.())) instanceof SessionRecordError);
    }
    assert.equal(await store.destroy(key), true);
    assert.equal(await store.load(key), undefined);
  }
});

test("what servers and clients reject with is an outage, with its cause", async () => {
  for (const message of [
    "LOADING Redis is loading the dataset in memory",
    "CLUSTERDOWN The cluster is down",
    "MASTERDOWN Link with MASTER is down",
    "READONLY You can't write against a read only replica.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "MISCONF Redis is configured to save RDB snapshots",
    "Socket closed unexpectedly",
  ]) {
    const cause = new Error(message);
    const failing = wrapped(client, () => Promise.reject(cause));
    for (const [operation, call] of Object.entries(callsOf(redisStore({ client: failing })))) {
      const error = await rejectionOf(call);
      assert.ok(error instanceof StoreUnavailableError);
      assert.equal(String(error.cause), String(cause));
      assert.match(error.message, new RegExp(`"${operation}"`));
    }
  }
});

for (const [kind, connect] of Object.entries({ "node-redis": nodeRedis, ioredis: ioRedis })) {
  test(`the manager's storeTimeout ends the store's calls, and the cause says what is wrong: ${kind}`, async () => {
    const dying = await startRedis();
    const connected = await connect(dying.url);
    const store = redisStore({ client: connected.client });
    const sessions = createManager<AnyData>({ secret: SECRET, store, storeTimeout: 200 }, () => store);
    // On a busy machine the first answer may take longer.
    while (await sessions.inspect(newKey()).catch((error: unknown) => error)) await sleep(50);
    dying.freeze();
    assert.match(String((await rejectionOf(() => sessions.inspect(newKey()))).cause), /the server did not answer/);
    dying.thaw();
    const refused = once(connected.client as EventEmitter, errorMonitor);
    await dying.kill9();
    await refused;
    const code = async (): Promise<unknown> =>
      Reflect.get(Object((await rejectionOf(() => sessions.inspect(newKey()))).cause), "code");
    let found = await code();
    for (let calls = 0; found !== "ECONNREFUSED" && calls < 3; calls++) found = await code();
    assert.equal(found, "ECONNREFUSED");
    await sessions.close();
    connected.close();
    await dying.stop();
  });
}

test("a server without memory stores nothing, says so, and lets sessions be read and ended", async () => {
  const full = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const connected = await nodeRedis(full.url);
  const store = redisStore({ client: connected.client });
  const given = record({ a: "1" }, { owner: "ann" });
  const [key, doomed] = [await created(store, given), await created(store, given)];
  assert.equal(await store.commit(key, change({ a: "2" })), "committed");
  await full.command("config", "set", "maxmemory", "1");
  const { create, commit, replace } = callsOf(store, key);
  for (const call of [create, commit, replace]) {
    const error = await rejectionOf(() => call?.());
    assert.ok(error instanceof StoreUnavailableError);
    assert.match(String(error.cause), /OOM/);
  }
  assert.equal((await store.load(key))?.version, 2);
  assert.equal(await store.destroy(doomed), true);
  assert.deepEqual(
    (await store.list("ann")).sessions.map((each) => each.key),
    [key],
  );
  await full.command("config", "set", "maxmemory", "0");
  assert.equal(await store.commit(key, change({ a: "3" })), "committed", "it goes on when there is memory");
  connected.close();
  await full.stop();
});

test("S27 a refused command shows no value, key or ID of its arguments, by either client", async () => {
  const full = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const [first, second] = [await nodeRedis(full.url), await ioRedis(full.url)];
  const [hidden, refusing] = [await startRedis({ args: ["--rename-command", "EVALSHA", ""] }), "my-private-value"];
  const [third, fourth] = [await nodeRedis(hidden.url), await ioRedis(hidden.url)];
  await full.command("config", "set", "maxmemory", "1");
  for (const { client: each } of [first, second, third, fourth]) {
    const key = newKey();
    const store = redisStore({ client: each });
    const flask = flaskSessionRedisStore({ client: each });
    const ids = flask.ids({ cookieName: "session", sealKeys: [], clock: Date.now, random: undefined } as never);
    const sid = ids.create();
    const calls = [
      ...Object.values(callsOf(store, key)),
      () => store.commit(key, change({ a: refusing })),
      () => store.create(key, record({ a: refusing })),
      () => flask.create(sid.key, record({ a: JSON.stringify(refusing) })),
      () => flask.load(sid.key),
    ];
    const errors = (await Promise.all(calls.map(async (call) => rejectionOf(call).catch(() => undefined)))).flat();
    const failed = errors.filter((error) => error instanceof SessionError);
    assert.ok(failed.length > 0);
    const shown = inspect(failed, { depth: Number.POSITIVE_INFINITY, showHidden: true });
    for (const secret of [refusing, key, sid.id]) assert.ok(!shown.includes(secret), shown);
  }
  for (const connected of [first, second, third, fourth]) connected.close();
  await Promise.all([full.stop(), hidden.stop()]);
});

test("a replica is read and does not pretend to write", async () => {
  const [primary, replica] = [await startRedis(), await startRedis()];
  const connected = [await nodeRedis(primary.url), await nodeRedis(replica.url)] as const;
  await replica.command("replicaof", "127.0.0.1", String(primary.port));
  while (!String(await replica.command("role")).includes("connected")) await primary.command("ping");
  const key = await created(redisStore({ client: connected[0].client }), record({ a: "1" }));
  await primary.command("wait", "1", "5000");
  const store = redisStore({ client: connected[1].client });
  assert.deepEqual(await fieldsAt(store, key), { a: "1" });
  for (const name of ["create", "commit", "replace", "destroy"]) {
    assert.ok((await rejectionOf(() => callsOf(store, key)[name]?.())) instanceof StoreUnavailableError, name);
  }
  for (const { close } of connected) close();
  await Promise.all([primary.stop(), replica.stop()]);
});

test("a user who may not run scripts is a wrong option; one who may not publish can do all else", async () => {
  const own = await startRedis();
  await own.command("acl", "setuser", "weak", "on", ">w", "~*", "+@all", "-@scripting");
  await own.command("acl", "setuser", "mute", "on", ">m", "~*", "+@all", "resetchannels");
  const weak = await nodeRedis(`redis://weak:w@127.0.0.1:${own.port}`);
  const error = await rejectionOf(() => redisStore({ client: weak.client }).commit(newKey(), change({ a: "1" })));
  assert.ok(error instanceof SessionOptionError);
  assert.match(error.message, /permission.*\+evalsha/);
  const mute = await nodeRedis(`redis://mute:m@127.0.0.1:${own.port}`);
  const store = redisStore({ client: mute.client });
  const key = await created(store, record({ a: "1" }));
  assert.equal(await store.destroy(key), true);
  assert.ok((await rejectionOf(() => store.subscribe(() => {}))) instanceof SessionOptionError);
  weak.close();
  mute.close();
  await own.stop();
});

test("a user with the rule that the docs give may do everything", async () => {
  const docs = readFileSync(new URL("../../../docs/stores/redis.md", import.meta.url), "utf8");
  const [rule = ""] = /ACL SETUSER .*/.exec(docs) ?? [];
  const own = await startRedis();
  await own.command(...rule.split(" "));
  const connected = await nodeRedis(`redis://sessions:PASSWORD@127.0.0.1:${own.port}`);
  const store = redisStore({ client: connected.client });
  const key = await created(store, record({ a: "1" }, { owner: "ann" }));
  for (const [name, call] of Object.entries(callsOf(store, key))) await assert.doesNotReject(async () => call(), name);
  const stays = await created(store, record({ a: "1" }, { owner: "bob" }));
  const expiresAt = Date.now() + 40 * 86_400_000;
  assert.equal(await store.commit(stays, change({}, { expiresAt })), "committed", "a touch that lists it for longer");
  const ended: string[] = [];
  const unsubscribe = await store.subscribe((each) => ended.push(each));
  assert.equal(await store.destroyAll("bob"), 1);
  while (ended.length === 0) await sleep(5);
  assert.deepEqual(ended, [stays]);
  unsubscribe();
  await store.close();
  connected.close();
  await own.stop();
});

test("the error of a missing permission says which commands to allow, all of the rule that the docs give", () => {
  const docs = readFileSync(new URL("../../../docs/stores/redis.md", import.meta.url), "utf8");
  const [commands = ""] = /\+get .*/.exec(docs) ?? [];
  const { message } = asSessionError(new Error("NOPERM User sessions has no permissions"), "load", false);
  assert.ok(commands !== "" && message.includes(commands), message);
  assert.doesNotMatch(message, /docs\//, "the package has no docs");
});

test("a closed store makes no more calls, and leaves the client open", async () => {
  const store = redisStore({ client, prefix: "closed:" });
  await created(store, record({ a: "1" }));
  await store.close();
  for (const call of Object.values(callsOf(store))) {
    assert.ok((await rejectionOf(call)) instanceof StoreUnavailableError);
  }
  assert.equal(await client.ping(), "PONG");
});

test("a client of one node of a cluster is a wrong option", async () => {
  const cluster = await startRedisCluster();
  const node = await nodeRedis(cluster.nodes[0]?.url ?? "");
  const store = redisStore({ client: node.client });
  const errors: unknown[] = [];
  for (let i = 0; i < 30; i++) await store.load(newKey()).catch((error: unknown) => errors.push(error));
  assert.ok(errors.length > 0);
  for (const error of errors) {
    assert.ok(error instanceof SessionOptionError);
    assert.match(error.message, /one node of a Redis Cluster.*createCluster/);
  }
  node.close();
  await cluster.stop();
});

test("a server that hides its version is asked for it once", async () => {
  let asked = 0;
  const hiding = wrapped(client, (send, args) => {
    if (!commandOf(args)[1]?.includes("INFO")) return send(...args);
    asked++;
    return Promise.reject(new Error("ERR unknown command 'INFO'"));
  });
  const store = redisStore({ client: hiding, prefix: "hidden:" });
  const key = await created(store, record({ a: "1" }));
  assert.deepEqual(await fieldsAt(store, key), { a: "1" });
  assert.equal(asked, 1);
});

test("any prefix is a text and no more, on one server and on a cluster", async () => {
  const cluster = await startRedisCluster();
  const many = await nodeRedisCluster(cluster);
  for (const each of [client, many.client]) {
    for (const prefix of ["{x}", "{", "{}", "*", "?[a-z]:", "", "用户:", "a b\r\n", "\u0000", "s:", '"; return 1 --']) {
      const store = redisStore({ client: each, prefix });
      const owner = newKey();
      const key = await created(store, record({ a: "1" }, { owner }));
      const moved = newKey();
      const heard = new Promise<[string, string | undefined]>((resolve) => {
        void store
          .subscribe((...end) => resolve(end))
          .then(() => store.replace(key, moved, replacement({ b: "2" }, { owner })));
      });
      assert.deepEqual(await heard, [key, moved], JSON.stringify(prefix));
      assert.deepEqual(await fieldsAt(store, moved), { a: "1", b: "2" });
      assert.equal(await store.destroyAll(owner), 1);
      assert.deepEqual((await store.list(owner)).sessions, []);
      await store.close();
    }
  }
  many.close();
  await cluster.stop();
});
