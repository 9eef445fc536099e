// Tests the numbers that the console records for its charts, by a clock of the test.
import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import { test } from "node:test";
import { createTestManager } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { fakeClock } from "../testing/fake-clock.ts";
import { createRecorder } from "./metrics.ts";
import { createTimeBuckets, sumBuckets } from "./time-buckets.ts";

const MINUTE = 60_000;

test("logins, endings and refusals are counted in the half minute in which they happen", async (t) => {
  const { sessions, clock } = createTestManager();
  const recorder = createRecorder(sessions, clock);
  t.after(() => recorder.close());
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  clock.advance(MINUTE);
  await visitor.request((session) => session.logout());
  await createVisitor(sessions, "session=nonsense").request(() => undefined);
  await createVisitor(sessions).request((session) => session.login("grace"));
  await sessions.revokeAll("grace");

  const hour = recorder.read("hour");
  assert.equal(hour.length, 120);
  const [before, , now] = hour.slice(-3);
  assert.deepEqual([before?.counts.logins, before?.counts.loggedOut], [1, 0]);
  assert.deepEqual(
    [now?.counts.logins, now?.counts.loggedOut, now?.counts.revoked, now?.counts.malformed],
    [1, 1, 1, 1],
  );
  const day = recorder.read("day");
  assert.equal(
    day.reduce((sum, { counts }) => sum + counts.logins, 0),
    2,
  );
});

test("calls of this store are counted and timed, and those of another store are not", async (t) => {
  const { sessions, clock } = createTestManager();
  const other = createTestManager({ store: { ...plain(), name: "elsewhere" } });
  const recorder = createRecorder(sessions, clock);
  t.after(() => recorder.close());
  await createVisitor(other.sessions).request((session) => session.update({ a: 1 }));
  assert.equal(recorder.read("hour").at(-1)?.counts.writes, 0);

  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  await visitor.request((session) => session.get("a"));
  const now = recorder.read("hour").at(-1);
  assert.deepEqual([now?.counts.reads, now?.counts.writes, now?.counts.failures], [1, 1, 0]);
  assert.ok(now?.latency && now.latency.median > 0 && now.latency.longest >= now.latency.median);
  recorder.close();
  await visitor.request((session) => session.get("a"));
  assert.equal(recorder.read("hour").at(-1)?.counts.reads, 1, "nothing is recorded after the end");
});

test("a touch counts apart from what changes data", (t) => {
  const { sessions, clock } = createTestManager();
  const recorder = createRecorder(sessions, clock);
  t.after(() => recorder.close());
  const told = channel("coatcheck.store.end");
  for (const operation of ["touch", "commit", "touch", "browse"]) {
    told.publish({ store: "memory", operation, duration: 1, error: undefined });
  }
  const counts = recorder.read("hour").at(-1)?.counts;
  assert.deepEqual([counts?.touches, counts?.writes, counts?.reads], [2, 1, 0]);
});

test("live sessions are counted when somebody looks or something happens, and not each time", async (t) => {
  const { sessions, calls, clock } = createTestManager();
  const recorder = createRecorder(sessions, clock);
  t.after(() => recorder.close());
  for (let i = 0; i < 50; i++) await createVisitor(sessions).request((session) => session.login(`user ${i}`));
  assert.equal(calls["count"], 1);
  await recorder.countActive();
  assert.equal(calls["count"], 1);
  clock.advance(1_000);
  await Promise.all([recorder.countActive(), recorder.countActive()]);
  assert.equal(calls["count"], 2);
  clock.advance(1_000);
  assert.deepEqual(await recorder.countActive(), { sessions: 50, isEstimate: true });
  assert.equal(calls["count"], 3);
  assert.equal(recorder.read("hour").at(-1)?.active, 50);
});

test("errors are kept by their code, without their message, ten at most", async (t) => {
  const store = { ...plain(), load: () => Promise.reject(new Error("redis://user:password@host")) };
  const { sessions, clock } = createTestManager({ store });
  const recorder = createRecorder(sessions, clock);
  t.after(() => recorder.close());
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  for (let i = 0; i < 15; i++) await visitor.request(() => undefined).catch(() => undefined);
  const { errors, isAvailable } = recorder.health();
  assert.equal(isAvailable, false);
  assert.equal(errors.length, 10);
  assert.deepEqual([errors[0]?.operation, errors[0]?.name], ["load", "STORE_UNAVAILABLE"]);
  assert.equal(JSON.stringify(errors).includes("password"), false);
  assert.ok((recorder.read("hour").at(-1)?.counts.failures ?? 0) > 0);
});

test("a recording neither grows with time nor with what happens, and a pause is no gap", () => {
  const clock = fakeClock();
  const buckets = createTimeBuckets(MINUTE, 60, clock);
  for (let i = 0; i < 500; i++) {
    buckets.add("logins", 1);
    buckets.noteCall(5);
    clock.advance(MINUTE);
  }
  const full = buckets.read();
  assert.equal(full.length, 60);
  assert.equal(
    full.reduce((sum, { counts }) => sum + counts.logins, 0),
    59,
    "the one of this minute is empty",
  );
  clock.advance(30 * MINUTE);
  const later = buckets.read();
  assert.equal(later.length, 60);
  assert.equal(later.filter(({ counts }) => counts.logins === 1).length, 29);
  for (let i = 1; i < later.length; i++) assert.equal((later[i]?.start ?? 0) - (later[i - 1]?.start ?? 0), MINUTE);
  clock.advance(10_000 * MINUTE);
  assert.equal(buckets.read().filter(({ counts }) => counts.logins > 0).length, 0);
});

test("before the beginning nothing is recorded, and the latency of a closed minute stays", () => {
  const clock = fakeClock();
  const buckets = createTimeBuckets(MINUTE, 10, clock);
  assert.deepEqual(
    buckets.read().map(({ isRecorded }) => isRecorded),
    [...Array(9).fill(false), true],
  );
  for (const ms of [1, 2, 3, 4, 100]) buckets.noteCall(ms);
  clock.advance(MINUTE);
  buckets.noteCall(7);
  const [first, second] = buckets.read().slice(-2);
  assert.ok(first?.latency && second?.latency);
  const near = (value: number, expected: number): void =>
    assert.ok(Math.abs(value - expected) < expected / 50, `${value}`);
  near(first.latency.median, 3);
  near(first.latency.longest, 100);
  near(second.latency.longest, 7);
  near(sumBuckets([first, second]).latency?.longest ?? 0, 100);
});

/** A memory store whose methods can be replaced one by one. */
function plain(): ReturnType<typeof memoryStore> {
  const store = memoryStore();
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(store)).filter(
    (name) => name !== "constructor" && name !== "size",
  );
  return Object.fromEntries([
    ["name", store.name],
    ...names.map((name) => [name, (Reflect.get(store, name) as () => unknown).bind(store)]),
  ]) as ReturnType<typeof memoryStore>;
}
