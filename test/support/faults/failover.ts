// The server that has a visitor's session is killed under load, and another one takes over.
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { RedisServer } from "../servers/redis.ts";
import { type App, createApp, type OpenedStore, PATIENT } from "./managers.ts";
import { isFull, report, rounded } from "./report.ts";
import { type Guest, startTraffic, type Traffic } from "./traffic.ts";
import { assertEndsAreHeard, assertKept, beginToHear, patiently } from "./verdict.ts";

const STORE_TIMEOUT: number = isFull ? 2_000 : 1_000;
const VISITORS = 40;

interface Failover {
  readonly title: string;
  readonly openers: readonly (() => Promise<OpenedStore>)[];
  /** Which server is to be killed. */
  victim(): Promise<RedisServer>;
  /** Until all servers are well, with the killed one as a replica. */
  untilWhole(): Promise<void>;
}

/** All clients at once, since each failover takes its time. */
export async function failOver(t: TestContext, { title, openers, victim, untilWhole }: Failover): Promise<void> {
  const parties = await Promise.all(openers.map((open) => join(t, open)));
  await Promise.all(parties.map(({ traffic }) => traffic.served(5)));

  const killed = await victim();
  const keys = String(await killed.command("KEYS", "*"));
  const hit = await Promise.all(parties.map(({ traffic }) => guestsOn(traffic, keys)));
  await killed.kill9();
  await Promise.all(parties.map(({ traffic }, i) => traffic.served(3, hit[i])));
  await killed.restart();
  await untilWhole();
  for (const [i, { app, other, traffic }] of parties.entries()) {
    await traffic.served();
    await assertEndsAreHeard(app, other);
    await traffic.stop();
    await traffic.verify(other.sessions);
    tell(t, { title, client: app.client, traffic, hit: hit[i] ?? [] });
    assertKept(traffic, { storeTimeout: STORE_TIMEOUT, kept: false });
  }
}

interface Party {
  readonly app: App;
  readonly other: App;
  readonly traffic: Traffic;
}

async function join(t: TestContext, open: () => Promise<OpenedStore>): Promise<Party> {
  const app = createApp(t, await open(), STORE_TIMEOUT);
  const other = createApp(t, await open(), PATIENT);
  await beginToHear(app);
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: VISITORS, actions: "writes" });
  return { app, other, traffic };
}

/** The visitors whose sessions the server has. They keep their sessions, and so their keys. */
async function guestsOn(traffic: Traffic, keys: string): Promise<Guest[]> {
  const there: Guest[] = [];
  for (const guest of traffic.guests) {
    if (keys.includes(await patiently(() => guest.browser.request(({ key }) => key)))) there.push(guest);
    // What came before is not part of the outage.
    guest.longestGap = 0;
  }
  assert.ok(there.length > 0, "the server that is to be killed has sessions");
  return there;
}

function tell(
  t: TestContext,
  { title, client, traffic, hit }: { title: string; client: string; traffic: Traffic; hit: readonly Guest[] },
): void {
  const { counts, losses, guests } = traffic;
  const others = guests.filter((guest) => !hit.includes(guest));
  report(t, "failover", {
    ground: title,
    client,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    lost: losses.writes + losses.sessions,
    "without service, ms": rounded(gapOf(hit)),
    "refused on other servers": others.reduce((sum, { refused }) => sum + refused, 0),
    "without service on other servers, ms": others.length > 0 ? rounded(gapOf(others)) : "–",
    "longest request, ms": rounded(counts.longest),
  });
}

function gapOf(guests: readonly Guest[]): number {
  return Math.max(...guests.map(({ longestGap }) => longestGap));
}
