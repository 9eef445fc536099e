// The connection to a server is spoiled under load, and then is well again.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import type { AnyData } from "../manager.ts";
import { type Fault, type Proxy, startProxy } from "../proxy.ts";
import type { Visitor } from "../visitor.ts";
import { type App, createApp, type OpenedStore } from "./managers.ts";
import { isFull, median, report, rounded } from "./report.ts";
import { startTraffic } from "./traffic.ts";
import { assertEndsAreHeard, assertKept, beginToHear } from "./verdict.ts";

/** The deadline of a call of the store, in ms. */
const STORE_TIMEOUT = isFull ? 2_000 : 400;
const VISITORS = 16;
const LOAD = isFull ? 1_000 : 300;
/** How long the fault goes on after the store has been given up. */
const OUTAGE = isFull ? 5_000 : 1_200;
const SAMPLES = 200;
/** How often the store of an app that is out is asked whether it is back, in ms. */
const TRIAL_INTERVAL = 1_000;

export interface NetworkGround {
  readonly server: string;
  readonly port: number;
  open(port: number): Promise<OpenedStore>;
}

interface Way {
  readonly title: string;
  readonly fault: Fault;
}

/** Faults in which nothing is answered in time. */
export const outages: readonly Way[] = [
  { title: "reset, then refused", fault: "cut" },
  { title: "stalled", fault: "stall" },
  { title: "half-closed", fault: "halfClose" },
  { title: "slower than the deadline", fault: STORE_TIMEOUT * 1.5 },
];

/** What visitors meet while nothing is answered: at first the deadline, then a refusal in microseconds. */
export async function sufferOutage(t: TestContext, ground: NetworkGround, { title, fault }: Way): Promise<void> {
  const { proxy, app, other } = await prepare(t, ground);
  const traffic = startTraffic({ sessions: app.sessions, visitors: VISITORS, actions: "all" });
  await traffic.served(3);
  await sleep(LOAD);

  const givenUp = app.event("unavailable");
  await proxy.set(fault);
  await givenUp;
  const cost = await costOfRefusals(app, traffic.guests[0]?.browser);
  await sleep(OUTAGE);
  assert.deepEqual(traffic.counts.unexpected, []);
  await proxy.set("pass");
  const backAt = performance.now();
  await traffic.served();
  const recovery = performance.now() - backAt;
  await assertEndsAreHeard(app, other);
  await traffic.stop();
  await traffic.verify();

  const { counts, losses } = traffic;
  report(t, "network", {
    server: ground.server,
    client: app.client,
    connection: title,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    lost: losses.writes + losses.sessions + losses.returned,
    "longest request, ms": rounded(counts.longest),
    "refused in, us": rounded(cost),
    "all served again after, ms": rounded(recovery),
  });
  assertKept(traffic, { storeTimeout: STORE_TIMEOUT });
}

/** Slow, but in time: every request is served, and nothing counts as an outage. */
export async function sufferLatency(t: TestContext, ground: NetworkGround): Promise<void> {
  const latency = STORE_TIMEOUT / 20;
  const { proxy, app } = await prepare(t, ground);
  const traffic = startTraffic({ sessions: app.sessions, visitors: VISITORS, actions: "all" });
  await traffic.served(3);
  await proxy.set(latency);
  await traffic.served(isFull ? 30 : 6);
  await traffic.stop();
  await traffic.verify();
  const { counts, losses } = traffic;
  report(t, "network", {
    server: ground.server,
    client: app.client,
    connection: `${latency} ms slower each way`,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    lost: losses.writes + losses.sessions + losses.returned,
    "longest request, ms": rounded(counts.longest),
    "refused in, us": "–",
    "all served again after, ms": "–",
  });
  assert.equal(counts.refused, 0);
  assertKept(traffic, { storeTimeout: STORE_TIMEOUT });
}

interface Prepared {
  readonly proxy: Proxy;
  readonly app: App;
  /** Goes straight to the server. */
  readonly other: App;
}

async function prepare(t: TestContext, { port, open }: NetworkGround): Promise<Prepared> {
  const proxy = await startProxy(port);
  t.after(() => proxy.close());
  const app = createApp(t, await open(proxy.port), STORE_TIMEOUT);
  const other = createApp(t, await open(port), STORE_TIMEOUT);
  await beginToHear(app);
  return { proxy, app, other };
}

/**
 * The median time of a request whose store is known to be out, in microseconds. That they ask nobody is counted: no
 * more calls reach the store than one a second.
 */
async function costOfRefusals(app: App, browser: Visitor<AnyData> | undefined): Promise<number> {
  const startedAt = performance.now();
  const before = callsOf(app);
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const requestedAt = performance.now();
    await assert.rejects(
      async () => browser?.request(() => assert.fail("there is no session to hand over")),
      isRefusal,
    );
    times.push(performance.now() - requestedAt);
  }
  const seconds = (performance.now() - startedAt) / TRIAL_INTERVAL;
  assert.ok(callsOf(app) - before <= seconds + 1, "a store that is out is asked once a second");
  return median(times) * 1_000;
}

function callsOf({ calls }: App): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

function isRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailableError;
}
