// How sessions change their ID and end, on every store, seen from two servers of one app.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SessionGoneError, SessionLimitError } from "../../src/core/errors.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import { cookieOf, type Guest, keyOfCookie, opened, type Sessions, serverOn, visitorOf } from "./servers-of-store.ts";
import { type StoreKind, startStores } from "./stores.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const ROUNDS = 1_000;
/** How many rounds of a race run at once. */
const AT_ONCE = 50;

const ground = await startStores();
after(() => ground.stop());

for (const kind of ground.kinds) {
  describe(kind.name, () => {
    newIds(kind);
    limits(kind);
    logouts(kind);
    owners(kind);
    watched(kind);
  });
}

async function twoServers(kind: StoreKind): Promise<[Sessions, Sessions]> {
  const { stores } = await kind.open();
  return [serverOn(stores[0]), serverOn(stores[1])];
}

function newIds(kind: StoreKind): void {
  test("S4 a signed ID whose session has ended is never adopted, on either server", async () => {
    const [one, other] = await twoServers(kind);
    const ended = await visitorOf(one);
    const planted = ended.cookie;
    await ended.request((session) => session.destroy());
    const victim = createVisitor(other, planted);
    await victim.request((session) => session.login("ada"));
    assert.notEqual(victim.cookie, planted);
    assert.equal(await opened(one, planted), undefined);
  });

  test("S5 requests with the old cookie on another server never see the login that they race with", async () => {
    const [one, other] = await twoServers(kind);
    for (let round = 0; round < 50; round++) {
      const visitor = await visitorOf(one);
      const old = visitor.cookie;
      const [, ...seen] = await Promise.all([
        visitor.request((session) => session.update({ private: true }) ?? session.login("ada")),
        ...Array.from({ length: 4 }, () => opened(other, old)),
      ]);
      for (const each of seen) if (each) assert.deepEqual(each, { data: { a: 1 }, owner: undefined });
      assert.equal(await opened(other, old), undefined, "ended at once");
      assert.deepEqual(await opened(other, visitor.cookie), { data: { a: 1, private: true }, owner: "ada" });
    }
  });

  /** What becomes of the step that gives the session its new ID. */
  const faults: Record<string, (proceed: () => unknown, givenUp: Promise<void>, late: Promise<unknown>[]) => unknown> =
    {
      "fails before it reaches the store": () => Promise.reject(new Error("cut")),
      "is done, and its answer is lost": async (proceed) => {
        await proceed();
        throw new Error("cut");
      },
      "is done long after it was given up": (proceed, givenUp, late) => {
        late.push(givenUp.then(proceed));
        return Promise.reject(new Error("given up"));
      },
    };
  for (const [fault, suffer] of Object.entries(faults)) {
    test(`S6 S12 a new ID that ${fault} leaves one usable ID at most, never the login on the old one, and none hidden`, async () => {
      for (const control of ["login", "regenerate"] as const) {
        const { stores } = await kind.open();
        const healthy = serverOn(stores[1]);
        const made: string[] = [];
        const late: Promise<unknown>[] = [];
        const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
        const faulty = scriptStore(stores[0], (method, proceed) =>
          method === "replace" ? suffer(proceed, givenUp, late) : proceed(),
        );
        const sessions = serverOn(faulty, { randomBytes: rememberingIds(made) });
        const visitor = await visitorOf(sessions, control === "login" ? undefined : "ada");
        await assert.rejects(
          visitor.request((session) => (control === "login" ? session.login("ada") : session.regenerate())),
        );
        await assertOneUsable(healthy, visitor, made, `${control}, at once`);
        giveUp();
        await Promise.all(late);
        await assertOneUsable(healthy, visitor, made, `${control}, in the end`);
      }
    });
  }
}

/** Of all IDs that were ever made. The old one may still be live, as it was; else the new one is, and is listed. */
async function assertOneUsable(
  healthy: Sessions,
  visitor: Guest,
  made: readonly string[],
  when: string,
): Promise<void> {
  const old = await opened(healthy, visitor.cookie);
  const all = await Promise.all(made.map((id) => opened(healthy, cookieOf(id))));
  const live = all.filter((each) => each !== undefined);
  assert(live.length <= 1, `${when}: ${live.length} IDs open the session`);
  if (when.startsWith("login")) assert.equal(old?.owner, undefined, `${when}: the login is not on the old ID`);
  const withOwner = live.filter(({ owner }) => owner !== undefined).length;
  assert.equal((await healthy.list("ada")).length, withOwner, `${when}: each live session is listed`);
}

