// The owner's index: it never forgets a session that lives, forgets those that can live no longer, and ends by itself.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test, { after } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { commandOf, nodeRedis, wrapped } from "../../../test/fixtures/redis/clients.ts";
import {
  change,
  created,
  HOUR,
  listedKeys,
  newKey,
  record,
  replacement,
} from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import { until } from "../../../test/fixtures/until.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { redisStore } from "./index.ts";
import { UNLIST } from "./scripts.ts";

const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
const prefix = `index-${process.pid}:`;
const store = redisStore({ client, prefix });
after(async () => {
  close();
  await server.stop();
});

function indexOf(owner: string): string {
  return `${prefix}o:${createHash("sha256").update(owner).digest("base64url")}`;
}

/** Waits for what the store does in the background. */
async function entries(owner: string, expected: readonly string[]): Promise<void> {
  const wanted = JSON.stringify([...expected].sort());
  const present = async (): Promise<string> => JSON.stringify((await client.zRange(indexOf(owner), 0, -1)).sort());
  await until(`the index has ${wanted}`, async () => (await present()) === wanted);
}

test("no record outlives its entry, and no entry its index, however often it is touched", async () => {
  const owner = newKey();
  const key = await created(store, record({ a: "1" }, { owner, expiresAt: Date.now() + 1_000 }));
  let writes = 0;
  let before = 0;
  for (let minutes = 1; minutes <= 600; minutes++) {
    const expiresAt = Date.now() + minutes * 60_000;
    const more = minutes % 2 ? change({}, { expiresAt }) : change({ n: String(minutes) }, { expiresAt });
    assert.equal(await store.commit(key, more), "committed");
    const listedUntil = Number(await client.zScore(indexOf(owner), key));
    assert.ok(listedUntil >= expiresAt, "the entry stays as long as the record");
    assert.ok((await client.pExpireTime(indexOf(owner))) >= listedUntil, "and the index as long as the entry");
    if (listedUntil !== before) writes++;
    before = listedUntil;
  }
  assert.ok(writes < 12, `${writes} of 600 touches wrote to the index`);
  assert.deepEqual(await listedKeys(store, owner), [key]);
  assert.equal((await store.load(key))?.fields.get("n"), "600");
});

test("an ended session leaves its owner's index, and so does one that moves", async () => {
  const owner = newKey();
  const [first, second] = [
    await created(store, record({ a: "1" }, { owner })),
    await created(store, record({ a: "1" }, { owner })),
  ];
  await entries(owner, [first, second]);
  await store.destroy(first);
  await entries(owner, [second]);
  const moved = newKey();
  await store.replace(second, moved, replacement({}, { owner }));
  await entries(owner, [moved]);
  await store.replace(moved, newKey(), replacement({}, { owner: undefined }));
  await entries(owner, []);
  const late = newKey();
  assert.equal(await store.replace(first, late, replacement({}, { owner })), "gone");
  await entries(owner, []);
  assert.equal(await client.exists(indexOf(owner)), 0);
});

test("an entry past its time is dropped when the next session comes", async () => {
  const owner = newKey();
  await client.zAdd(indexOf(owner), [
    { score: Date.now() - HOUR, value: "long-past" },
    { score: Date.now() - 30_000, value: "past-by-less-than-clocks-differ" },
    { score: Date.now() + HOUR, value: "nothing-there" },
  ]);
  const key = await created(store, record({ a: "1" }, { owner }));
  await entries(owner, [key, "past-by-less-than-clocks-differ", "nothing-there"]);
  assert.deepEqual(await listedKeys(store, owner), [key], "only live sessions are listed");
  assert.equal(await store.destroyAll(owner), 1);
});

test("a session that was never stored is listed nowhere, and one of another owner not here", async () => {
  const [ann, bob] = [newKey(), newKey()];
  const key = await created(store, record({ a: "1" }, { owner: bob }));
  assert.equal(await store.create(key, record({ a: "2" }, { owner: ann })), false);
  assert.deepEqual(await listedKeys(store, ann), []);
  assert.equal(await store.destroyAll(ann), 0);
  assert.deepEqual(await listedKeys(store, bob), [key]);
});

test("a key that is made anew for the same owner stays listed, however late the old entry is dropped", async () => {
  const late: (() => void)[] = [];
  const slow = wrapped(client, async (send, args) => {
    if (commandOf(args)[1] === UNLIST.sha) await new Promise<void>((resolve) => late.push(resolve));
    return send(...args);
  });
  const [owner, key, other] = [newKey(), newKey(), redisStore({ client: slow, prefix })];
  const given = record({ a: "1" }, { owner });
  for (let round = 0; round < 3; round++) {
    assert.equal(await other.create(key, given), true);
    assert.equal(await other.destroy(key), true);
  }
  assert.equal(await other.create(key, given), true);
  assert.equal(late.length, 3);
  for (const release of late) release();
  await sleep(50);
  assert.deepEqual(await listedKeys(store, owner), [key]);
});

test("all pages of an owner's sessions together fetch the index once", async () => {
  let fetched = 0;
  const counting = wrapped(client, (send, args) => {
    if (commandOf(args)[0] === "ZRANGE") fetched++;
    return send(...args);
  });
  const [owner, other] = [newKey(), redisStore({ client: counting, prefix })];
  const keys = await Promise.all(Array.from({ length: 40 }, () => created(other, record({ a: "1" }, { owner }))));
  assert.deepEqual(await pagesOf(other, other, owner), [...keys].sort());
  assert.equal(fetched, 1);
  assert.deepEqual(await pagesOf(other, store, owner), [...keys].sort(), "another process goes on with a listing");
});

/** All keys of an owner, in pages of 7: the first from one store, the others from another. */
async function pagesOf(first: SessionStore, others: SessionStore, owner: string): Promise<string[]> {
  const found: string[] = [];
  let page = await first.list(owner, { limit: 7 });
  for (;;) {
    found.push(...page.sessions.map(({ key }) => key));
    if (page.next === undefined) return found.sort();
    page = await others.list(owner, { limit: 7, cursor: page.next });
  }
}

test("destroyAll tells its progress after each batch", async () => {
  const owner = newKey();
  await Promise.all(Array.from({ length: 250 }, () => created(store, record({ a: "1" }, { owner }))));
  const progress: number[] = [];
  assert.equal(await store.destroyAll(owner, { onProgress: (ended) => progress.push(ended) }), 250);
  assert.deepEqual(progress, [100, 200, 250]);
});
