// The store is out: bounded time, 503 or anonymous by choice, the visitor's cookie kept, never a false "saved".
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type AnyData, createTestManager, SECRET } from "../../../test/fixtures/manager.ts";
import { type Script, scriptStore } from "../../../test/fixtures/scripted-store.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { fakeClock } from "../../testing/fake-clock.ts";
import { SessionGoneError, SessionLimitError, StoreUnavailableError } from "../errors.ts";
import { createManager } from "../manager.ts";
import type { SessionOptions } from "../options.ts";

// What repairs in the background keeps no program running; a server does.
const server = setInterval(() => {}, 60_000);
after(() => clearInterval(server));

const faults: [string, Script][] = [
  ["is cut", () => Promise.reject(Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }))],
  ["stalls", () => new Promise(() => {})],
  [
    "throws at once",
    () => {
      throw new TypeError("client is closed");
    },
  ],
];

interface Ground {
  readonly script: { current: Script };
  readonly sessions: ReturnType<typeof createManager<AnyData>>;
  readonly visitor: ReturnType<typeof createVisitor<AnyData>>;
}

const healthy: Script = (_method, proceed) => proceed();

async function createGround(options: Partial<SessionOptions<AnyData>> = {}): Promise<Ground> {
  const script = { current: healthy };
  const store = scriptStore(memoryStore(), (method, proceed) => script.current(method, proceed));
  const sessions = createManager<AnyData>({ secret: SECRET, store, storeTimeout: 50, ...options }, memoryStore);
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  return { script, sessions, visitor };
}

for (const [name, fault] of faults) {
  test(`S33 the store ${name}: reading is a 503 with Retry-After, and the cookie is kept`, async () => {
    const { script, visitor } = await createGround();
    const { cookie } = visitor;
    script.current = fault;
    await assert.rejects(
      visitor.request(() => assert.fail("the handler must not run")),
      (error) => error instanceof StoreUnavailableError && error.status === 503 && error.headers["Retry-After"] === "1",
    );
    assert.equal(visitor.cookie, cookie);
    script.current = healthy;
    await visitor.request((session) => assert.equal(session["a"], 1, "recovered by itself"));
  });

  test(`S33 the store ${name}: by choice the request goes on anonymous, writes are refused, the cookie is kept`, async () => {
    const { script, visitor } = await createGround({ whenStoreUnavailable: "anonymous" });
    const { cookie } = visitor;
    script.current = fault;
    await visitor.request(async (session) => {
      script.current = healthy;
      assert.deepEqual({ ...session }, {});
      assert.throws(() => session.update({ b: 1 }), StoreUnavailableError);
      await assert.rejects(session.login("ada"), StoreUnavailableError);
      await assert.rejects(session.destroy(), StoreUnavailableError);
    });
    assert.equal(visitor.cookie, cookie);
    assert.equal(visitor.duties.setCookie, undefined);
    await visitor.request((session) => assert.deepEqual({ ...session }, { a: 1 }));
  });

  test(`S33 the store ${name}: a write is never reported done when it was not`, async () => {
    const { script, visitor } = await createGround();
    const writing = visitor.request((session) => {
      session["a"] = 2;
      script.current = fault;
    });
    await assert.rejects(writing, StoreUnavailableError);
    script.current = healthy;
    await visitor.request((session) => assert.equal(session["a"], 1));
  });

  test(`S33 the store ${name}: visitors without a cookie, or with a forged one, don't notice`, async () => {
    const { script, sessions } = await createGround();
    script.current = fault;
    for (const cookie of [undefined, "session=forged", `session=${"A".repeat(43)}.${"A".repeat(43)}`]) {
      await createVisitor(sessions, cookie).request((session) => assert.deepEqual({ ...session }, {}));
    }
  });

  test(`S6 the store ${name} during login: nobody is logged in on the old ID`, async () => {
    for (const method of ["replace", "create"]) {
      const { script, sessions, visitor } = await createGround();
      const { cookie } = visitor;
      if (method === "create") visitor.cookie = undefined;
      script.current = (called, proceed) => (called === method ? fault(called, proceed) : proceed());
      await assert.rejects(
        visitor.request((session) => session.login("ada")),
        StoreUnavailableError,
      );
      script.current = healthy;
      await createVisitor(sessions, cookie).request((session) => assert.equal(session.owner, undefined));
      assert.deepEqual(await sessions.list("ada"), []);
    }
  });
}

