// Timers and the monotonic clock as they are when this module is loaded, so that a test that fakes timers later does not
// stop a store that waits for its disk.
import timers from "node:timers";

export const setImmediate: typeof timers.setImmediate = timers.setImmediate;
export const setTimeout: typeof timers.setTimeout = timers.setTimeout;
export const clearTimeout: typeof timers.clearTimeout = timers.clearTimeout;
export const setInterval: typeof timers.setInterval = timers.setInterval;
export const clearInterval: typeof timers.clearInterval = timers.clearInterval;

const { performance } = globalThis;
const readClock = performance.now;

/** Milliseconds of the monotonic clock. */
export function monotonicNow(): number {
  return readClock.call(performance);
}
