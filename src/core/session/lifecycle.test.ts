// How a session begins, changes its ID and ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager, SECRET } from "../../../test/fixtures/manager.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { RandomnessError } from "../errors.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test("S31 a session that stays empty stores nothing and sets nothing", async () => {
  const { sessions, calls } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => {
    session["a"] = 1;
    session.pop("a");
    session.permanent = true;
    session.takeFlashes();
    assert.equal(session["b"], undefined);
  });
  assert.equal(visitor.cookie, undefined);
  assert.deepEqual(calls, {});
});

test("a session that was only read writes nothing, and its first write is one create", async () => {
  const { sessions, calls } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: { b: [1] } }));
  assert.deepEqual(calls, { create: 1 });
  await visitor.request((session) => assert.deepEqual(session["a"], { b: [1] }));
  assert.deepEqual(calls, { create: 1, load: 1 });
  await visitor.request((session) => session.update({ c: 1 }));
  assert.deepEqual(calls, { create: 1, load: 2, commit: 1 });
});

test("S30 responses vary on the cookie exactly where the session was used", async () => {
  const visitor = createVisitor(createTestManager().sessions);
  await visitor.request(() => {});
  assert.equal(visitor.duties.varyOnCookie, false);
  await visitor.request((session) => "a" in session);
  assert.equal(visitor.duties.varyOnCookie, true);
  await visitor.request((session) => session.owner);
  assert.equal(visitor.duties.varyOnCookie, true);
});

test("S5 login keeps the data, changes the ID and ends the old one at once", async () => {
  const { sessions, events } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ cart: ["apple"] }));
  const before = visitor.cookie;
  await visitor.request(async (session) => {
    const { id, key } = session;
    session["name"] = "ada";
    await session.login("ada");
    assert.notEqual(session.id, id);
    assert.notEqual(session.key, key);
    assert.equal(session.owner, "ada");
    const old = createVisitor(sessions, before);
    await old.request((other) => assert.deepEqual({ ...other }, {}, "before the response is out already"));
  });
  await visitor.request((session) => {
    assert.deepEqual({ ...session }, { cart: ["apple"], name: "ada" });
    assert.equal(session.owner, "ada");
  });
  assert(events.some((event) => event.type === "login" && event.owner === "ada"));
});

test("S5 requests that race with a login on the old cookie never see the login", async () => {
  const { sessions } = createTestManager();
  for (let round = 0; round < 50; round++) {
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    const old = createVisitor(sessions, visitor.cookie);
    const [, owner] = await Promise.all([
      visitor.request((session) => session.login("ada")),
      old.request(async (session) => {
        await Promise.resolve();
        return session.owner;
      }),
    ]);
    assert.equal(owner, undefined);
  }
});

test("S4 an ID with no record is never adopted: the next write gets a fresh one", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const planted = visitor.cookie;
  await visitor.request((session) => session.destroy());
  const victim = createVisitor(sessions, planted);
  await victim.request((session) => session.update({ a: 2 }));
  assert.notEqual(victim.cookie, planted);
  await createVisitor(sessions, planted).request((session) => assert.deepEqual({ ...session }, {}));
});

test("S9 logout ends the session in the store, and a replayed cookie opens nothing", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const replayed = visitor.cookie;
  await visitor.request((session) => session.logout());
  assert.equal(visitor.cookie, undefined, "the browser is told to forget");
  await createVisitor(sessions, replayed).request((session) => assert.equal(session.owner, undefined));
  assert.deepEqual(await sessions.list("ada"), []);
});

test("what is written after destroy begins a fresh session with a new ID", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const before = visitor.cookie;
  await visitor.request(async (session) => {
    await session.destroy();
    assert.deepEqual({ ...session }, {});
    session.flash("Goodbye");
  });
  assert(visitor.cookie !== undefined && visitor.cookie !== before);
  await visitor.request((session) => assert.equal(session.takeFlashes()[0]?.message, "Goodbye"));
});

