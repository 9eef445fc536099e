import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { scriptStore } from "../../../test/fixtures/scripted-store.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { SessionGoneError, SessionOptionError } from "../errors.ts";
import type { EndListener, SessionRecord, SessionStore } from "../record/store.ts";
import { createRevocations } from "./revocation.ts";

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
  const signal = revocations.watch({ key: "key", owner: "ada" });
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
  const signal = revocations.watch({ key: "key", owner: "ada" });
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
  const signal = revocations.watch({ key: "key", owner: "ada" });
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

test("while ends can't be heard, watched sessions are read every half minute", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const deaf = scriptStore(store, (method, proceed) =>
    method === "subscribe" ? Promise.reject(new SessionOptionError("listenClient", "is deaf", "Mend it.")) : proceed(),
  );
  store.create("key", recordOf(clock));
  const revocations = createRevocations(deaf, clock, () => {});
  const signal = revocations.watch({ key: "key", owner: "ada" });
  const halfAMinute = async (): Promise<void> => {
    clock.advance(30_000);
    t.mock.timers.tick(30_000);
    await settle();
  };
  await settle();
  await halfAMinute();
  store.destroy("key");
  assert.equal(signal.aborted, false);
  await halfAMinute();
  await halfAMinute();
  assert.equal(signal.aborted, true);
  revocations.close();
});

test("a subscription that failed is tried again within seconds", async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  let tries = 0;
  const subscribed = new Promise<void>((resolve) => {
    const failing = scriptStore(store, (method, proceed) => {
      if (method === "subscribe" && ++tries === 1) return Promise.reject(new Error("cut"));
      const result = proceed();
      if (method === "subscribe") resolve();
      return result;
    });
    store.create("key", recordOf(clock));
    const revocations = createRevocations(failing, clock, () => {});
    const signal = revocations.watch({ key: "key", owner: "ada" });
    store.destroy("key");
    signal.addEventListener("abort", () => revocations.close());
  });
  // The manager's timers keep no process running.
  const alive = setInterval(() => {}, 1_000);
  await subscribed;
  clearInterval(alive);
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
  const signal = revocations.watch({ key: "key", owner: "ada" });
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

test("a signal that is read after its session has ended is aborted already", async () => {
  const { sessions, store } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const signals = await visitor.request(async (session) => {
    await store.destroy(session.key);
    const late = session.signal;
    await session.destroy();
    return [late, session.signal];
  });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [true, true],
  );
});

test("after a session was ended and begun anew in one request, the signal is the new session's", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  const signal = await visitor.request(async (session) => {
    await session.destroy();
    await session.login("bob");
    return session.signal;
  });
  assert.equal(signal.aborted, false);
  await sessions.revokeAll("bob");
  assert.equal(signal.aborted, true);
});

test("reading the signal of a session that is never stored asks no store and watches nothing", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval", "setTimeout"] });
  const { sessions, calls, clock } = createTestManager();
  const signals: AbortSignal[] = [];
  for (let request = 0; request < 1_000; request++) {
    signals.push(await createVisitor(sessions).request((session) => session.signal));
  }
  clock.advance(24 * 60 * MINUTE);
  t.mock.timers.tick(10 * MINUTE);
  await settle();
  assert.equal(
    signals.some(({ aborted }) => aborted),
    false,
  );
  assert.deepEqual([calls["load"], calls["subscribe"]], [undefined, undefined]);
});

/** All orders of the steps. */
function* orders<Step>(steps: readonly Step[]): Generator<readonly Step[]> {
  if (steps.length === 0) yield [];
  for (const [i, step] of steps.entries()) {
    for (const rest of orders(steps.toSpliced(i, 1))) yield [step, ...rest];
  }
}

/** A store that tells of an end only when the test says so, or never, when the message is lost. */
function createLossyStore(clock: () => number) {
  const base = memoryStore({ clock });
  const messages: (readonly [key: string, movedTo: string | undefined])[] = [];
  let tell: EndListener = () => {};
  let resumed = (): void => {};
  let isAlive = false;
  let subscribed = (): void => {};
  base.subscribe((key, movedTo) => void messages.push([key, movedTo]));
  const store: SessionStore = Object.assign(Object.create(base), {
    load: async (key: string) => base.load(key),
    subscribe: (listener: EndListener, resume: () => void) =>
      new Promise((resolve) => {
        subscribed = () => {
          isAlive = true;
          tell = listener;
          resumed = resume;
          resolve(() => {});
        };
      }),
  });
  return {
    base,
    store,
    /** The subscription comes into being, or comes back after a cut. */
    connect: () => (isAlive ? resumed() : subscribed()),
    deliver: (at: number) => messages[at] && tell(...messages[at]),
    lose: () => messages.splice(0),
    messages,
  };
}

