// What holds whatever happens to a store, and what its settings promise.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import { createVisitor } from "../visitor.ts";
import type { App } from "./managers.ts";
import type { Traffic } from "./traffic.ts";

/** A request loads and then writes: two calls of the store, each with its deadline. */
const CALLS = 2;
/** What a busy machine may add to a request, in ms. */
const MARGIN = 60_000;
/** How long it may take until what is no part of the fault goes well again, in ms. */
const PATIENCE = 10 * 60_000;

export interface Promised {
  /** The deadline of a call of the store, in ms. */
  readonly storeTimeout: number;
  /** Whether the server's settings promise that what it acknowledged is kept. Default `true`. */
  readonly kept?: boolean;
}

/** To be asked when the traffic was verified. */
export function assertKept({ counts, losses }: Traffic, { storeTimeout, kept = true }: Promised): void {
  assert.deepEqual(counts.unexpected, [], "a request is answered well or with 503");
  const limit = CALLS * storeTimeout + MARGIN;
  assert.ok(counts.longest <= limit, `the longest request took ${counts.longest} ms, and ${limit} ms are allowed`);
  assert.equal(losses.foreign, 0, "nobody ever sees what another visitor, or nobody, has written");
  const { writes, sessions, returned } = losses;
  if (kept) assert.deepEqual({ writes, sessions, returned }, { writes: 0, sessions: 0, returned: 0 }, "what was lost");
}

/** The ends of sessions that one app tells are heard by the other: soon after an outage, and without a restart. */
export async function assertEndsAreHeard(listening: App, telling: App): Promise<void> {
  for (const limit = performance.now() + PATIENCE; ; ) {
    const { key, signal } = await patiently(() => watchNewSession(listening));
    await patiently(() => telling.sessions.revoke(key));
    for (let i = 0; i < 50 && !signal.aborted; i++) await sleep(20);
    if (signal.aborted) return;
    assert.ok(performance.now() < limit, `the end of a session is heard within ${PATIENCE} ms`);
  }
}

/** Begins to listen; what is watched here is never ended. */
export async function beginToHear(app: App): Promise<void> {
  const { signal } = await patiently(() => watchNewSession(app));
  assert.equal(signal.aborted, false);
}

async function watchNewSession({ sessions }: App): Promise<{ key: string; signal: AbortSignal }> {
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ watched: true }));
  return visitor.request(({ key, signal }) => ({ key, signal }));
}

/** Does again what is no part of the test, as a busy machine may miss a short deadline. */
export async function patiently<Result>(work: () => Promise<Result>): Promise<Result> {
  for (const limit = performance.now() + PATIENCE; ; await sleep(100)) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || performance.now() > limit) throw error;
    }
  }
}
