// How many sessions one owner may have.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { scriptStore } from "../../../test/fixtures/scripted-store.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { memoryStore } from "../../stores/memory/index.ts";
import { SessionLimitError, SessionOptionError, SessionRecordError } from "../errors.ts";
import type { SessionManager } from "../manager.ts";
import type { ListPage, SessionStore } from "../record/store.ts";
import type { SessionLimitOption } from "./session-limit.ts";

type Sessions = ReturnType<typeof createTestManager>["sessions"];

async function login(sessions: Sessions, owner = "ada") {
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login(owner));
  return visitor;
}

const keysOf = async (sessions: SessionManager<never> | Sessions) =>
  (await sessions.list("ada")).map((session) => session.key).sort();

describe("maxSessionsPerOwner", () => {
  test("S13 one login more ends the session that logged in first, at once and with its signal", async () => {
    const { sessions, clock, events } = createTestManager({ maxSessionsPerOwner: 2 });
    const first = await login(sessions);
    const signal = await first.request((session) => session.signal);
    clock.advance(1_000);
    const second = await login(sessions);
    clock.advance(1_000);
    await login(sessions, "bob");
    const third = await login(sessions);
    assert.equal(signal.aborted, true);
    assert.equal(await first.request((session) => session.owner), undefined);
    assert.equal(await second.request((session) => session.owner), "ada");
    assert.equal(await third.request((session) => session.owner), "ada");
    assert.equal((await sessions.list("bob")).length, 1);
    assert.equal(events.filter((event) => event.type === "revoked" && event.owner === "ada").length, 1);
  });

  test("S13 a login that is refused leaves the visitor with the session as it was, and nobody logged in", async () => {
    const { sessions } = createTestManager({ maxSessionsPerOwner: { limit: 1, whenFull: "refuse" } });
    await login(sessions);
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ cart: ["apple"] }));
    await visitor.request(async (session) => {
      await assert.rejects(session.login("ada"), (error) => error instanceof SessionLimitError && error.limit === 1);
      assert.equal(session.owner, undefined);
    });
    assert.deepEqual(await visitor.request((session) => ({ ...session })), { cart: ["apple"] });
    assert.equal((await sessions.list("ada")).length, 1);
  });

  test("logging in again in one's own session takes no second place", async () => {
    for (const whenFull of ["refuse", "drop-oldest"] as const) {
      const { sessions } = createTestManager({ maxSessionsPerOwner: { limit: 1, whenFull } });
      const visitor = await login(sessions);
      await visitor.request((session) => session.login("ada"));
      assert.equal(await visitor.request((session) => session.owner), "ada");
    }
  });

  test("S13 of logins in parallel at most so many live, whatever the policy", async () => {
    for (const whenFull of ["refuse", "drop-oldest"] as const) {
      const { sessions } = createTestManager({ maxSessionsPerOwner: { limit: 3, whenFull } });
      const results = await Promise.allSettled(Array.from({ length: 10 }, () => login(sessions)));
      const { length } = await keysOf(sessions);
      assert.ok(length <= 3, `${length} with ${whenFull}`);
      if (whenFull === "drop-oldest") assert.equal(length, 3);
      const refused = results.filter((result) => result.status === "rejected");
      assert(refused.every(({ reason }) => reason instanceof SessionLimitError));
    }
  });

  test("a login whose session counts as the oldest, by another server's clock, is refused and not told to be done", async () => {
    const { sessions, store, clock } = createTestManager({ maxSessionsPerOwner: 1 });
    const ahead = createTestManager({ store, maxSessionsPerOwner: 1, clock: () => clock() + 2_000 });
    const first = await login(ahead.sessions);
    await assert.rejects(login(sessions), SessionLimitError);
    assert.equal(await first.request((session) => session.owner), "ada");
  });

  test("wrong options are refused at start", () => {
    for (const wrong of [0, -1, 1.5, "3", null, {}, { limit: 0 }, { limit: 1, whenFull: "drop" }]) {
      assert.throws(() => createTestManager({ maxSessionsPerOwner: wrong as SessionLimitOption }), SessionOptionError);
    }
  });
});

describe("a record of an owner that can't be read", () => {
  /** Lists one more key, which can't be read until it is ended. */
  function damagedStore(): SessionStore {
    let isThere = true;
    const inner = memoryStore();
    return scriptStore(inner, (method, proceed, args = []) => {
      if (method === "destroy" && args[0] === "damaged") {
        const wasThere = isThere;
        isThere = false;
        return wasThere;
      }
      const answer = proceed();
      return method === "list" && isThere ? { ...(answer as ListPage), unreadable: ["damaged"] } : answer;
    });
  }

  test("list leaves it out, and an event names its key", async () => {
    const { sessions, events } = createTestManager({ store: damagedStore() });
    await login(sessions);
    assert.equal((await sessions.list("ada")).length, 1);
    const [error] = events.filter((event) => event.type === "error");
    assert.equal(error?.key, "damaged");
    assert.ok(error?.error instanceof SessionRecordError);
  });

  test("it counts as one session, and makes room first", async () => {
    const { sessions } = createTestManager({ store: damagedStore(), maxSessionsPerOwner: 2 });
    const [first, second] = [await login(sessions), await login(sessions)];
    assert.equal(await first.request((session) => session.owner), "ada");
    assert.equal(await second.request((session) => session.owner), "ada");
  });

  test("it counts as one session where logins are refused", async () => {
    const limit = { limit: 2, whenFull: "refuse" } as const;
    const { sessions } = createTestManager({ store: damagedStore(), maxSessionsPerOwner: limit });
    await login(sessions);
    await assert.rejects(login(sessions), SessionLimitError);
  });
});
