// The connection to a server is spoiled under load, and then is well again.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import type { AnyData } from "../manager.ts";
import { type Fault, type Proxy, startProxy } from "../proxy.ts";
import { createVisitor, type Visitor } from "../visitor.ts";
import { type App, createApp, type OpenedStore, PATIENT } from "./managers.ts";
import { isFull, median, report, rounded } from "./report.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import { assertEndsAreHeard, assertKept, beginToHear, patiently } from "./verdict.ts";

/** The deadline of a call of the store, in ms. */
const STORE_TIMEOUT = isFull ? 2_000 : 1_000;
const LATENCY = 20;
const VISITORS = 16;
const LOAD = isFull ? 1_000 : 300;
/** How long the fault goes on after the store has been given up. */
const OUTAGE = isFull ? 5_000 : 1_200;
const FEW = 4;
const HICCUPS = isFull ? 5 : 1;
const SAMPLES = 200;
/** How often the store of an app that is out is asked whether it is back, in ms. */
const TRIAL_INTERVAL = 1_000;

interface NetworkGround {
  readonly server: string;
  port(): number;
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
  const { proxy, app, other } = await prepare(t, ground, STORE_TIMEOUT);
  const visitor = createVisitor(app.sessions);
  await patiently(() => visitor.request((session) => session.update({ here: true })));
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: VISITORS, actions: "all" });
  await traffic.served(3);
  await sleep(LOAD);

  await proxy.set(fault);
  while (!app.isOut()) await sleep(1);
  const cost = await costOfRefusals(app, visitor);
  await sleep(OUTAGE);
  assert.deepEqual(traffic.counts.unexpected, []);
  await proxy.set("pass");
  const backAt = performance.now();
  await traffic.served();
  const recovery = performance.now() - backAt;
  await assertEndsAreHeard(app, other);
  await traffic.stop();
  await traffic.verify(other.sessions);

  tell(t, ground, { title, client: app.client, traffic, cost, recovery });
  assertKept(traffic, { storeTimeout: STORE_TIMEOUT });
}

/** Slow, but in time: every request is served, and nothing counts as an outage. */
export async function sufferLatency(t: TestContext, ground: NetworkGround): Promise<void> {
  const { proxy, app, other } = await prepare(t, ground, PATIENT);
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: VISITORS, actions: "all" });
  await traffic.served(3);
  await proxy.set(LATENCY);
  await traffic.served(isFull ? 30 : 6);
  await traffic.stop();
  await traffic.verify(other.sessions);
  tell(t, ground, { title: `${LATENCY} ms slower each way`, client: app.client, traffic });
  assert.equal(traffic.counts.refused, 0);
  assertKept(traffic, { storeTimeout: PATIENT });
}

/**
 * For a moment, what is said arrives after its deadline. A write that was given up so comes late, and may find that a
 * later one has been acknowledged; it is counted how often it wins.
 */
export async function sufferHiccups(t: TestContext, ground: NetworkGround): Promise<void> {
  const { proxy, app, other } = await prepare(t, ground, STORE_TIMEOUT);
  // Too few to count as an outage: they try again at once.
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: FEW, actions: "writes" });
  for (let hiccup = 0; hiccup < HICCUPS; hiccup++) {
    await traffic.served(10);
    await proxy.set(STORE_TIMEOUT * 1.5);
    await sleep(20);
    await proxy.set("pass");
    // Until the last late byte has come.
    await sleep(STORE_TIMEOUT * 2);
  }
  await traffic.served();
  await traffic.stop();
  await traffic.verify(other.sessions);
  tell(t, ground, { title: "for a moment slower than the deadline", client: app.client, traffic });
  assertKept(traffic, { storeTimeout: STORE_TIMEOUT });
}

interface Told {
  readonly title: string;
  readonly client: string;
  readonly traffic: Traffic;
  readonly cost?: number;
  readonly recovery?: number;
}

function tell(t: TestContext, { server }: NetworkGround, { title, client, traffic, cost, recovery }: Told): void {
  const { counts, losses } = traffic;
  report(t, "network", {
    server,
    client,
    connection: title,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    lost: losses.writes + losses.sessions + losses.returned,
    overtaken: losses.overtaken,
    "longest request, ms": rounded(counts.longest),
    "refused in, us": cost === undefined ? "–" : rounded(cost),
    "all served again after, ms": recovery === undefined ? "–" : rounded(recovery),
  });
}

interface Prepared {
  readonly proxy: Proxy;
  readonly app: App;
  /** Goes straight to the server. */
  readonly other: App;
}

async function prepare(t: TestContext, { port, open }: NetworkGround, storeTimeout: number): Promise<Prepared> {
  const proxy = await startProxy(port());
  t.after(() => proxy.close());
  const app = createApp(t, await open(proxy.port), storeTimeout);
  const other = createApp(t, await open(port()), PATIENT);
  await beginToHear(app);
  return { proxy, app, other };
}

/**
 * The median time of a request whose store is known to be out, in microseconds. That they ask nobody is counted: no
 * more calls reach the store than one a second.
 */
async function costOfRefusals(app: App, visitor: Visitor<AnyData>): Promise<number> {
  const startedAt = performance.now();
  const before = callsOf(app);
  const times: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const requestedAt = performance.now();
    await assert.rejects(
      visitor.request(() => assert.fail("there is no session to hand over")),
      isRefusal,
    );
    times.push(performance.now() - requestedAt);
  }
  const seconds = (performance.now() - startedAt) / TRIAL_INTERVAL;
  const calls = callsOf(app) - before;
  assert.ok(calls <= seconds + 1, `a store that is out is asked once a second, and not ${calls} times in ${seconds} s`);
  return median(times) * 1_000;
}

function callsOf({ calls }: App): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}

function isRefusal(error: unknown): boolean {
  return error instanceof StoreUnavailableError;
}
