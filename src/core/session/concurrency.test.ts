// Requests of one session at the same time: nothing is lost, nothing comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type AnyData, createTestManager, SECRET } from "../../../test/fixtures/manager.ts";
import { scriptStore } from "../../../test/fixtures/scripted-store.ts";
import { createVisitor, type Visitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { InsideTransactionError, SessionGoneError, TransactionConflictError } from "../errors.ts";
import { createManager, type SessionManager } from "../manager.ts";

/** A memory store that answers a little later each time, as a server does. */
function createSlowManager(): SessionManager<AnyData> {
  const store = scriptStore(memoryStore(), async (_method, proceed) => {
    await delay(Math.random() * 3);
    return proceed();
  });
  return createManager<AnyData>({ secret: SECRET, store }, memoryStore);
}

async function createLoggedIn(sessions: SessionManager<AnyData>): Promise<Visitor<AnyData>> {
  const visitor = createVisitor(sessions);
  await visitor.request(async (session) => {
    session["a"] = 1;
    await session.login("ada");
  });
  return visitor;
}

test("100 parallel requests that each set another key keep all 100", async () => {
  const visitor = await createLoggedIn(createSlowManager());
  await Promise.all(
    Array.from({ length: 100 }, (_, i) => visitor.request((session) => session.update({ [`key${i}`]: i }))),
  );
  await visitor.request((session) => assert.equal(Object.keys(session).length, 101));
});

test("S10 a session that was logged out never comes back, whatever slow writers do: 1,000 rounds", async () => {
  const sessions = createSlowManager();
  let gone = 0;
  await Promise.all(
    Array.from({ length: 1_000 }, async () => {
      const visitor = await createLoggedIn(sessions);
      const { cookie } = visitor;
      const writer = createVisitor(sessions, cookie).request((session) => session.update({ late: 1 }));
      const outcomes = await Promise.allSettled([writer, visitor.request((session) => session.logout())]);
      if (outcomes[0].status === "rejected") {
        assert(outcomes[0].reason instanceof SessionGoneError, "a write that came too late is told so");
        gone++;
      }
      const after = createVisitor(sessions, cookie);
      assert.deepEqual(await after.request((session) => ({ ...session })), {});
    }),
  );
  assert(gone > 0, "the race took place");
  assert.deepEqual(await sessions.list("ada"), []);
});

test("transactions count exactly, 200 at once", async () => {
  const visitor = await createLoggedIn(createSlowManager());
  const increment = (): Promise<number> =>
    visitor.request((session) =>
      session.transaction((same) => {
        const count = Number(same["count"] ?? 0) + 1;
        same["count"] = count;
        return count;
      }),
    );
  const seen = await Promise.all(Array.from({ length: 200 }, increment));
  assert.equal(new Set(seen).size, 200);
  await visitor.request((session) => assert.equal(session["count"], 200));
});

test("two managers, as two servers, count exactly on one store", async () => {
  const store = memoryStore();
  const managers = [1, 2].map(() => createManager<AnyData>({ secret: SECRET, store }, memoryStore));
  const visitor = await createLoggedIn(managers[0] as SessionManager<AnyData>);
  await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      createVisitor(managers[i % 2] as SessionManager<AnyData>, visitor.cookie).request((session) =>
        session.transaction(async (same) => {
          const count = Number(same["count"] ?? 0);
          await delay(0);
          same["count"] = count + 1;
        }),
      ),
    ),
  );
  await visitor.request((session) => assert.equal(session["count"], 100));
});

test("a transaction sees the stored data, takes unsaved changes along, and works on the session itself", async () => {
  const { sessions } = createTestManager();
  const visitor = await createLoggedIn(sessions);
  await visitor.request(async (session) => {
    session["unsaved"] = true;
    await createVisitor(sessions, visitor.cookie).request((other) => other.update({ a: 10 }));
    assert.equal(session["a"], 1, "a session is a snapshot");
    await session.transaction(() => {
      session["a"] = Number(session["a"]) + 1;
    });
    assert.equal(session["a"], 11);
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 11, unsaved: true }));
});

test("a transaction that throws stores nothing and leaves the data as it was", async () => {
  const visitor = await createLoggedIn(createTestManager().sessions);
  await visitor.request(async (session) => {
    session["kept"] = 1;
    const failing = session.transaction((same) => {
      same["a"] = 2;
      throw new Error("changed my mind");
    });
    await assert.rejects(failing, /changed my mind/);
    assert.deepEqual({ ...session }, { a: 1, kept: 1 });
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1, kept: 1 }));
});