test("S6 a login whose answer was lost leaves one usable ID at most, and never the login on the old one", async () => {
  const { script, sessions, visitor } = await createGround();
  const old = visitor.cookie;
  script.current = async (method, proceed) => {
    const answer = proceed();
    if (method === "replace") throw new Error("connection reset after the server had done it");
    return answer;
  };
  await assert.rejects(
    visitor.request((session) => session.login("ada")),
    StoreUnavailableError,
  );
  script.current = healthy;
  await createVisitor(sessions, old).request((session) =>
    assert.deepEqual([session.owner, { ...session }], [undefined, {}]),
  );
  assert((await sessions.list("ada")).length <= 1);
});

test("a touch that fails is an event and no failed request", async () => {
  const { sessions, clock, events, store } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  clock.advance(120_000);
  const failing = scriptStore(store, (method, proceed) => {
    if (method === "commit") throw new Error("read only");
    return proceed();
  });
  const onFailing = createTestManager({ store: failing, clock, onEvent: (event) => events.push(event) });
  await createVisitor(onFailing.sessions, visitor.cookie).request((session) => assert.equal(session["a"], 1));
  assert(events.some((event) => event.type === "error" && event.operation === "touch"));
});

test("S24 a record that another program wrote opens nothing, and the visitor begins anew", async () => {
  const { script, visitor } = await createGround();
  const { decodeRecord } = await import("./record.ts");
  script.current = (method, proceed) => (method === "load" ? decodeRecord('{"pickle":true}') : proceed());
  await visitor.request((session) => {
    assert.deepEqual({ ...session }, {});
    session["b"] = 1;
  });
  script.current = healthy;
  await visitor.request((session) => assert.deepEqual({ ...session }, { b: 1 }));
});

test("a session revoked while the handler works fails the request with 409 and keeps the cookie", async () => {
  const { sessions, visitor } = await createGround();
  const { cookie } = visitor;
  await assert.rejects(
    visitor.request(async (session) => {
      await sessions.revoke(session.key);
      session["a"] = 2;
    }),
    (error) => error instanceof SessionGoneError && error.status === 409,
  );
  assert.equal(visitor.cookie, cookie);
});

