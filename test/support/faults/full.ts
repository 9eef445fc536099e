// A server has no room left for what it is given: it answers, and refuses.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import { createVisitor } from "../visitor.ts";
import type { App } from "./managers.ts";
import { isFull, report, rounded } from "./report.ts";
import { startTraffic } from "./traffic.ts";
import { assertKept } from "./verdict.ts";

const VISITORS = 16;
const LOAD = 300;
const OUTAGE = isFull ? 5_000 : 1_000;
/** Of data that no server can make smaller. */
const BALLAST = 3_000;

interface FullGround {
  readonly title: string;
  readonly app: App;
  readonly other: App;
  readonly storeTimeout: number;
  fill(): unknown;
  free(): unknown;
  /** While there is no room. */
  meanwhile?(): Promise<void>;
}

export async function sufferFullness(t: TestContext, ground: FullGround): Promise<void> {
  const { title, app, other, storeTimeout, fill, free, meanwhile } = ground;
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: VISITORS, actions: "all", ballast: BALLAST });
  await traffic.served(5);
  await sleep(LOAD);
  await fill();
  const { refused } = traffic.counts;
  while (traffic.counts.refused === refused) await sleep(5);
  await meanwhile?.();
  await sleep(OUTAGE);
  await free();
  const freeAt = performance.now();
  await traffic.served();
  const recovery = performance.now() - freeAt;
  await traffic.stop();
  await traffic.verify(other.sessions);

  const { counts, losses } = traffic;
  report(t, "full", {
    server: title,
    client: app.client,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    lost: losses.writes + losses.sessions + losses.returned,
    "longest request, ms": rounded(counts.longest),
    "all served again after, ms": rounded(recovery),
  });
  assertKept(traffic, { storeTimeout });
}

/** Who writes nothing new does not suffer: a session can be read, and ended. */
export async function assertReadsAndEnds(app: App, cookies: readonly (string | undefined)[]): Promise<void> {
  for (const cookie of cookies) {
    const visitor = createVisitor(app.sessions, cookie);
    await visitor.request((session) => assert.equal(session["here"], true));
    await visitor.request((session) => session.logout());
    await createVisitor(app.sessions, cookie).request((session) => assert.equal(session.isNew, true));
  }
}

/** Cookies of sessions, each with a value; some have an owner. */
export async function makeSessions(app: App, count: number): Promise<(string | undefined)[]> {
  const cookies: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) {
    const visitor = createVisitor(app.sessions);
    await visitor.request(async (session) => {
      session.update({ here: true });
      if (i % 2 === 0) await session.login(`owner${i}`);
    });
    cookies.push(visitor.cookie);
  }
  return cookies;
}

export async function assertRefused(app: App): Promise<void> {
  const visitor = createVisitor(app.sessions);
  await assert.rejects(
    visitor.request((session) => session.update({ noise: new Uint8Array(100_000) })),
    StoreUnavailableError,
  );
}