test("a transaction begins a new session too", async () => {
  const visitor = createVisitor(createTestManager().sessions);
  await visitor.request(async (session) => {
    await assert.rejects(
      session.transaction((same) => {
        same["a"] = 1;
        throw new Error("no");
      }),
    );
    assert.deepEqual({ ...session }, {});
    await session.transaction((same) => same.update({ a: 2 }));
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 2 }));
});

test("a control inside the session's own transaction is refused instead of waiting for itself", async () => {
  const visitor = await createLoggedIn(createTestManager().sessions);
  await visitor.request(async (session) => {
    await session.transaction(async () => {
      await assert.rejects(session.save(), InsideTransactionError);
      await delay(1);
      await assert.rejects(session.regenerate(), InsideTransactionError);
    });
  });
});

test("a transaction on an ended session tells so", async () => {
  const { sessions } = createTestManager();
  const visitor = await createLoggedIn(sessions);
  await visitor.request(async (session) => {
    await sessions.revokeAll("ada");
    await assert.rejects(
      session.transaction((same) => same.update({ a: 2 })),
      SessionGoneError,
    );
  });
});

test("a transaction gives up after its time, and nothing is stored", async (t) => {
  const real = performance.now.bind(performance);
  let skew = 0;
  t.mock.method(performance, "now", () => real() + skew);
  const base = memoryStore();
  const store = scriptStore(base, (method, proceed) => {
    if (method !== "commit") return proceed();
    skew += 4_000;
    return "conflict";
  });
  const visitor = await createLoggedIn(createManager<AnyData>({ secret: SECRET, store }, memoryStore));
  await visitor.request(async (session) => {
    await assert.rejects(
      session.transaction((same) => same.update({ a: 2 })),
      (error) => error instanceof TransactionConflictError && error.status === 503,
    );
    assert.equal(session["a"], 1);
  });
});

test("controls that the handler calls at once run in line, and the response waits for them", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => {
    session["a"] = 1;
    void session.login("ada");
    void session.regenerate();
    void session.transaction((same) => same.update({ b: 1 }));
  });
  assert.equal((await sessions.list("ada")).length, 1);
  await visitor.request((session) => {
    assert.deepEqual({ ...session }, { a: 1, b: 1 });
    assert.equal(session.owner, "ada");
  });
});

test("after the response, a known session stores late changes by itself; a new one refuses them", async () => {
  const { sessions } = createTestManager();
  const visitor = await createLoggedIn(sessions);
  const late = await visitor.request((session) => session);
  late["later"] = [1];
  await new Promise(setImmediate);
  await delay(1);
  (late["later"] as number[]).push(2);
  await delay(5);
  await visitor.request((session) => assert.deepEqual(session["later"], [1, 2]));

  const stranger = await createVisitor(sessions).request((session) => session);
  assert.throws(() => stranger.update({ a: 1 }), /after the response's headers/);
});

test("a late change that can't be stored is an event", async () => {
  const { sessions, events } = createTestManager();
  const visitor = await createLoggedIn(sessions);
  const late = await visitor.request((session) => session);
  await sessions.revokeAll("ada");
  late["later"] = 1;
  await delay(5);
  const event = events.at(-1);
  assert(event?.type === "error" && event.operation === "save" && event.error instanceof SessionGoneError);
});

test("a transaction that waits for another one of its session gives up after ten seconds, and those behind go on", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { sessions } = createTestManager();
  const visitor = await createLoggedIn(sessions);
  const other = createVisitor(sessions, visitor.cookie);
  await visitor.request(async (session) => {
    await session.transaction(async (same) => {
      const waiting = other.request((inner) => inner.transaction((data) => data.update({ a: 2 })));
      const refused = assert.rejects(waiting, TransactionConflictError);
      const behind = createVisitor(sessions, visitor.cookie).request((inner) =>
        inner.transaction((data) => data.update({ c: 3 })),
      );
      const behindRefused = assert.rejects(behind, TransactionConflictError);
      await new Promise(setImmediate);
      t.mock.timers.tick(10_000);
      await refused;
      await behindRefused;
      same["b"] = 1;
    });
    await session.transaction((same) => same.update({ d: 4 }));
  });
  await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1, b: 1, d: 4 }));
});