test("a session that was emptied ends, as in Flask", async () => {
  const { sessions, store } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ username: "ada" }));
  const [before] = [visitor.cookie];
  await visitor.request((session) => session.pop("username", null));
  assert.equal(visitor.cookie, undefined);
  assert.equal(await store.sweep(Date.now() + 40 * DAY, 10), 0, "no record is left");
  await createVisitor(sessions, before).request((session) => assert.equal(session.isNew, true));
});

test("emptying a session does not undo what another request wrote meanwhile", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ username: "ada" }));
  const other = createVisitor(sessions, visitor.cookie);
  await visitor.request(async (session) => {
    session.pop("username");
    await other.request((same) => same.update({ cart: 1 }));
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { cart: 1 }));
});

test("the session of a user is not ended by emptying it", async () => {
  const visitor = createVisitor(createTestManager().sessions);
  await visitor.request(async (session) => {
    session["a"] = 1;
    await session.login("ada");
  });
  await visitor.request((session) => session.clear());
  await visitor.request((session) => assert.equal(session.owner, "ada"));
});

test("S26 a cookie signed by an older secret still opens, and is signed anew", async () => {
  const store = memoryStore();
  const older = createTestManager({ store, clock: Date.now });
  const visitor = createVisitor(older.sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const newer = createTestManager({ store, clock: Date.now, secret: ["tQ4mX9vB2nL7pR5kW8zC3jH6fD1sG0ya", SECRET] });
  const moved = createVisitor(newer.sessions, visitor.cookie);
  await moved.request((session) => assert.equal(session["a"], 1));
  assert.notEqual(moved.cookie, visitor.cookie);
  await moved.request((session) => assert.equal(session["a"], 1));
  assert.equal(moved.duties.setCookie, undefined);
});

test("S1 when randomness fails there is an error and no session", async () => {
  const broken = createTestManager({ randomBytes: () => new Uint8Array(3) });
  const visitor = createVisitor(broken.sessions);
  await assert.rejects(
    visitor.request((session) => session.update({ a: 1 })),
    RandomnessError,
  );
  const stuck = createTestManager({ randomBytes: (size) => new Uint8Array(size) });
  await createVisitor(stuck.sessions).request((session) => session.update({ a: 1 }));
  const second = createVisitor(stuck.sessions);
  await assert.rejects(
    second.request((session) => session.update({ a: 2 })),
    RandomnessError,
  );
  assert.equal(second.cookie, undefined);
});

test("S19 among several cookies a valid one wins, one that has logged in before one that has not", async () => {
  const { sessions } = createTestManager();
  const [victim, attacker] = [createVisitor(sessions), createVisitor(sessions)];
  await victim.request(async (session) => {
    session["name"] = "victim";
    await session.login("victim");
  });
  await attacker.request((session) => session.update({ name: "attacker" }));
  const junk = `session=${"A".repeat(42)}A.${"A".repeat(42)}A`;
  for (const cookies of [
    [junk, victim.cookie],
    [victim.cookie, junk],
    [attacker.cookie, victim.cookie],
    [victim.cookie, attacker.cookie],
    [junk, attacker.cookie, junk, victim.cookie, junk],
    ["session=", "session=x", victim.cookie],
  ]) {
    const both = createVisitor(sessions, cookies.join("; "));
    await both.request((session) => assert.equal(session["name"], "victim", cookies.join("; ")));
  }
});

test("S19 each valid cookie is looked up once, however often it comes", async () => {
  const { sessions, calls } = createTestManager();
  const planted: string[] = [];
  for (let i = 0; i < 100; i++) {
    const attacker = createVisitor(sessions);
    await attacker.request((session) => session.update({ i }));
    planted.push(attacker.cookie as string);
  }
  await createVisitor(sessions, [...planted, ...planted].join("; ")).request(() => {});
  assert.equal(calls["load"], 100);
});

test("S41 two first requests of one visitor make two sessions, never a shared one", async () => {
  const { sessions } = createTestManager();
  const tabs = [createVisitor(sessions), createVisitor(sessions)];
  await Promise.all(tabs.map((tab, i) => tab.request((session) => session.update({ i }))));
  assert.notEqual(tabs[0]?.cookie, tabs[1]?.cookie);
  for (const [i, tab] of tabs.entries()) await tab.request((session) => assert.deepEqual({ ...session }, { i }));
});

test("renewal gives a new ID now and then; requests under way go on with the old one, for ten seconds only", async () => {
  const { sessions, clock } = createTestManager({ renewInterval: "15m" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const old = visitor.cookie;
  clock.advance(15 * MINUTE);
  const slow = createVisitor(sessions, old);
  await slow.request(async (session) => {
    await visitor.request((same) => same.update({ b: 1 }));
    session["c"] = 1;
  });
  assert.notEqual(visitor.cookie, old);
  assert.equal(slow.cookie, old, "only one response brings the new cookie");
  await slow.request((session) => session.update({ d: 1 }));
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1, b: 1, c: 1, d: 1 }));
  clock.advance(10_000);
  await slow.request((session) => assert.deepEqual({ ...session }, {}));
  await visitor.request((session) => assert.equal(session["a"], 1));
});