function rememberingIds(made: string[]): (size: number) => Uint8Array {
  return (size) => {
    const bytes = randomBytes(size);
    made.push(bytes.toString("base64url"));
    return bytes;
  };
}

function limits(kind: StoreKind): void {
  test("S7 one millisecond past the idle limit the record is of no use, to read, to write or to log in with", async () => {
    const clock = fakeClock();
    const { stores } = await kind.open(clock);
    const [one, other] = stores.map((store) => serverOn(store, { clock, idleTimeout: "30m", permanent: true }));
    assert(one && other);
    const visitor = await visitorOf(one, "ada");
    clock.advance(30 * MINUTE - 1);
    assert((await opened(other, visitor.cookie)) !== undefined, "live to the last millisecond");
    clock.advance(30 * MINUTE);
    assert.equal(await opened(other, visitor.cookie), undefined);
    const late = createVisitor(other, visitor.cookie);
    await late.request((session) => session.login("bob"));
    assert.notEqual(late.cookie, visitor.cookie);
    if (kind.takesClock) assert.equal(await stores[1].load(keyOfCookie(visitor.cookie)), undefined);
  });

  test("S8 neither traffic nor new IDs carry a session beyond its absolute limit", async () => {
    const clock = fakeClock();
    const { stores } = await kind.open(clock);
    const servers = stores.map((store) => serverOn(store, { clock, idleTimeout: "1h", absoluteTimeout: "1d" }));
    const [one, other] = servers as [Sessions, Sessions];
    const begun = clock();
    const visitor = await visitorOf(one, "ada");
    for (let step = 1; step < 48; step++) {
      clock.advance(HOUR / 2);
      await visitor.request(async (session) => {
        assert.equal(session.owner, "ada");
        if (step % 5 === 0) await session.regenerate();
        if (step % 3 === 0) session["step"] = step;
      });
    }
    clock.set(begun + 24 * HOUR - 1);
    assert.equal((await opened(other, visitor.cookie))?.owner, "ada");
    clock.set(begun + 24 * HOUR);
    assert.equal(await opened(other, visitor.cookie), undefined);
  });
}

function logouts(kind: StoreKind): void {
  test("S9 a logout ends the record, and a replay on another server opens nothing", async () => {
    const { stores } = await kind.open();
    const [one, other] = [serverOn(stores[0]), serverOn(stores[1])];
    const visitor = await visitorOf(one, "ada");
    const replayed = visitor.cookie;
    assert(await stores[1].load(keyOfCookie(replayed)));
    await visitor.request((session) => session.logout());
    assert.equal(await opened(other, replayed), undefined);
    assert.equal(await stores[1].load(keyOfCookie(replayed)), undefined);
  });

  test(`S10 in ${ROUNDS} rounds of a logout among slow writers on two servers no session comes back`, async () => {
    const [one, other] = await twoServers(kind);
    let tooLate = 0;
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      const owners = Array.from({ length: AT_ONCE }, (_, i) => `owner${round + i}`);
      await Promise.all(
        owners.map(async (owner) => {
          const visitor = await visitorOf(one, owner);
          const replayed = visitor.cookie;
          const writers = [one, other].map((sessions) => writeSlowly(createVisitor(sessions, replayed)));
          const [written] = await Promise.all([Promise.all(writers), logOutSoon(visitor)]);
          tooLate += written.filter((wasStored) => !wasStored).length;
          assert.equal(await opened(other, replayed), undefined);
          assert.deepEqual(await one.list(owner), []);
        }),
      );
    }
    assert(tooLate > 0, "writers came too late, and were told so");
  });
}

/** Whether the write was acknowledged. Any refusal but that the session is gone is an error. */
async function writeSlowly(visitor: Guest): Promise<boolean> {
  try {
    return await visitor.request(async (session) => {
      if (session.isNew) return false;
      await delay(Math.random() * 8);
      session["late"] = true;
      return true;
    });
  } catch (error) {
    assert(error instanceof SessionGoneError, String(error));
    return false;
  }
}

