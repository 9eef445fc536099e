// The embedded store drops 10,000 expired sessions among 1,000,000: what it takes, and how long others wait meanwhile.
//   npm run node -- bench/sqlite-sweep.ts [--live 1000000] [--expired 10000]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { parseArgs } from "node:util";
import { sqliteStore } from "coatcheck/sqlite";
import type { SessionRecord, SessionStore } from "../src/core/record/store.ts";
import { generateId, keyOfId } from "../src/core/request/session-id.ts";

const BATCH = 5_000;
const { values } = parseArgs({
  options: { live: { type: "string", default: "1000000" }, expired: { type: "string", default: "10000" } },
});

const folder = mkdtempSync(join(tmpdir(), "coatcheck-sweep-"));
const store = sqliteStore({ path: join(folder, "sessions"), timeout: 60_000 });
try {
  const now = Date.now();
  await fill(store, Number(values.live), now + 86_400_000);
  const alone = await whileOthersWait(async () => turnsFor(1_000));
  await fill(store, Number(values.expired), now + 1);
  const swept = await whileOthersWait(() => sweepAll(store));
  console.log(`live ${values.live}, expired ${values.expired}, dropped ${swept.result}`);
  console.log(
    `sweep: ${swept.took.toFixed(0)} ms, ${((1000 * swept.took) / Number(values.expired)).toFixed(1)} us a session`,
  );
  console.log(
    `longest wait of the event loop: ${swept.longest.toFixed(1)} ms; without a sweep ${alone.longest.toFixed(1)} ms`,
  );
} finally {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
}

async function fill(into: SessionStore, count: number, expiresAt: number): Promise<void> {
  const fields = new Map([["note", JSON.stringify("x".repeat(300))]]);
  for (let done = 0; done < count; done += BATCH) {
    const record: SessionRecord = { fields, createdAt: Date.now(), expiresAt, owner: undefined, version: 1 };
    const size = Math.min(BATCH, count - done);
    await Promise.all(Array.from({ length: size }, () => into.create(keyOfId(generateId()), record)));
    if (done % 100_000 === 0) process.stderr.write(`\r${done} of ${count}   `);
  }
  process.stderr.write("\r");
}

/** As the manager does it: batch after batch, and requests in between. */
async function sweepAll(of: SessionStore): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await of.sweep(Date.now(), 500);
    total += count;
    if (count < 500) return total;
    await turn();
  }
}

async function turnsFor(ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) await turn();
}

interface Waited<Result> {
  readonly result: Result;
  readonly took: number;
  /** The longest delay of the event loop, in ms. */
  readonly longest: number;
}

async function whileOthersWait<Result>(work: () => Promise<Result>): Promise<Waited<Result>> {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const startedAt = performance.now();
  const result = await work();
  const took = performance.now() - startedAt;
  delays.disable();
  return { result, took, longest: delays.max / 1e6 };
}
