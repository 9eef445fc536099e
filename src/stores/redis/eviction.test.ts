// What the server evicts when its memory is full decides whether an owner's index can be trusted.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { ioRedis, nodeRedis } from "../../../test/fixtures/redis/clients.ts";
import { created, listedKeys, newKey, record } from "../../../test/fixtures/redis/records.ts";
import { ask } from "../../../test/fixtures/redis/server.ts";
import { startRedis } from "../../../test/fixtures/servers/redis.ts";
import { guardStore } from "../../core/record/guarded-store.ts";
import { redisStore } from "./index.ts";

function indexOf(owner: string): string {
  return `coatcheck:o:${createHash("sha256").update(owner).digest("base64url")}`;
}

for (const connect of [nodeRedis, ioRedis]) {
  test(`under allkeys-lru the store reports law 5 as not kept and warns once: ${connect.name}`, async () => {
    const server = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
    const connected = await connect(server.url);
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on("warning", hear);
    const store = redisStore({ client: connected.client });
    const guarded = guardStore(store, 5_000, () => {});
    assert.deepEqual(store.unkeptLaws, []);
    await Promise.all([guarded.load(newKey()), guarded.load(newKey())]);
    await created(store, record({ a: "1" }, { owner: newKey() }));
    await new Promise(setImmediate);
    process.off("warning", hear);
    assert.deepEqual([store.unkeptLaws, guarded.unkeptLaws], [[5], [5]]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.message ?? "", /allkeys-lru.*revokeAll.*noeviction/);
    connected.close();
    await server.stop();
  });
}

test("under volatile-lru an owner's index has no expiry, from the first session on, and sweeps trim it", async () => {
  const server = await startRedis({ args: ["--maxmemory-policy", "volatile-lru"] });
  const connected = await nodeRedis(server.url);
  const store = redisStore({ client: connected.client });
  const [owner, past] = [newKey(), newKey()];
  const key = await created(store, record({ a: "1" }, { owner }));
  assert.equal(await ask(server, "pttl", indexOf(owner)), "-1");
  assert.deepEqual(store.unkeptLaws, []);
  await server.command("zadd", indexOf(owner), "1", "long-past");
  await server.command("zadd", indexOf(past), "1", "long-past");
  await store.sweep(Date.now(), 100);
  assert.equal(await ask(server, "exists", indexOf(past)), "0", "an index of nothing that lives is gone");
  assert.equal(await ask(server, "zcard", indexOf(owner)), "1");
  assert.deepEqual(await listedKeys(store, owner), [key]);
  connected.close();
  await server.stop();
});

test("under noeviction an index expires with its sessions, and every law is kept", async () => {
  const server = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const connected = await nodeRedis(server.url);
  const store = redisStore({ client: connected.client });
  const owner = newKey();
  await created(store, record({ a: "1" }, { owner }));
  assert.ok(Number(await ask(server, "pttl", indexOf(owner))) > 0);
  assert.deepEqual(store.unkeptLaws, []);
  connected.close();
  await server.stop();
});