test("S33 a store that stalls costs its deadline a few times, and nothing while it is out; it is back soon after", async () => {
  const events: string[] = [];
  const { script, visitor } = await createGround({ onEvent: (event) => events.push(event.type) });
  let calls = 0;
  script.current = () => {
    calls++;
    return new Promise(() => {});
  };
  for (let i = 0; i < 50; i++)
    await assert.rejects(
      visitor.request(() => {}),
      StoreUnavailableError,
    );
  assert(calls <= 7, `${calls} calls reached the store`);
  assert(events.includes("unavailable"));
  script.current = healthy;
  for (let isBack = false; !isBack; ) {
    isBack = await visitor.request((session) => session["a"] === 1).catch(() => false);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert(events.includes("recovered"));
});

test("looks at many sessions that fail keep no visitor from the store", async () => {
  const script = { current: healthy };
  const store = scriptStore(memoryStore(), (method, proceed) => script.current(method, proceed));
  const sessions = createManager<AnyData>({ secret: SECRET, store, storeTimeout: 50 }, memoryStore);
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  script.current = (method, proceed) =>
    ["count", "browse", "list", "sweep"].includes(method) ? Promise.reject(new Error("too slow")) : proceed();
  for (let failures = 0; failures < 3; failures++) {
    await assert.rejects(sessions.count(), StoreUnavailableError);
    await assert.rejects(sessions.browse(), StoreUnavailableError);
    await assert.rejects(sessions.list("ada"), StoreUnavailableError);
  }
  assert.equal(await visitor.request((session) => session["a"]), 1);
});

for (const whenFull of ["drop-oldest", "refuse"] as const) {
  test(`a login whose owner's sessions can't be counted afterwards stands, and its visitor gets the cookie: ${whenFull}`, async () => {
    const events: string[] = [];
    const { script, sessions, visitor } = await createGround({
      maxSessionsPerOwner: { limit: 1, whenFull },
      onEvent: ({ type }) => events.push(type),
    });
    let hasMoved = false;
    script.current = (method, proceed) => {
      if (method === "replace") hasMoved = true;
      if (method === "list" && hasMoved) throw new Error("cut");
      return proceed();
    };
    await assert.rejects(
      visitor.request((session) => session.login("ada")),
      (error) => error instanceof StoreUnavailableError && !/left as it (is|was)/.test(error.message),
    );
    assert(events.includes("login"));
    script.current = healthy;
    assert.equal(await visitor.request((session) => session.owner), "ada");
    assert.equal((await sessions.list("ada")).length, 1);
  });
}

test("a limit of sessions that could not be kept at the login is kept when the store is back", async () => {
  const clock = fakeClock();
  const { script, sessions, visitor } = await createGround({ maxSessionsPerOwner: 1, clock });
  const earlier = createVisitor(sessions);
  await earlier.request((session) => session.login("ada"));
  clock.advance(1_000);
  script.current = (method, proceed) => (method === "list" ? Promise.reject(new Error("cut")) : proceed());
  await assert.rejects(
    visitor.request((session) => session.login("ada")),
    StoreUnavailableError,
  );
  await new Promise<void>((resolve) => {
    script.current = (method, proceed) => {
      const result = proceed();
      if (method === "destroy") resolve();
      return result;
    };
  });
  assert.equal(await visitor.request((session) => session.owner), "ada");
  assert.equal(await earlier.request((session) => session.owner), undefined);
});

test("a login that is refused for the limit is ended in the background if the store fails meanwhile", async () => {
  const { script, sessions, visitor } = await createGround({ maxSessionsPerOwner: { limit: 1, whenFull: "refuse" } });
  const { key, ...rest } = {
    key: "another",
    createdAt: 0,
    expiresAt: Number.MAX_SAFE_INTEGER,
    owner: "ada",
    version: 1,
  };
  const another = { key, record: { fields: new Map(), ...rest } };
  let hasMoved = false;
  script.current = (method, proceed) => {
    if (method === "replace") hasMoved = true;
    if (method === "list" && hasMoved) return { sessions: [another] };
    return method === "destroy" ? Promise.reject(new Error("cut")) : proceed();
  };
  await assert.rejects(
    visitor.request((session) => session.login("ada")),
    SessionLimitError,
  );
  assert.equal(visitor.cookie, undefined);
  script.current = healthy;
  assert.equal((await sessions.list("ada")).length, 1);
  await new Promise<void>((resolve) => {
    script.current = (method, proceed) => {
      const result = proceed();
      if (method === "destroy" && result === true) resolve();
      return result;
    };
  });
  assert.deepEqual(await sessions.list("ada"), []);
});

for (const isKnown of [true, false]) {
  const who = isKnown ? "a visitor whose session is stored" : "a new visitor";
  test(`a login of ${who} that the store carries out after its deadline does not stay listed`, async () => {
    const { script, sessions, visitor } = await createGround();
    const login = isKnown ? visitor : createVisitor(sessions);
    let actLate = (): unknown => undefined;
    script.current = (method, proceed) => {
      if (method !== "create" && method !== "replace") return proceed();
      actLate = proceed;
      return new Promise(() => {});
    };
    await assert.rejects(
      login.request((session) => session.login("ada")),
      (error) => error instanceof StoreUnavailableError && (!isKnown || /may have done so/.test(error.message)),
    );
    script.current = healthy;
    actLate();
    assert.equal((await sessions.list("ada")).length, 1);
    const ended = new Promise<void>((resolve) => {
      script.current = (method, proceed) => {
        const result = proceed();
        if (method === "destroy" && result === true) resolve();
        return result;
      };
    });
    await ended;
    assert.deepEqual(await sessions.list("ada"), []);
  });
}

test("a renewal that the store carries out after its deadline leaves the visitor with a cookie that works", async () => {
  const clock = fakeClock();
  const { script, sessions, visitor } = await createGround({ renewInterval: "1m", clock });
  await visitor.request((session) => session.login("ada"));
  clock.advance(2 * 60_000);
  let actLate = (): unknown => undefined;
  script.current = (method, proceed) => {
    if (method !== "replace") return proceed();
    actLate = proceed;
    return new Promise(() => {});
  };
  await assert.rejects(
    visitor.request((session) => session.owner),
    StoreUnavailableError,
  );
  const marked = new Promise<void>((resolve) => {
    script.current = (method, proceed) => {
      const result = proceed();
      if (method === "commit") resolve();
      return result;
    };
  });
  actLate();
  await marked;
  clock.advance(60_000);
  const { cookie } = visitor;
  assert.equal(await visitor.request((session) => session.owner), "ada");
  assert.notEqual(visitor.cookie, cookie);
  clock.advance(30_000);
  assert.equal(await visitor.request((session) => session.owner), "ada");
  assert.equal((await sessions.list("ada")).length, 1);
  assert.equal(await createVisitor(sessions, cookie).request((session) => session.owner), undefined);
});
