// What happened in the last hour or day, in buckets of equal length: bounded, without a timer, whatever happens.
// It knows no session and no store.
import { createHistogram, type RecordableHistogram } from "node:perf_hooks";

const COUNTS = [
  "logins",
  "revoked",
  "loggedOut",
  "malformed",
  "signature",
  "unknown",
  "reads",
  "writes",
  "touches",
  "failures",
] as const;
export type CountName = (typeof COUNTS)[number];

/** How long calls of the store took, in ms. */
export interface Latency {
  readonly median: number;
  readonly p95: number;
  readonly longest: number;
}

/** What happened in one stretch of time. */
export interface Bucket {
  /** Its beginning, in ms since 1970. */
  readonly start: number;
  readonly counts: Readonly<Record<CountName, number>>;
  /** How many sessions were live when they were counted last; `undefined` where nobody counted. */
  readonly active: number | undefined;
  /** `undefined` where the store was not called. */
  readonly latency: Latency | undefined;
  /** `false` for a time before the recording began: its zeros say nothing. */
  readonly isRecorded: boolean;
}

interface OpenBucket extends Bucket {
  readonly counts: Record<CountName, number>;
  active: number | undefined;
  latency: Latency | undefined;
}

export interface TimeBuckets {
  /** The length of one, in ms. */
  readonly interval: number;
  add(name: CountName, count: number): void;
  noteActive(sessions: number): void;
  /** @param duration In ms. */
  noteCall(duration: number): void;
  /** As many as are kept, the oldest first, without a gap. */
  read(): readonly Bucket[];
}

/** What a histogram counts in; in a day's worth nobody looks at more digits. */
const MICROSECONDS = { lowest: 1, highest: 60_000_000, figures: 2 };

/**
 * @param interval The length of one bucket, in ms.
 * @param length How many are kept.
 */
export function createTimeBuckets(interval: number, length: number, clock: () => number): TimeBuckets {
  const kept: OpenBucket[] = [];
  const histogram = createHistogram(MICROSECONDS);
  const firstStart = startOf(clock());

  function startOf(time: number): number {
    return Math.floor(time / interval) * interval;
  }

  /** The bucket of this moment; a new one closes the one before. */
  function current(): OpenBucket {
    const start = startOf(clock());
    const last = kept.at(-1);
    // A clock that went back goes on in the last one.
    if (last !== undefined && last.start >= start) return last;
    if (last !== undefined) last.latency = latencyOf(histogram);
    histogram.reset();
    const bucket = emptyBucket(start, true);
    kept.push(bucket);
    while (kept[0] !== undefined && kept[0].start <= start - length * interval) kept.shift();
    return bucket;
  }

  return {
    interval,

    add(name, count) {
      current().counts[name] += count;
    },

    noteActive(sessions) {
      current().active = sessions;
    },

    noteCall(duration) {
      current();
      histogram.record(Math.min(MICROSECONDS.highest, Math.max(1, Math.round(duration * 1000))));
    },

    read() {
      const last = current();
      last.latency = latencyOf(histogram);
      const known = new Map(kept.map((bucket) => [bucket.start, bucket]));
      const start = last.start - (length - 1) * interval;
      return Array.from({ length }, (_, i) => start + i * interval).map(
        (at) => known.get(at) ?? emptyBucket(at, at >= firstStart),
      );
    },
  };
}

function emptyBucket(start: number, isRecorded: boolean): OpenBucket {
  const counts = Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<CountName, number>;
  return { start, counts, active: undefined, latency: undefined, isRecorded };
}

function latencyOf(histogram: RecordableHistogram): Latency | undefined {
  if (histogram.count === 0) return undefined;
  return {
    median: histogram.percentile(50) / 1000,
    p95: histogram.percentile(95) / 1000,
    longest: histogram.max / 1000,
  };
}

/** Several buckets as one, for a table that has fewer rows than a chart has points. */
export function sumBuckets(buckets: readonly [Bucket, ...Bucket[]]): Bucket {
  const counts = Object.fromEntries(
    COUNTS.map((name) => [name, buckets.reduce((sum, bucket) => sum + bucket.counts[name], 0)]),
  ) as Record<CountName, number>;
  const latencies = buckets.flatMap(({ latency }) => latency ?? []);
  const worst = (part: keyof Latency): number => Math.max(...latencies.map((latency) => latency[part]));
  return {
    start: buckets[0].start,
    isRecorded: buckets.some(({ isRecorded }) => isRecorded),
    counts,
    active: buckets.findLast(({ active }) => active !== undefined)?.active,
    latency:
      latencies.length === 0 ? undefined : { median: worst("median"), p95: worst("p95"), longest: worst("longest") },
  };
}
