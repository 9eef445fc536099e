// New IDs whose answer was lost: the request failed, but the store may have carried the login or regenerate out, now or
// later. Nobody has the new cookie, so the session is ended as soon as it shows.
import { setTimeout as delay } from "node:timers/promises";
import { StoreUnavailableError } from "../errors.ts";
import { endMoved } from "./moves.ts";
import type { SessionStore } from "./store.ts";

/** The first pause before the store is asked again, in ms; each one is twice as long as the one before. */
const FIRST_PAUSE = 250;
/** Together about four minutes. */
const TRIES = 10;

/** Ends the session in the background if the store may have acted. */
export function endOrphan(store: SessionStore, key: string, failure: unknown): void {
  whenItShows(failure, async () => (await endMoved(store, key)) !== undefined);
}

/** Tries to repair what a lost answer may have left, until `repair` returns `true` or some minutes have passed. */
export function whenItShows(failure: unknown, repair: () => Promise<boolean>): void {
  if (failure instanceof StoreUnavailableError) void tryAgain(repair);
}

async function tryAgain(repair: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    await delay(FIRST_PAUSE * 2 ** tries, undefined, { ref: false });
    try {
      if (await repair()) return;
    } catch {
      // The store is still out. Each call of it is an event of its own.
    }
  }
}
