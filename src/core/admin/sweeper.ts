// Drops expired records now and then. It has no timer: where no requests come, nothing grows either.
import { setImmediate as pause } from "node:timers/promises";
import type { SessionEventListener } from "../events.ts";
import type { Clock, SessionStore } from "../record/store.ts";

/** The time between two sweeps, in ms. */
const INTERVAL = 60_000;
/** How many records one call of the store drops; requests come in between. */
const BATCH = 500;

export interface Sweeper {
  /** Begins a sweep in the background when the last one is long enough ago. */
  sweepWhenDue(now: number): void;
  /** Drops all expired records, and tells how many they were. */
  sweep(): Promise<number>;
}

export function createSweeper(store: SessionStore, clock: Clock, emit: SessionEventListener): Sweeper {
  let nextAt = clock() + INTERVAL;

  async function sweep(): Promise<number> {
    let total = 0;
    for (;;) {
      const count = await store.sweep(clock(), BATCH);
      total += count;
      if (count < BATCH) break;
      await pause();
    }
    if (total > 0) emit({ type: "swept", count: total });
    return total;
  }

  return {
    sweepWhenDue(now) {
      if (now < nextAt) return;
      nextAt = now + INTERVAL;
      sweep().catch((error: unknown) => emit({ type: "error", operation: "sweep", error }));
    },
    sweep,
  };
}
