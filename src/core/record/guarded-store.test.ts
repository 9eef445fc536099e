// The guard of a store: every member passes it, and every answer comes out as a value or a promise of this realm.
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { FOREIGN_PROMISES, thenable, withForeignPromises } from "../../../test/fixtures/foreign-promises.ts";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import type { Script } from "../../../test/fixtures/scripted-store.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import {
  DataRefusedError,
  SessionGoneError,
  SessionOptionError,
  SessionRecordError,
  StoreUnavailableError,
} from "../errors.ts";
import { createValidator } from "../schema.ts";
import { guardStore } from "./guarded-store.ts";
import type { SessionStore } from "./store.ts";

for (const [kind, foreign] of Object.entries(FOREIGN_PROMISES)) {
  test(`a store of ${kind} serves a session from its first write to its end`, async () => {
    const { sessions } = createTestManager({ store: withForeignPromises(memoryStore(), foreign) });
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    await visitor.request((session) => session.login("ada"));
    await visitor.request((session) => assert.equal(session["a"], 1));
    assert.equal((await sessions.list("ada")).length, 1);
    assert.equal(await sessions.revokeAll("ada"), 1);
    await visitor.request((session) => assert.equal(session["a"], undefined));
    await sessions.close();
  });

  test(`a commit that a store of ${kind} answers with "gone" is not acknowledged`, async () => {
    const script: { current: Script } = { current: (_method, proceed) => proceed() };
    const store = withForeignPromises(memoryStore(), foreign, (method, proceed) => script.current(method, proceed));
    const visitor = createVisitor(createTestManager({ store }).sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    script.current = (method, proceed) => (method === "commit" ? "gone" : proceed());
    await assert.rejects(
      visitor.request((session) => session.update({ a: 2 })),
      SessionGoneError,
    );
    script.current = (method, proceed) => (method === "commit" ? Promise.reject(new Error("cut")) : proceed());
    await assert.rejects(
      visitor.request((session) => session.update({ a: 2 })),
      StoreUnavailableError,
    );
  });
}

test("a thenable whose method throws, or cannot be read, is an outage", async () => {
  const throwing = (): never => {
    throw new Error("broken");
  };
  const broken = [thenable(throwing), new Proxy({}, { get: throwing })];
  for (const answer of broken) {
    const store = guardStore({ ...plain(memoryStore()), load: () => answer as never }, 1_000, () => {});
    await assert.rejects(async () => store.load("key"), StoreUnavailableError);
  }
});

test("a schema that validates with a promise of another realm is refused, not taken for valid", () => {
  const foreign = FOREIGN_PROMISES["promises of another realm"] ?? assert.fail();
  const validate = createValidator({
    "~standard": { version: 1, vendor: "test", validate: () => foreign(() => ({})) as Promise<object> },
  });
  assert.throws(() => validate({}), SessionOptionError);
});

test("a store that bounds its calls gets the manager's time limit, and its own cause is seen", async () => {
  let limit = 0;
  const store = {
    ...plain(memoryStore()),
    limitTime: (timeout: number) => {
      limit = timeout;
    },
    load: async () => {
      await delay(limit);
      throw Object.assign(new Error("canceling statement due to statement timeout"), { code: "57014" });
    },
  };
  const { sessions } = createTestManager({ store, storeTimeout: 30 });
  await assert.rejects(
    sessions.inspect("key"),
    (error) => Reflect.get(Object(Object(error).cause), "code") === "57014",
  );
  assert.equal(limit, 30);
});

test("a store that ignores the limit which it was given is given up all the same", async () => {
  const store = { ...plain(memoryStore()), limitTime: () => {}, load: () => new Promise<undefined>(() => {}) };
  const { sessions } = createTestManager({ store, storeTimeout: 30 });
  await assert.rejects(sessions.inspect("key"), StoreUnavailableError);
});

test("while the store counts as out, the error says why it does", async () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:1"), { code: "ECONNREFUSED" });
  const store = guardStore({ ...plain(memoryStore()), load: () => Promise.reject(refused) }, 1_000, () => {});
  const load = async (): Promise<unknown> => store.load("key");
  for (let failures = 0; failures < 5; failures++) await assert.rejects(load, StoreUnavailableError);
  await assert.rejects(load, (error: Error) => {
    const cause = error.cause as Error;
    assert.match(cause.message, /was out a moment ago/);
    assert.match(String((cause.cause as Error).message), /ECONNREFUSED/);
    return true;
  });
});

