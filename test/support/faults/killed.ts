// A server is killed (kill -9) under load and started again, several times.
import type { TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServerProcess } from "../servers/server-process.ts";
import type { App } from "./managers.ts";
import { isFull, report, rounded } from "./report.ts";
import { startTraffic, type Traffic } from "./traffic.ts";
import { assertEndsAreHeard, assertKept, beginToHear, type Promised } from "./verdict.ts";

const ROUNDS = isFull ? 10 : 2;
const VISITORS = 24;
const LOAD = isFull ? 1_500 : 400;
const DOWN = 300;

interface Ground extends Promised {
  /** What was killed, and by which settings it keeps what it acknowledged. */
  readonly title: string;
  readonly server: Pick<ServerProcess, "kill9"> & { restart(): Promise<void> };
  readonly app: App;
  /** Another process's view of the same store. */
  readonly other: App;
}

export async function killUnderLoad(
  t: TestContext,
  { title, server, app, other, ...promised }: Ground,
): Promise<Traffic> {
  await beginToHear(app);
  const traffic = startTraffic(t, { sessions: app.sessions, visitors: VISITORS, actions: "all" });
  const outages: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await traffic.served();
    // Not in step with the load, so that requests are under way in every state.
    await sleep(LOAD * (0.5 + Math.random()));
    outages.push(await killOnce(server, traffic.served));
  }
  await assertEndsAreHeard(app, other);
  await traffic.stop();
  await traffic.verify(other.sessions);

  const { counts, losses } = traffic;
  report(t, "killed", {
    server: title,
    client: app.client,
    kills: ROUNDS,
    acknowledged: counts.acknowledged,
    refused: counts.refused,
    "writes lost": losses.writes,
    "sessions lost": losses.sessions,
    "came back": losses.returned,
    "all served again after, ms": rounded(Math.max(...outages)),
    "longest request, ms": rounded(counts.longest),
  });
  assertKept(traffic, promised);
  return traffic;
}

/** Answers how long it took from the server's return until everybody was served, in ms. */
async function killOnce(server: Ground["server"], served: () => Promise<void>): Promise<number> {
  await server.kill9();
  await sleep(DOWN);
  await server.restart();
  const backAt = performance.now();
  await served();
  return performance.now() - backAt;
}