async function logOutSoon(visitor: Guest): Promise<void> {
  await delay(Math.random() * 4);
  await visitor.request((session) => session.logout());
}

function owners(kind: StoreKind): void {
  test("S11 revokeAll ends an owner's sessions on every server at once, but for the excepted one, and no other's", async () => {
    const [one, other] = await twoServers(kind);
    const visitors = await Promise.all(["ada", "ada", "ada", "bob"].map((owner) => visitorOf(one, owner)));
    const cookies = visitors.map(({ cookie }) => cookie);
    assert.equal(await other.revokeAll("ada", { except: keyOfCookie(cookies[1]) }), 2);
    const live = await Promise.all(cookies.map((cookie) => opened(one, cookie)));
    assert.deepEqual(
      live.map((each) => each?.owner),
      [undefined, "ada", undefined, "bob"],
    );
    assert.equal(await one.revokeAll("ada"), 1);
    assert.equal(await opened(other, cookies[1]), undefined);
  });

  test("S12 an owner sees each live session on every server, and can end each by itself", async () => {
    const [one, other] = await twoServers(kind);
    const visitors = await Promise.all(Array.from({ length: 5 }, () => visitorOf(one, "ada")));
    const keys = visitors.map(({ cookie }) => keyOfCookie(cookie)).sort();
    for (let left = 5; left > 0; left--) {
      const listed = (await other.list("ada")).map(({ key }) => key).sort();
      assert.deepEqual(listed, keys.slice(-left));
      assert.equal(await other.revoke(listed[0] ?? ""), true);
    }
    assert.deepEqual(await one.list("ada"), []);
    for (const { cookie } of visitors) assert.equal(await opened(one, cookie), undefined);
  });

  for (const whenFull of ["drop-oldest", "refuse"] as const) {
    test(`S13 of n+1 logins in parallel on two servers n live at most, where the policy is "${whenFull}"`, async () => {
      const { stores } = await kind.open();
      const options = { maxSessionsPerOwner: { limit: 3, whenFull } };
      const servers = [serverOn(stores[0], options), serverOn(stores[1], options)] as const;
      for (let round = 0; round < 20; round++) {
        const owner = `owner${round}`;
        const logins = Array.from({ length: 4 }, (_, i) => visitorOf(servers[i % 2] ?? servers[0], owner));
        const outcomes = await Promise.allSettled(logins);
        for (const outcome of outcomes) {
          if (outcome.status === "rejected")
            assert(outcome.reason instanceof SessionLimitError, String(outcome.reason));
        }
        const refused = outcomes.filter(({ status }) => status === "rejected").length;
        const listed = (await servers[0].list(owner)).length;
        assert(listed <= 3, `${listed} live`);
        // Of those that begin in one moment, the one that counts as the first is told that it has ended.
        assert(
          whenFull === "refuse" ? refused > 0 : refused <= 1 && listed === 3,
          `${refused} refused, ${listed} live`,
        );
      }
    });
  }
}

function watched(kind: StoreKind): void {
  const ends: Record<string, (other: Sessions, cookie: string | undefined) => Promise<unknown>> = {
    revoke: (other, cookie) => other.revoke(keyOfCookie(cookie)),
    revokeAll: (other) => other.revokeAll("ada"),
    "a logout": (other, cookie) => createVisitor(other, cookie).request((session) => session.logout()),
  };
  test("S39 the signal of a session that another server ends fires by its notification, long before the next look", async (t) => {
    const [one, other] = await twoServers(kind);
    for (const [name, end] of Object.entries(ends)) {
      const waits: number[] = [];
      for (let round = 0; round < 5; round++) {
        const { cookie } = await visitorOf(one, "ada");
        const signal = await createVisitor(one, cookie).request((session) => session.signal);
        // The first subscription may still be under way.
        if (round === 0) await delay(50);
        const fired = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        const since = performance.now();
        await end(other, cookie);
        await fired;
        waits.push(performance.now() - since);
      }
      t.diagnostic(`${name}: ${waits.map((wait) => wait.toFixed(0)).join(", ")} ms`);
      // Milliseconds here, and more on a busy machine; the next look at a watched session is minutes away.
      assert(Math.min(...waits) < 60_000, `${name}: ${waits.join(", ")} ms`);
    }
  });
}
