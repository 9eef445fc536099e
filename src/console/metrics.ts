// Records what this process's sessions and store do, for the console's charts: counts, a latency, the last errors.
// It keeps no key, no owner and no message of an error, has no timer, and its memory is bounded.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { SessionEvent } from "../core/events.ts";
import { nameInProcessOf } from "../core/in-process.ts";
import type { SessionCount } from "../core/record/store.ts";
import type { StoreCall } from "../core/record/store-calls.ts";
import { processWide } from "../core/util/process-wide.ts";
import { type Bucket, type CountName, createTimeBuckets } from "./time-buckets.ts";
import type { Sessions } from "./visitor.ts";

const MINUTE = 60_000;
/** The last hour by half minutes, the last day by ten minutes. */
const RANGES: Readonly<Record<Range, { readonly interval: number; readonly length: number }>> = {
  hour: { interval: MINUTE / 2, length: 120 },
  day: { interval: 10 * MINUTE, length: 144 },
};
export type Range = "hour" | "day";

/** How often live sessions are counted at most because something happens, in ms; each point of a chart has a number then. */
const COUNT_INTERVAL = MINUTE / 2;
/** And how often at most because somebody looks. */
const LOOK_INTERVAL = 1_000;
/** How many errors are kept. */
const MAX_ERRORS = 10;

/** An error without its message, in which another library may have written anything. */
export interface NotedError {
  readonly at: Date;
  /** What failed: `"load"`. */
  readonly operation: string;
  /** Its `code`, or its class. */
  readonly name: string;
}

export interface Health {
  /** Whether the store answered when it was asked last. */
  readonly isAvailable: boolean;
  /** Since when it is so, as far as this process knows. */
  readonly since: Date;
  /** The last errors, the newest first. */
  readonly errors: readonly NotedError[];
  /** How many expired records were dropped since the beginning. */
  readonly swept: number;
  /** How many requests' changes came too late since the beginning. */
  readonly gone: number;
}

export interface Recorder {
  /** Since when it records. */
  readonly startedAt: Date;
  read(range: Range): readonly Bucket[];
  health(): Health;
  /** How many sessions are live, counted at most once a second; `undefined` where the store can't tell. */
  countActive(): Promise<SessionCount | undefined>;
  /** Ends the recording. What was recorded stays readable. */
  close(): void;
}

/** Store calls that requests wait for, and what they count as. */
const CALLS: Readonly<Record<string, CountName>> = {
  load: "reads",
  create: "writes",
  commit: "writes",
  touch: "touches",
  replace: "writes",
  destroy: "writes",
};

/** The channel of `src/core/record/store-calls.ts`. */
const STORE_CALLS = "coatcheck.store.end";

interface SharedRecorder {
  readonly recorder: Recorder;
  users: number;
}

/** By the name of the managers. A bundle that is loaded late finds what was recorded before. */
const shared = processWide("console.recorders", () => new Map<string, SharedRecorder>());

/** Returns a recorder; where other managers of this process have the same sessions, the one that they have already. */
export function recorderOf(sessions: Sessions): Recorder {
  const name = nameInProcessOf(sessions);
  if (name === undefined) return createRecorder(sessions);
  const known = shared.get(name) ?? { recorder: createRecorder(sessions), users: 0 };
  shared.set(name, known);
  known.users++;
  let isOpen = true;
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    if (--known.users > 0) return;
    shared.delete(name);
    known.recorder.close();
  };
  return { ...known.recorder, close };
}

export function createRecorder(sessions: Sessions, clock: () => number = () => Date.now()): Recorder {
  const startedAt = new Date(clock());
  const ranges = { hour: bucketsOf("hour", clock), day: bucketsOf("day", clock) };
  const all = [ranges.hour, ranges.day];
  const health = { isAvailable: true, since: startedAt, errors: [] as NotedError[], swept: 0, gone: 0 };
  let counted: SessionCount | undefined;
  let countedAt = Number.NEGATIVE_INFINITY;
  let counting: Promise<SessionCount | undefined> | undefined;

  const add = (name: CountName, count = 1): void => {
    for (const buckets of all) buckets.add(name, count);
  };

  function noteError(operation: string, error: unknown): void {
    health.errors = [{ at: new Date(clock()), operation, name: nameOf(error) }, ...health.errors].slice(0, MAX_ERRORS);
  }

  function hear(event: SessionEvent): void {
    if (event.type === "login") add("logins");
    else if (event.type === "revoked") add("revoked", event.count);
    else if (event.type === "destroyed") add("loggedOut");
    else if (event.type === "refused") add(event.reason);
    else if (event.type === "swept") health.swept += event.count;
    else if (event.type === "gone") health.gone += 1;
    else if (event.type === "error") noteError(event.operation, event.error);
    else if (event.type === "unavailable" || event.type === "recovered") {
      health.isAvailable = event.type === "recovered";
      health.since = new Date(clock());
    }
    void countAfter(COUNT_INTERVAL);
  }

  function hearCall(message: unknown): void {
    const { store, operation, duration, error } = message as StoreCall;
    const name = store === sessions.storeName && Object.hasOwn(CALLS, operation) ? CALLS[operation] : undefined;
    if (name === undefined || duration === undefined) return;
    add(name);
    if (error !== undefined) add("failures");
    for (const buckets of all) buckets.noteCall(duration);
  }

  function countAfter(interval: number): Promise<SessionCount | undefined> {
    if (clock() - countedAt < interval) return counting ?? Promise.resolve(counted);
    countedAt = clock();
    counting = count().finally(() => {
      counting = undefined;
    });
    return counting;
  }

  async function count(): Promise<SessionCount | undefined> {
    try {
      counted = await sessions.count();
      for (const buckets of all) buckets.noteActive(counted.sessions);
    } catch {
      // A store that can't count, or is out at the moment: then there is no number.
      counted = undefined;
    }
    return counted;
  }

  const stopHearing = sessions.onEvent(hear);
  subscribe(STORE_CALLS, hearCall);
  return {
    startedAt,
    read: (range) => ranges[range].read(),
    health: () => ({ ...health }),
    countActive: () => countAfter(LOOK_INTERVAL),
    close() {
      stopHearing();
      unsubscribe(STORE_CALLS, hearCall);
    },
  };
}

function bucketsOf(range: Range, clock: () => number): ReturnType<typeof createTimeBuckets> {
  return createTimeBuckets(RANGES[range].interval, RANGES[range].length, clock);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : error.name;
}
