// A manager on a memory store with a clock of its own, for tests of the core.
import type { SessionEvent } from "../../src/core/events.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { SessionOptions } from "../../src/core/options.ts";
import type { SessionStore } from "../../src/core/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { countCalls, type StoreCalls } from "./counting-store.ts";

/** Data of tests: any key. */
export type AnyData = { [key: string]: unknown };

export const SECRET = "hq2L0bUe7y9wTz4vNn3rKx8cPd5fGj6m";

export interface TestManager {
  readonly sessions: SessionManager<AnyData>;
  readonly store: SessionStore;
  readonly calls: StoreCalls;
  readonly clock: FakeClock;
  readonly events: SessionEvent[];
}

export function createTestManager(options: Partial<SessionOptions<AnyData>> = {}): TestManager {
  const clock = fakeClock();
  const events: SessionEvent[] = [];
  const { store, calls } = countCalls(options.store ?? memoryStore({ clock }));
  const sessions = createManager<AnyData>(
    { secret: SECRET, clock, onEvent: (event) => events.push(event), ...options, store },
    () => store,
  );
  return { sessions, store, calls, clock, events };
}