test("a store that refuses data or finds a broken record has answered, and does not count as out", async () => {
  for (const answer of [new DataRefusedError("test", "commit", "Too large."), new SessionRecordError("is broken")]) {
    const failures: unknown[] = Array.from({ length: 4 }, () => new Error("cut"));
    const answers = [...failures, answer, ...failures];
    const store = guardStore({ ...plain(memoryStore()), load: () => Promise.reject(answers.shift()) }, 1_000, () => {});
    for (let calls = 0; calls < 9; calls++) await assert.rejects(async () => store.load("key"));
    assert.equal(answers.length, 0, "each call has reached the store");
  }
});

test("destroyAll in batches: each batch has its own time, and the error says how many had ended", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const events: unknown[] = [];
  let progress: ((ended: number) => void) | undefined;
  const destroyAll: SessionStore["destroyAll"] = (_owner, { onProgress } = {}) => {
    progress = onProgress;
    return new Promise<number>(() => {});
  };
  const { sessions } = createTestManager({
    store: { ...plain(memoryStore()), destroyAll },
    storeTimeout: 100,
    onEvent: (event) => events.push(event),
  });
  const revoking = sessions.revokeAll("ada");
  for (const ended of [100, 200, 300, 400]) {
    t.mock.timers.tick(90);
    progress?.(ended);
  }
  t.mock.timers.tick(100);
  await assert.rejects(revoking, (error: StoreUnavailableError) => {
    assert.equal(error.ended, 400);
    assert.match(error.message, /had ended 400 .*Call revokeAll again/);
    return true;
  });
  assert.deepEqual(
    events.filter((event) => Object(event).type === "revoked").map((event) => Object(event).count),
    [400],
  );
});

test("every member of a store passes its guard, and none that it lacks appears", () => {
  const all: Required<SessionStore> = {
    ...plain(memoryStore()),
    unkeptLaws: [5],
    sharesRecords: true,
    encryptsRecords: true,
    browseOrder: "recent",
    browse: () => ({ sessions: [] }),
    count: () => ({ sessions: 0, isEstimate: false }),
    subscribe: () => () => {},
    developmentSecret: (generate) => generate(),
    hearsEnds: true,
    limitTime: () => {},
  };
  const guarded = guardStore(all, 1_000, () => {});
  assert.deepEqual(Object.keys(guarded).sort(), Object.keys(all).sort());
  const { unkeptLaws, sharesRecords, encryptsRecords, browseOrder } = guarded;
  assert.deepEqual([unkeptLaws, sharesRecords, encryptsRecords, browseOrder], [[5], true, true, "recent"]);
  assert.equal(
    guarded.developmentSecret?.(() => "made"),
    "made",
  );
  const bare = guardStore(plain(memoryStore()), 1_000, () => {});
  for (const name of ["unkeptLaws", "browse", "count", "subscribe", "developmentSecret"]) {
    assert.ok(!(name in bare), name);
  }
});

test("what watches the store's calls hears the error that the caller gets", async () => {
  const heard: unknown[] = [];
  const hear = (message: unknown): void => void heard.push(Reflect.get(Object(message), "error"));
  channel("coatcheck.store.end").subscribe(hear);
  const failing = (): never => {
    throw new Error("cut");
  };
  const store = guardStore({ ...plain(memoryStore()), load: failing }, 1_000, () => {});
  assert.throws(() => store.load("key"), StoreUnavailableError);
  channel("coatcheck.store.end").unsubscribe(hear);
  assert.equal(heard.length, 1);
  assert.ok(heard[0] instanceof StoreUnavailableError);
});

/** The members that every store has. */
function plain(store: SessionStore): SessionStore {
  return {
    name: store.name,
    load: (key) => store.load(key),
    create: (key, record) => store.create(key, record),
    commit: (key, change) => store.commit(key, change),
    replace: (oldKey, newKey, replacement) => store.replace(oldKey, newKey, replacement),
    destroy: (key, options) => store.destroy(key, options),
    list: (owner, page) => store.list(owner, page),
    destroyAll: (owner, options) => store.destroyAll(owner, options),
    sweep: (now, limit) => store.sweep(now, limit),
    close: () => store.close(),
  };
}
