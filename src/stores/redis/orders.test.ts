// The commands of calls that run together reach the servers in any order, as they may in a cluster: a scheduler sends one
// at a time, in an order of its own, and what must be true at the end is true after each.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { setImmediate as macrotask } from "node:timers/promises";
import fc from "fast-check";
import { nodeRedis, wrapped } from "../../../test/fixtures/redis/clients.ts";
import {
  change,
  created,
  fieldsAt,
  listedKeys,
  newKey,
  record,
  replacement,
} from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { redisStore } from "./index.ts";

const RUNS = 500;

const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
const prefix = `orders-${process.pid}:`;
/** Its commands go as they come: for what is before and after. */
const plain = redisStore({ client, prefix });
after(async () => {
  close();
  await server.stop();
});

type Call = (store: SessionStore) => Promise<unknown>;

interface Scene {
  readonly calls: readonly Call[];
  check(): Promise<void>;
}

let underWay = 0;

/** Before the next command is chosen, this one is answered, and who waited for the answer asks on. */
async function andAnswer(go: () => Promise<void>): Promise<void> {
  await go();
  do await macrotask();
  while (underWay > 0);
  await macrotask();
}

/** Runs the calls of a scene together, in many orders of their commands. */
async function inAnyOrder(makeScene: () => Promise<Scene>): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.scheduler({ act: andAnswer }), async (scheduler) => {
      const { calls, check } = await makeScene();
      const scheduled = wrapped(client, async (send, args) => {
        await scheduler.schedule(Promise.resolve());
        underWay++;
        return send(...args).finally(() => underWay--);
      });
      const store = redisStore({ client: scheduled, prefix });
      // What the server is, it says at the first call.
      await scheduler.waitFor(store.sweep(0, 1) as Promise<number>);
      await scheduler.waitFor(Promise.all(calls.map((call) => call(store))));
      await scheduler.waitAll();
      await check();
    }),
    { numRuns: RUNS },
  );
}

/** Moves a session from key to key, as long as it is there; answers the keys that it had. */
function moves(keys: readonly string[], owner: string | undefined): Call {
  return async (store) => {
    for (const [i, key] of keys.entries()) {
      const next = keys[i + 1];
      if (
        next !== undefined &&
        (await store.replace(key, next, replacement({ [`to${i}`]: "1" }, { owner }))) === "gone"
      )
        return;
    }
  };
}

for (const owner of ["ann", "bob"]) {
  test(`no session of ann's slips through a destroyAll while it moves to ${owner}`, () =>
    inAnyOrder(async () => {
      const [ann, name] = [`ann-${newKey()}`, `${owner}-${newKey()}`];
      const next = owner === "ann" ? ann : name;
      const first = await created(plain, record({ a: "1" }, { owner: ann }));
      const other = await created(plain, record({ a: "1" }, { owner: ann }));
      const keys = [first, newKey(), newKey()];
      let [count, hasMovedFirst] = [0, false];
      return {
        calls: [
          moves(keys, next),
          async (store) => {
            count = await store.destroyAll(ann);
          },
        ],
        check: async () => {
          assert.deepEqual(await listedKeys(plain, ann), []);
          assert.equal(await plain.load(other), undefined);
          const left = (await Promise.all(keys.map((key) => plain.load(key)))).filter((found) => found !== undefined);
          // One that was no longer ann's when it was looked for lives on, whole.
          hasMovedFirst = left.length === 1;
          assert.equal(count, hasMovedFirst ? 1 : 2);
          if (owner === "ann") assert.equal(hasMovedFirst, false);
          for (const found of left) assert.equal(found.owner, next);
        },
      };
    }));
}

test("of a destroyAll, a destroy and two replaces of one session each sees it whole, and it is ended once", () =>
  inAnyOrder(async () => {
    const owner = `ann-${newKey()}`;
    const key = await created(plain, record({ a: "1" }, { owner }));
    const [left, right] = [newKey(), newKey()];
    const outcomes: unknown[] = [];
    const note = async (outcome: unknown): Promise<void> => void outcomes.push(await outcome);
    return {
      calls: [
        (store) => note(store.replace(key, left, replacement({ by: "left" }, { owner }))),
        (store) => note(store.replace(key, right, replacement({ by: "right" }, { owner }))),
        (store) => note(store.destroyAll(owner)),
        (store) => note(store.destroy(key)),
      ],
      check: async () => {
        const moved = outcomes.filter((outcome) => outcome === "committed").length;
        const destroyed = outcomes.filter((outcome) => outcome === true).length;
        const all = outcomes.find((outcome) => typeof outcome === "number");
        assert.ok(moved <= 1);
        assert.equal(destroyed + Number(all), 1, JSON.stringify(outcomes));
        for (const each of [key, left, right]) assert.equal(await plain.load(each), undefined);
        assert.deepEqual(await listedKeys(plain, owner), []);
      },
    };
  }));