test("parallel requests at the moment of renewal lose nothing and leave one session", async () => {
  const { sessions, clock } = createTestManager({ renewInterval: "15m" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  clock.advance(15 * MINUTE);
  const tabs = Array.from({ length: 10 }, () => createVisitor(sessions, visitor.cookie));
  await Promise.all(tabs.map((tab, i) => tab.request((session) => session.update({ [`key${i}`]: i }))));
  assert.equal((await sessions.list("ada")).length, 1);
  const renewed = tabs.filter((tab) => tab.cookie !== visitor.cookie);
  assert.equal(renewed.length, 1);
  await renewed[0]?.request((session) => assert.equal(Object.keys(session).length, 10));
});

test("login ends the old ID even where it was renewed a moment ago", async () => {
  const { sessions, clock } = createTestManager({ renewInterval: "15m" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const old = createVisitor(sessions, visitor.cookie);
  clock.advance(15 * MINUTE);
  await visitor.request(() => {});
  await old.request((session) => session.login("ada"));
  await old.request((session) => assert.equal(session.owner, "ada"));
  await visitor.request((session) => assert.deepEqual({ ...session }, {}));
});

test("list, revoke and revokeAll see and end the sessions of an owner", async () => {
  const { sessions, events } = createTestManager();
  const devices = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const device = createVisitor(sessions);
      await device.request((session) => session.login("ada"));
      return device;
    }),
  );
  const keyOf = (at: number): Promise<string> =>
    devices[at]?.request((session) => session.key) ?? Promise.reject(new Error("no device"));
  assert.equal((await sessions.list("ada")).length, 3);
  assert.equal(await sessions.revoke(await keyOf(0)), true);
  assert.equal(await sessions.revoke("no-such-key"), false);
  assert.equal(await sessions.revokeAll("ada", { except: await keyOf(1) }), 1);
  const owners = await Promise.all(devices.map((device) => device.request((session) => session.owner)));
  assert.deepEqual(owners, [undefined, "ada", undefined]);
  assert(events.some((event) => event.type === "revoked"));
});

test("signal fires when the session is revoked, and not when it gets a new ID", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const signal = await visitor.request((session) => session.signal);
  await visitor.request((session) => session.regenerate());
  assert.equal(signal.aborted, false);
  await sessions.revokeAll("ada");
  assert.equal(signal.aborted, true);
});

test("signal fires for who watched a session before another logged in on it", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const planted = createVisitor(sessions, visitor.cookie);
  const signal = await planted.request((session) => session.signal);
  await visitor.request((session) => session.login("ada"));
  assert.equal(signal.aborted, true);
});

