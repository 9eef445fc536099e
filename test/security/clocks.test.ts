// S40: servers whose clocks disagree, and jump. However requests are spread over them, no session is usable beyond a limit
// by more than the clocks differ, which is the skew that docs/security.md states.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import type { Clock } from "../../src/core/record/store.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import { keyOfCookie, opened, type Sessions, serverOn, visitorOf } from "./servers-of-store.ts";
import { type StoreKind, startStores } from "./stores.ts";

const MINUTE = 60_000;
const IDLE = 30 * MINUTE;
const ABSOLUTE = 180 * MINUTE;
/** Each clock is off by five minutes at most, either way, so two of them by ten. */
const OFF = 5 * MINUTE;
const SKEW = 2 * OFF;
/** Activity is stored once a minute at most. */
const TOUCH = MINUTE;

const ground = await startStores();
after(() => ground.stop());

type Use = "read" | "write" | "regenerate";
/** Time passes, clocks jump, and one of the servers gets a request. */
interface Step {
  readonly wait: number;
  readonly clocks: readonly [number, number];
  readonly server: 0 | 1;
  readonly use: Use;
}

const offset = fc.oneof(fc.constantFrom(-OFF, 0, OFF), fc.integer({ min: -OFF, max: OFF }));
const step: fc.Arbitrary<Step> = fc.record({
  wait: fc.oneof(fc.integer({ min: 0, max: 25 * MINUTE }), fc.integer({ min: IDLE - SKEW, max: IDLE + 2 * SKEW })),
  clocks: fc.tuple(offset, offset),
  server: fc.constantFrom(0, 1),
  use: fc.constantFrom("read", "write", "regenerate"),
});

for (const kind of ground.kinds.filter(({ takesClock }) => takesClock)) {
  test(`S40 ${kind.name}: clocks ten minutes apart, that jump, prolong no session by more than that, nor shorten it`, async () => {
    const numRuns = kind.name === "memory" ? 300 : 30;
    const steps = fc.array(step, { minLength: 5, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(steps, (history) => live(kind, history)),
      { numRuns },
    );
  });
}

/** One session through a history, beside what is true of it. */
async function live(kind: StoreKind, history: readonly Step[]): Promise<void> {
  let now = Date.now();
  const offsets: [number, number] = [0, 0];
  const clocks: [Clock, Clock] = [() => now + offsets[0], () => now + offsets[1]];
  const { stores } = await kind.open(...clocks);
  const limits = { idleTimeout: IDLE, absoluteTimeout: ABSOLUTE };
  const servers = stores.map((store, i) => serverOn(store, { ...limits, clock: clocks[i] })) as [Sessions, Sessions];
  const visitor = await visitorOf(servers[0]);
  const begun = now;
  let used = now;
  for (const { wait, clocks: jumped, server, use } of history) {
    now += wait;
    [offsets[0], offsets[1]] = jumped;
    const guest = createVisitor(servers[server], visitor.cookie);
    const isLive = await guest.request(async (session) => {
      if (session.isNew) return false;
      if (use === "write") session["at"] = now;
      if (use === "regenerate") await session.regenerate();
      return true;
    });
    const [age, rest] = [now - begun, now - used];
    if (!isLive) {
      assert(rest > IDLE - SKEW - TOUCH || age > ABSOLUTE - SKEW, `ended ${rest} ms after its last use, ${age} old`);
      return;
    }
    assert(rest < IDLE + SKEW, `idle for ${rest} ms`);
    assert(age < ABSOLUTE + SKEW, `${age} ms old`);
    used = now;
    visitor.cookie = guest.cookie;
  }
}

test("S40 Redis: what a server with a wrong clock stores expires by Redis's own, later by no more than the clock is off", async () => {
  const kind = ground.kinds.find(({ takesClock }) => !takesClock) ?? assert.fail("there is one");
  const { stores } = await kind.open();
  for (const off of [-OFF, OFF]) {
    const clock = (): number => Date.now() + off;
    const sessions = serverOn(stores[0], { clock, idleTimeout: IDLE, absoluteTimeout: ABSOLUTE });
    const visitor = await visitorOf(sessions, "ada");
    await visitor.request((session) => session.regenerate());
    const record = await stores[1].load(keyOfCookie(visitor.cookie));
    assert(record !== undefined && Math.abs(record.expiresAt - Date.now() - IDLE) <= OFF + MINUTE);
  }
  const slow = serverOn(stores[0], { clock: () => Date.now() - 2 * IDLE, idleTimeout: IDLE });
  const visitor = await visitorOf(slow, "ada").catch(() => undefined);
  assert.equal(await opened(slow, visitor?.cookie), undefined, "expired by Redis's clock, whatever the server's says");
});
