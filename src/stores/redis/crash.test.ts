// A process dies between any two commands of a call, its last one answered or not: at most one key opens the session, the
// login is never on the old one (SECURITY-BAR S6), every live session is found under its owner, and a client that sends
// a command again does nothing twice. On one server and on a cluster.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import {
  commandOf,
  dying,
  nodeRedis,
  nodeRedisCluster,
  resending,
  wrapped,
} from "../../../test/fixtures/redis/clients.ts";
import {
  change,
  created,
  fieldsAt,
  HOUR,
  listedKeys,
  newKey,
  record,
  replacement,
} from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import { startRedisCluster } from "../../../test/fixtures/servers/cluster.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { commandsOf } from "./clients.ts";
import { type RedisClient, redisStore } from "./index.ts";
import { TAKE } from "./scripts.ts";

const server = await anyRedis();
const cluster = await startRedisCluster();
const one = await nodeRedis(server.url);
const many = await nodeRedisCluster(cluster);
after(async () => {
  one.close();
  many.close();
  await Promise.all([server.stop(), cluster.stop()]);
});

const ENDS = ["sent", "not sent"] as const;
const prefix = `crash-${process.pid}:`;

for (const [place, client] of Object.entries<RedisClient>({ "one server": one.client, "a cluster": many.client })) {
  const store = redisStore({ client, prefix });

  /** Makes a call again and again, each time by a process that dies one command later, until one outlives the call. */
  async function dyingEverywhere(
    prepare: () => Promise<(mortal: SessionStore) => Promise<unknown>>,
    check: (acknowledged: boolean, where: string) => Promise<void>,
  ): Promise<number> {
    for (let commands = 0; ; commands++) {
      let outlived = true;
      for (const end of ENDS) {
        const call = await prepare();
        const { client: mortal, hasDied } = dying(client, commands, end);
        const acknowledged = await call(redisStore({ client: mortal, prefix })).then(
          () => true,
          () => false,
        );
        await check(acknowledged, `after ${commands} commands, the next one ${end}`);
        outlived &&= !hasDied();
      }
      if (outlived) return commands;
      assert.ok(commands < 50, "the call comes to an end");
    }
  }

  for (const keepOldUntil of [undefined, Date.now() + HOUR]) {
    for (const before of [undefined, "ann"]) {
      test(`S6 ${place}: a replace that dies anywhere leaves one session at most, ${before} -> ann, kept ${keepOldUntil}`, async () => {
        let [oldKey, newKeyOfIt, owner] = ["", "", ""];
        const tries = await dyingEverywhere(
          async () => {
            owner = `ann-${newKey()}`;
            oldKey = await created(store, record({ a: "1" }, { owner: before && owner }));
            newKeyOfIt = newKey();
            const given = replacement({ login: "1" }, { owner, keepOldUntil });
            return (mortal) => Promise.resolve(mortal.replace(oldKey, newKeyOfIt, given));
          },
          async (acknowledged, where) => {
            const old = await store.load(oldKey);
            const fresh = await fieldsAt(store, newKeyOfIt);
            const opensOld = old !== undefined && old.movedTo === undefined;
            assert.notEqual(opensOld, fresh !== undefined, `${where}: exactly one key opens it`);
            if (opensOld) assert.deepEqual(Object.fromEntries(old.fields), { a: "1" }, `${where}: never the login`);
            else assert.deepEqual(fresh, { a: "1", login: "1" }, `${where}: the whole changed record`);
            if (acknowledged) assert.ok(fresh, `${where}: what was acknowledged is there`);
            const live = opensOld ? oldKey : newKeyOfIt;
            const isOwned = !opensOld || before !== undefined;
            assert.deepEqual(await listedKeys(store, owner), isOwned ? [live] : [], `${where}: it is listed`);
            assert.equal(await store.commit(live, change({ b: "2" })), "committed", `${where}: it goes on`);
            assert.equal(await store.destroyAll(owner), isOwned ? 1 : 0, `${where}: destroyAll finds it`);
            if (isOwned) assert.equal(await fieldsAt(store, live), undefined, where);
          },
        );
        assert.ok(tries >= 5, `it was interrupted at ${tries} places`);
      });
    }
  }

  test(`${place}: whatever is done first at a new key whose replace died finds the whole session there`, async () => {
    const calls: ((key: string) => Promise<unknown>)[] = [
      async (key) => assert.deepEqual(await fieldsAt(store, key), { a: "1", login: "1" }),
      async (key) => assert.equal(await store.commit(key, change({ b: "1" })), "committed"),
      async (key) =>
        assert.equal(await store.commit(key, change({}, { expiresAt: Date.now() + 2 * HOUR })), "committed"),
      async (key) => assert.equal(await store.commit(key, change({}, { ifVersion: 1 })), "conflict"),
      async (key) => assert.equal(await store.destroy(key), true),
      async (key) => assert.equal(await store.replace(key, newKey(), replacement({})), "committed"),
      async (key) => assert.equal(await store.create(key, record({})), false),
    ];
    for (const call of calls) {
      const [key, moved] = await takenAndNotDelivered();
      await call(moved);
      assert.equal(await fieldsAt(store, key), undefined);
    }
  });

  /** The keys of a session whose replace died right after it was taken. */
  async function takenAndNotDelivered(): Promise<[string, string]> {
    const raw = (key: string): Promise<string> => {
      const name = `${prefix}s:${key}`;
      return commandsOf(client).send(name, ["GET", name]).then(String);
    };
    // The server may have to be sent the script first.
    for (const commands of [2, 3]) {
      const [key, moved] = [await created(store, record({ a: "1" })), newKey()];
      const { client: mortal } = dying(client, commands, "sent");
      const dead = redisStore({ client: mortal, prefix });
      await assert.rejects(async () => dead.replace(key, moved, replacement({ login: "1" })));
      if ((await raw(key)).startsWith("M")) {
        assert.match(await raw(moved), /^P/);
        return [key, moved];
      }
    }
    return assert.fail("no replace died in the middle");
  }

  test(`S12 ${place}: a create that dies anywhere leaves no session that its owner's list does not have`, async () => {
    let [key, owner] = ["", ""];
    await dyingEverywhere(
      async () => {
        [key, owner] = [newKey(), `ann-${newKey()}`];
        return (mortal) => Promise.resolve(mortal.create(key, record({ a: "1" }, { owner })));
      },
      async (acknowledged, where) => {
        const found = await fieldsAt(store, key);
        if (acknowledged) assert.ok(found, where);
        assert.deepEqual(await listedKeys(store, owner), found ? [key] : [], where);
        assert.equal(await store.destroyAll(owner), found ? 1 : 0, where);
      },
    );
  });

  test(`${place}: a commit that dies while it lists a session for longer loses it to no list`, async () => {
    let [key, owner] = ["", ""];
    await dyingEverywhere(
      async () => {
        owner = `ann-${newKey()}`;
        key = await created(store, record({ a: "1" }, { owner, expiresAt: Date.now() + 60_000 }));
        const long = change({ b: "2" }, { expiresAt: Date.now() + 48 * HOUR });
        return (mortal) => Promise.resolve(mortal.commit(key, long));
      },
      async (acknowledged, where) => {
        const found = await fieldsAt(store, key);
        assert.equal(found?.["a"], "1", where);
        if (acknowledged) assert.equal(found?.["b"], "2", where);
        assert.deepEqual(await listedKeys(store, owner), [key], where);
      },
    );
  });

  test(`${place}: a client that sends every command again does nothing twice`, async () => {
    const again = redisStore({ client: resending(client), prefix });
    const owner = `ann-${newKey()}`;
    const key = await created(again, record({ count: "0" }, { owner }));
    assert.equal(await again.commit(key, change({ count: "1" }, { ifVersion: 1 })), "committed");
    assert.equal(await again.commit(key, change({ other: "1" })), "committed");
    assert.equal((await again.load(key))?.version, 3);
    const moved = newKey();
    assert.equal(await again.replace(key, moved, replacement({ login: "1" }, { owner })), "committed");
    assert.deepEqual(await fieldsAt(again, moved), { count: "1", other: "1", login: "1" });
    assert.deepEqual(await listedKeys(again, owner), [moved]);
    assert.equal(await again.replace(key, newKey(), replacement({}, { owner })), "gone");
    assert.deepEqual(await listedKeys(again, owner), [moved]);
  });

  test(`${place}: a replace whose deciding step is sent again, when others have done the rest, is committed`, async () => {
    const owner = `ann-${newKey()}`;
    const [key, moved] = [await created(store, record({ a: "1" }, { owner })), newKey()];
    const again = wrapped(client, async (send, args) => {
      const answer = await send(...args);
      const isTake = [TAKE.sha, TAKE.text].includes(commandOf(args)[1] ?? "");
      if (!isTake || !Array.isArray(answer)) return answer;
      assert.equal((await store.load(moved))?.owner, owner);
      return send(...args);
    });
    const given = replacement({ login: "1" }, { owner });
    assert.equal(await redisStore({ client: again, prefix }).replace(key, moved, given), "committed");
    assert.deepEqual(await fieldsAt(store, moved), { a: "1", login: "1" });
    assert.deepEqual(await listedKeys(store, owner), [moved]);
  });
}