test("csrfToken is the session's own, changes at login, and keeps the session", async () => {
  const { sessions } = createTestManager();
  const [visitor, other] = [createVisitor(sessions), createVisitor(sessions)];
  const token = await visitor.request((session) => session.csrfToken);
  const foreign = await other.request((session) => session.csrfToken);
  await visitor.request(async (session) => {
    assert.equal(session.verifyCsrfToken(token), true);
    for (const bad of [foreign, "", undefined, null, 5, token.slice(1), `${token}A`, { length: 43 }]) {
      assert.equal(session.verifyCsrfToken(bad), false);
    }
    await session.login("ada");
    assert.equal(session.verifyCsrfToken(token), false);
  });
});

test("a schema guards what is stored, and nothing of a refused change is", async () => {
  const schema = {
    "~standard": {
      version: 1 as const,
      vendor: "test",
      validate: (value: unknown) =>
        typeof (value as { age?: unknown }).age === "string"
          ? { issues: [{ message: "no number", path: ["age"] }] }
          : {},
    },
  };
  const visitor = createVisitor(createTestManager({ schema }).sessions);
  await visitor.request((session) => session.update({ age: 5 }));
  await assert.rejects(
    visitor.request((session) => session.update({ age: "5", name: "ada" })),
    /session\.age breaks the schema: no number/,
  );
  await visitor.request((session) => assert.deepEqual({ ...session }, { age: 5 }));
});

test("a handler that throws stores nothing, and what it saved itself is kept", async () => {
  const visitor = createVisitor(createTestManager().sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  await assert.rejects(
    visitor.request(async (session) => {
      session["saved"] = true;
      await session.save();
      session["a"] = 2;
      throw new Error("mistake");
    }),
    /mistake/,
  );
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1, saved: true }));
});

test("sweep drops what expired, by itself while requests come", async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const { sessions, events } = createTestManager({ store, clock, idleTimeout: "5m" });
  for (let i = 0; i < 20; i++) await createVisitor(sessions).request((session) => session.update({ i }));
  assert.equal(store.size, 20);
  clock.advance(5 * MINUTE);
  await createVisitor(sessions).request(() => {});
  await new Promise(setImmediate);
  assert.equal(store.size, 0);
  assert.deepEqual(events.at(-1), { type: "swept", count: 20 });
});

test("S19 a planted cookie whose record is broken keeps nobody out", async () => {
  const { sessions, store, events } = createTestManager();
  const [visitor, attacker] = [createVisitor(sessions), createVisitor(sessions)];
  await visitor.request((session) => session.login("ada"));
  const key = await attacker.request((session) => {
    session["a"] = 1;
    return session.key;
  });
  await store.destroy(key);
  const now = Date.now();
  const record = { createdAt: now, expiresAt: Number.MAX_SAFE_INTEGER, owner: undefined, version: 1 };
  await store.create(key, { ...record, fields: new Map([["$recordKey", '"no key of ours"']]) });
  for (const cookies of [
    [attacker, visitor],
    [visitor, attacker],
  ] as const) {
    const both = createVisitor(sessions, cookies.map(({ cookie }) => cookie).join("; "));
    assert.equal(await both.request((session) => session.owner), "ada");
  }
  assert(events.some((event) => event.type === "error" && event.operation === "load"));
  assert.equal(await createVisitor(sessions, attacker.cookie).request((session) => session.isNew), true);
});

test("S19 any number of valid cookies before or after the visitor's own do not lock the visitor out", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const planted: string[] = [];
  for (let i = 0; i < 160; i++) {
    const attacker = createVisitor(sessions);
    await attacker.request((session) => session.update({ n: i }));
    planted.push(attacker.cookie ?? "");
  }
  for (const cookies of [
    [visitor.cookie, ...planted],
    [...planted, visitor.cookie],
  ]) {
    assert.equal(await createVisitor(sessions, cookies.join("; ")).request((session) => session.owner), "ada");
  }
});