test("of two creates of one key and a destroyAll, what lives is listed, and what is not listed does not live", () =>
  inAnyOrder(async () => {
    const [owner, key] = [`ann-${newKey()}`, newKey()];
    const given = record({ a: "1" }, { owner });
    const outcomes: unknown[] = [];
    const note = async (outcome: unknown): Promise<void> => void outcomes.push(await outcome);
    return {
      calls: [
        (store) => note(store.create(key, given)),
        (store) => note(store.create(key, given)),
        (store) => note(store.destroyAll(owner)),
      ],
      check: async () => {
        const made = outcomes.filter((outcome) => outcome === true).length;
        const ended = Number(outcomes.find((outcome) => typeof outcome === "number"));
        assert.ok(made >= 1 && made - ended <= 1, JSON.stringify(outcomes));
        const isLive = (await plain.load(key)) !== undefined;
        assert.equal(isLive, made - ended === 1);
        assert.deepEqual(await listedKeys(plain, owner), isLive ? [key] : []);
        assert.equal(await plain.destroyAll(owner), Number(isLive));
      },
    };
  }));

test("a key whose session has moved is free, and not before the session is at its new one", () =>
  inAnyOrder(async () => {
    const [key, moved] = [await created(plain, record({ a: "1" })), newKey()];
    let isMade = false;
    return {
      calls: [
        (store) => Promise.resolve(store.replace(key, moved, replacement({ login: "1" }))),
        async (store) => {
          const wasGone = (await store.commit(key, change({ b: "1" }))) === "gone";
          isMade = await store.create(key, record({ other: "1" }));
          if (wasGone) assert.equal(isMade, true, "it was free when it was gone");
        },
      ],
      check: async () => {
        const login = await fieldsAt(plain, moved);
        assert.deepEqual([login?.["a"], login?.["login"]], ["1", "1"]);
        assert.deepEqual(await fieldsAt(plain, key), isMade ? { other: "1" } : undefined);
      },
    };
  }));

test("what commits acknowledge while a session moves is in the new record, and never on the old key", () =>
  inAnyOrder(async () => {
    const keys = [await created(plain, record({ a: "1" })), newKey(), newKey()];
    const [, , last = ""] = keys;
    const acknowledged: Record<string, string> = {};
    const commits = keys.flatMap((key, i) =>
      ["x", "y"].map((name) => async (store: SessionStore): Promise<void> => {
        if ((await store.commit(key, change({ [`${name}${i}`]: "1" }))) === "committed")
          acknowledged[`${name}${i}`] = "1";
      }),
    );
    return {
      calls: [moves(keys, undefined), ...commits],
      check: async () => {
        assert.deepEqual(await fieldsAt(plain, last), { a: "1", to0: "1", to1: "1", ...acknowledged });
        for (const key of keys.slice(0, 2)) assert.equal(await plain.load(key), undefined);
      },
    };
  }));

// Kept far longer than any machine takes for the test.
for (const keepOldUntil of [undefined, Date.now() + 24 * 3_600_000]) {
  test(`at no moment do both keys open it, nor neither, ${keepOldUntil ? "kept a while" : "gone at once"}`, () =>
    inAnyOrder(async () => {
      const owner = `ann-${newKey()}`;
      const [key, moved] = [await created(plain, record({ a: "1" }, { owner })), newKey()];
      const look: Call = async (store) => {
        const opensNew = (await store.load(moved)) !== undefined;
        const old = await store.load(key);
        if (opensNew) assert.equal(old?.movedTo, keepOldUntil && moved);
        else if (old === undefined) assert.ok(await store.load(moved));
        else if (old.movedTo === undefined) assert.equal(old.fields.has("login"), false);
      };
      const given = replacement({ login: "1" }, { owner, keepOldUntil });
      return {
        calls: [look, (store) => Promise.resolve(store.replace(key, moved, given)), look, look],
        check: async () => {
          assert.deepEqual(await fieldsAt(plain, moved), { a: "1", login: "1" });
          assert.equal((await plain.load(key))?.movedTo, keepOldUntil && moved);
          assert.deepEqual(await listedKeys(plain, owner), [moved]);
        },
      };
    }));
}
