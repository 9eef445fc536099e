import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../test/support/manager.ts";
import { scriptStore } from "../../test/support/scripted-store.ts";
import { createVisitor } from "../../test/support/visitor.ts";
import { memoryStore } from "../stores/memory.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { createRevocations } from "./revocation.ts";
import type { SessionRecord } from "./store.ts";

const MINUTE = 60_000;

function recordOf(clock: () => number): SessionRecord {
  const now = clock();
  return { fields: new Map(), createdAt: now, expiresAt: now + 60 * MINUTE, owner: "ada", version: 1 };
}

/** Lets what was begun by timers and promises end. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a session that ended while the store's word did not arrive is found within minutes", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = fakeClock();
  const base = memoryStore({ clock });
  const deaf = scriptStore(base, (method, proceed) => (method === "subscribe" ? () => {} : proceed()));
  const revocations = createRevocations(deaf, clock, () => {});
  base.create("key", recordOf(clock));
  const signal = revocations.signal("key", clock() + 60 * MINUTE);
  base.destroy("key");
  await settle();
  assert.equal(signal.aborted, false);
  clock.advance(5 * MINUTE);
  t.mock.timers.tick(MINUTE);
  await settle();
  assert.equal(signal.aborted, true);
  revocations.close();
});

test("a subscription that failed is tried again", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = fakeClock();
  const base = memoryStore({ clock });
  const errors: unknown[] = [];
  let isOut = true;
  const store = scriptStore(base, (method, proceed) =>
    method === "subscribe" && isOut ? Promise.reject(new Error("out")) : proceed(),
  );
  const revocations = createRevocations(store, clock, (event) => errors.push(event));
  base.create("key", recordOf(clock));
  const signal = revocations.signal("key", clock() + 60 * MINUTE);
  await settle();
  assert.equal(errors.length, 1);
  isOut = false;
  t.mock.timers.tick(MINUTE);
  await settle();
  base.destroy("key");
  assert.equal(signal.aborted, true);
  revocations.close();
});

test("a session that is still there goes on, and its expiry ends it", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const revocations = createRevocations(store, clock, () => {});
  store.create("key", recordOf(clock));
  const signal = revocations.signal("key", clock() + 60 * MINUTE);
  for (const [minutes, aborted] of [
    [59, false],
    [1, true],
  ] as const) {
    clock.advance(minutes * MINUTE);
    t.mock.timers.tick(MINUTE);
    await settle();
    assert.equal(signal.aborted, aborted);
  }
  revocations.close();
});

test("a store that is slow is asked once, however often it is time to look", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = fakeClock();
  let loads = 0;
  let answer = (): void => {};
  const slow = scriptStore(memoryStore({ clock }), (method, proceed) => {
    if (method !== "load") return proceed();
    loads++;
    return new Promise((resolve) => {
      answer = () => resolve(proceed());
    });
  });
  slow.create("key", recordOf(clock));
  const revocations = createRevocations(slow, clock, () => {});
  const signal = revocations.signal("key", clock() + 60 * MINUTE);
  await settle();
  clock.advance(6 * MINUTE);
  for (let tick = 0; tick < 4; tick++) t.mock.timers.tick(MINUTE);
  await settle();
  answer();
  await settle();
  assert.deepEqual([loads, signal.aborted], [1, false]);
  revocations.close();
});

test("revokeAll fires the signals at once, also where the store tells of nothing", async () => {
  const deaf = memoryStore();
  Object.defineProperty(deaf, "subscribe", { value: undefined });
  const { sessions } = createTestManager({ store: deaf, clock: Date.now });
  const visitors = [createVisitor(sessions), createVisitor(sessions)];
  const signals: AbortSignal[] = [];
  for (const visitor of visitors) {
    signals.push(
      await visitor.request(async (session) => {
        await session.login("ada");
        return session.signal;
      }),
    );
  }
  await sessions.revokeAll("ada", { except: await visitors[1]!.request((session) => session.key) });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, false],
  );
  await sessions.close();
});

test("the signal of a session that got another ID before it was stored is that of the session", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  const signal = await visitor.request(async (session) => {
    const early = session.signal;
    await session.regenerate();
    session["a"] = true;
    return early;
  });
  assert.equal(signal.aborted, false);
  await visitor.request((session) => session.destroy());
  assert.equal(signal.aborted, true);
});