test("in every order of watching, subscribing, moves, lost messages and the end, each signal fires once it is heard", async () => {
  const replacement = (clock: () => number, keepOldUntil: number) => ({
    set: new Map(),
    remove: new Set<string>(),
    expiresAt: clock() + 60 * MINUTE,
    owner: "ada",
    createdAt: clock(),
    keepOldUntil,
  });
  const steps = ["watch", "subscribe", "move", "move", "hear", "hear in reverse", "end"] as const;
  let runs = 0;
  for (const order of orders(steps)) {
    const clock = fakeClock();
    const lossy = createLossyStore(clock);
    const revocations = createRevocations(lossy.store, clock, (event) => assert.fail(JSON.stringify(event)));
    lossy.base.create("k0", recordOf(clock));
    const signals: AbortSignal[] = [];
    let at = 0;
    let hasEnded = false;
    const watch = (): void => void signals.push(revocations.watch({ key: `k${at}`, owner: "ada" }));
    const run = {
      watch,
      subscribe: lossy.connect,
      move() {
        if (hasEnded) return;
        watch();
        lossy.base.replace(`k${at}`, `k${at + 1}`, replacement(clock, clock() + 5 * MINUTE));
        at++;
        watch();
      },
      hear: () => lossy.messages.forEach((_, i) => void lossy.deliver(i)),
      "hear in reverse": () => [...lossy.messages.keys()].reverse().forEach((i) => void lossy.deliver(i)),
      end() {
        lossy.base.destroy(`k${at}`);
        hasEnded = true;
      },
    };
    for (const step of order) {
      run[step]();
      await settle();
      if (!hasEnded) assert.ok(!signals.some(({ aborted }) => aborted), `aborted without cause: ${order}`);
    }
    lossy.lose();
    lossy.connect();
    await settle();
    await settle();
    assert.ok(
      signals.every(({ aborted }) => aborted),
      `never fired: ${order}`,
    );
    revocations.close();
    runs++;
  }
  assert.equal(runs, 5040);
});

for (const move of ["regenerate", "login"] as const) {
  test(`a logout that was under way while another request called ${move} ends the session under its new ID`, async () => {
    const { sessions } = createTestManager();
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.login("ada"));
    const other = createVisitor(sessions, visitor.cookie);
    let isMoved = (): void => {};
    const moved = new Promise<void>((resolve) => {
      isMoved = resolve;
    });
    const loggingOut = other.request(async (session) => {
      await moved;
      await session.logout();
    });
    const signal = await visitor.request(async (session) => {
      await (move === "login" ? session.login("ada") : session.regenerate());
      return session.signal;
    });
    isMoved();
    await loggingOut;
    assert.deepEqual(await sessions.list("ada"), []);
    assert.equal(signal.aborted, true);
    assert.equal(await visitor.request((session) => session.owner), undefined);
  });
}

test("a logout that can't know any more whether the session has ended or moved is refused", async () => {
  const { sessions, clock } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  await createVisitor(sessions, visitor.cookie).request(async (session) => {
    await visitor.request((same) => same.regenerate());
    clock.advance(6 * MINUTE);
    await assert.rejects(session.logout(), SessionGoneError);
  });
  assert.equal((await sessions.list("ada")).length, 1);
});

test("a logout of a session that has ended already is a success", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  await visitor.request(async (session) => {
    await sessions.revokeAll("ada");
    await session.logout();
  });
  assert.equal(visitor.cookie, undefined);
});

test("after regenerate or login the old ID opens nothing, and a request under way with it changes nothing", async () => {
  const { sessions } = createTestManager({ renewInterval: "1h" });
  for (const move of ["regenerate", "login"] as const) {
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.login("ada"));
    const { cookie } = visitor;
    await createVisitor(sessions, cookie).request(async (session) => {
      await visitor.request((same) => (move === "login" ? same.login("ada") : same.regenerate()));
      session["planted"] = true;
      await assert.rejects(session.save(), SessionGoneError);
      session.pop("planted");
    });
    assert.equal(await createVisitor(sessions, cookie).request((session) => session.owner), undefined);
    assert.equal(await visitor.request((session) => session["planted"]), undefined);
  }
});

test("a session can be revoked by the key that it had before it moved", async () => {
  const { sessions, clock } = createTestManager({ renewInterval: "1h" });
  const visitor = createVisitor(sessions);
  const first = await visitor.request(async (session) => {
    await session.login("ada");
    return session.key;
  });
  clock.advance(2 * 60 * MINUTE);
  await visitor.request((session) => session.owner);
  await visitor.request((session) => session.regenerate());
  assert.equal(await sessions.revoke(first), true);
  assert.deepEqual(await sessions.list("ada"), []);
  assert.equal(await sessions.revoke(first), false);
});
