// How old a session gets: the idle and the absolute limit, and when activity is stored.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { SessionGoneError } from "./errors.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test("S7 one millisecond past the idle limit the session is gone, whatever the cookie says", async () => {
  const { sessions, clock } = createTestManager({ idleTimeout: "30m", permanent: true });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  assert.match(visitor.duties.setCookie ?? "", /Max-Age=1800;/);
  clock.advance(30 * MINUTE - 1);
  const late = createVisitor(sessions, visitor.cookie);
  assert.equal(await late.request((session) => "a" in session), true);
  clock.advance(30 * MINUTE);
  assert.equal(await late.request((session) => "a" in session), false);
  await assert.rejects(
    visitor.request(async (session) => {
      session["b"] = 1;
      await session.login("ada");
      clock.advance(30 * MINUTE);
      session["c"] = 1;
    }),
    SessionGoneError,
  );
});

test("S8 a shorter absolute limit holds for sessions that began before, whatever end was stored", async () => {
  const clock = fakeClock();
  const store = memoryStore({ clock });
  const before = createTestManager({ store, clock, idleTimeout: "30d", absoluteTimeout: "31d" });
  const visitor = createVisitor(before.sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  const { sessions } = createTestManager({ store, clock, idleTimeout: "30d", absoluteTimeout: "1d" });
  const later = createVisitor(sessions, visitor.cookie);
  clock.advance(DAY - 1);
  assert.equal(await later.request((session) => session["a"]), 1);
  clock.advance(1);
  assert.equal(await later.request((session) => session["a"]), undefined);
});

test("S8 neither traffic nor regenerate extends the absolute limit; a new login begins anew", async () => {
  const { sessions, clock } = createTestManager({ idleTimeout: "1d", absoluteTimeout: "7d" });
  const visitor = createVisitor(sessions);
  const start = clock();
  await visitor.request((session) => session.update({ a: 1 }));
  for (let hour = 0; hour < 7 * 24 - 1; hour++) {
    clock.advance(60 * MINUTE);
    await visitor.request(async (session) => {
      assert.equal(session["a"], 1);
      if (hour % 24 === 5) await session.regenerate();
      assert(session.expiresAt.getTime() <= start + 7 * DAY);
    });
  }
  const last = createVisitor(sessions, visitor.cookie);
  clock.set(start + 7 * DAY - 1);
  await last.request((session) => assert.equal(session["a"], 1));
  clock.set(start + 7 * DAY);
  await last.request((session) => assert.equal(session["a"], undefined));
});

test("a login begins the absolute limit anew: the user has just been authenticated", async () => {
  const { sessions, clock } = createTestManager({ idleTimeout: "7d", absoluteTimeout: "7d" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  clock.advance(6 * DAY);
  await visitor.request((session) => session.login("ada"));
  clock.advance(6 * DAY);
  await visitor.request((session) => assert.equal(session.owner, "ada"));
});

test("reading writes at most once per tenth of the idle limit, and never more than once a minute", async () => {
  for (const [idleTimeout, interval] of [
    ["5m", 30_000],
    ["1d", MINUTE],
  ] as const) {
    const { sessions, calls, clock } = createTestManager({ idleTimeout });
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    clock.advance(interval - 1);
    await visitor.request((session) => session["a"]);
    assert.equal(calls["commit"] ?? 0, 0);
    clock.advance(1);
    for (let i = 0; i < 5; i++) await visitor.request((session) => session["a"]);
    assert.equal(calls["commit"], 1);
  }
});

test("a permanent session's cookie is renewed with its activity, another's is not", async () => {
  const { sessions, clock } = createTestManager({ idleTimeout: "1d" });
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  assert.doesNotMatch(visitor.duties.setCookie ?? "", /Max-Age|Expires/);
  await visitor.request((session) => {
    session.permanent = true;
  });
  assert.match(visitor.duties.setCookie ?? "", /Max-Age=86400;/);
  await visitor.request((session) => assert.equal(session.permanent, true));
  assert.equal(visitor.duties.setCookie, undefined);
  clock.advance(2 * MINUTE);
  await visitor.request((session) => session["a"]);
  assert.match(visitor.duties.setCookie ?? "", /Max-Age=86400;/);
});
