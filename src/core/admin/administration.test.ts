// Sessions seen from outside: lists, pages, one in detail, and what is told about the manager's work.
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type TestContext, test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { UnsupportedOperationError } from "../errors.ts";
import type { EventMessage, SessionEvent } from "../events.ts";
import type { StoreCall } from "../record/store-calls.ts";

const MINUTE = 60_000;
const PHONE = { userAgent: "Mozilla/5.0 (iPhone)", address: "192.0.2.7", place: "Berlin, DE" };

test("S12 a list says when a session began, was used last and ends, and from where its owner logged in", async () => {
  const { sessions, clock } = createTestManager({ idleTimeout: "1h", absoluteTimeout: "1d" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada", PHONE));
  const began = clock();
  clock.advance(30 * MINUTE);
  await visitor.request((session) => session.owner);
  const [info, ...others] = await sessions.list("ada");
  assert.deepEqual(others, []);
  assert.deepEqual(info, {
    key: await visitor.request((session) => session.key),
    owner: "ada",
    createdAt: new Date(began),
    lastActiveAt: new Date(began + 30 * MINUTE),
    expiresAt: new Date(began + 90 * MINUTE),
    device: PHONE,
  });
});

test("what a login says of its device is kept short, forgotten by the next login, and no data of the session", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  const device = async () => (await sessions.list("ada"))[0]?.device;
  await visitor.request((session) => session.login("ada", { userAgent: "x".repeat(10_000), address: null, place: "" }));
  assert.deepEqual(await device(), { userAgent: "x".repeat(512) });
  assert.deepEqual(await visitor.request((session) => Object.keys(session)), []);
  await visitor.request((session) => session.login("ada"));
  assert.equal(await device(), undefined);
});

test("browse pages through the sessions of everyone, or those whose key begins so", async () => {
  const { sessions } = createTestManager();
  const keys = new Set<string>();
  for (let i = 0; i < 25; i++) {
    const visitor = createVisitor(sessions);
    await visitor.request(async (session) => {
      session["i"] = i;
      if (i % 2) await session.login(`user${i}`);
      keys.add(session.key);
    });
  }
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await sessions.browse({ limit: 10, cursor });
    assert.ok(page.sessions.length <= 10);
    seen.push(...page.sessions.map((session) => session.key));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(seen.toSorted(), [...keys].toSorted());
  const [first] = keys;
  const found = await sessions.browse({ keyPrefix: first?.slice(0, 10) });
  assert.deepEqual(
    found.sessions.map((session) => session.key),
    [first],
  );
  assert.deepEqual(await sessions.count(), { sessions: 25, isEstimate: true });
});

test("inspect tells the names and sizes of a session's keys, and nothing of one that is gone", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  const key = await visitor.request(async (session) => {
    session["name"] = "Zoë";
    session.flash("hello");
    await session.login("ada");
    return session.key;
  });
  const details = await sessions.inspect(key);
  assert.deepEqual(details?.fields, [{ name: "name", bytes: 6 }]);
  assert.deepEqual(details?.data, { name: "Zoë" });
  await sessions.revoke(key);
  assert.equal(await sessions.inspect(key), undefined);
});

test("a store that can't browse or count is an error that says so", async () => {
  const { browse: _browse, count: _count, ...methods } = bound(memoryStore());
  const { sessions } = createTestManager({ store: methods });
  await assert.rejects(sessions.browse(), UnsupportedOperationError);
  await assert.rejects(sessions.count(), UnsupportedOperationError);
});

test("S27 events and store calls reach the diagnostics channels, and carry no ID", async (t) => {
  const { sessions } = createTestManager({ cookie: { name: "watched" } });
  const messages = watch<EventMessage>(t, "coatcheck.event");
  const starts = watch<StoreCall>(t, "coatcheck.store.start");
  const ends = watch<StoreCall>(t, "coatcheck.store.end");
  const visitor = createVisitor(sessions);
  const id = await visitor.request(async (session) => {
    await session.login("ada");
    return session.id;
  });
  await visitor.request((session) => session.owner);
  assert.deepEqual(
    messages.map(({ cookieName, event }) => `${cookieName} ${event.type}`),
    ["watched created", "watched login"],
  );
  assert.deepEqual(
    ends.map(({ store, operation }) => `${store} ${operation}`),
    ["memory create", "memory load"],
  );
  assert.deepEqual(starts, ends);
  assert(ends.every(({ duration, error }) => typeof duration === "number" && error === undefined));
  assert.doesNotMatch(JSON.stringify([messages, starts, ends]), new RegExp(id));
});

test("listeners that are added later hear events until they are taken away, and none disturbs another", async () => {
  const { sessions, events } = createTestManager();
  const heard: SessionEvent[] = [];
  const warned = new Promise((resolve) => process.once("warning", resolve));
  const stopFailing = sessions.onEvent(() => {
    throw new Error("broken listener");
  });
  const stop = sessions.onEvent((event) => heard.push(event));
  await createVisitor(sessions).request((session) => session.login("ada"));
  assert.match(String(await warned), /broken listener/);
  stopFailing();
  stop();
  await createVisitor(sessions).request((session) => session.login("bob"));
  assert.deepEqual([heard.length, events.length], [2, 4]);
});

function watch<Message>(t: TestContext, name: string): Message[] {
  const messages: Message[] = [];
  const hear = (message: unknown): void => void messages.push(message as Message);
  subscribe(name, hear);
  t.after(() => unsubscribe(name, hear));
  return messages;
}

/** A store's methods as properties of a plain object, so that some can be left out. */
function bound(store: ReturnType<typeof memoryStore>) {
  return {
    name: store.name,
    load: store.load.bind(store),
    create: store.create.bind(store),
    commit: store.commit.bind(store),
    replace: store.replace.bind(store),
    destroy: store.destroy.bind(store),
    list: store.list.bind(store),
    destroyAll: store.destroyAll.bind(store),
    browse: store.browse.bind(store),
    count: store.count.bind(store),
    sweep: store.sweep.bind(store),
    close: store.close.bind(store),
  };
}
