// Whether two kinds of work take the same time: a statistical test of two samples, as dudect does it (Reparaz, Balasch
// and Verbauwhede, "Dude, is my code constant time?", 2017). It knows nothing of the work.

/** Work to be timed. */
export interface Kind {
  /** Makes the input of one call: no two are alike, and both kinds are made in the same way, at the same cost. */
  readonly prepare: () => string;
  readonly work: (input: string) => unknown;
}

/** Above this, dudect calls a leak certain; between 4.5 and 10 it may be one. */
export const CERTAIN = 10;
/** Inputs are made in lots of so many, so that they don't fill the memory. */
const LOT = 4_000;
/** Of each sample the slowest are left out, where the system and not the work took the time: so many are kept. */
const KEPT = [0.5, 0.8, 0.95];

/**
 * Welch's t of the times of two kinds of work, each call of a kind that chance chooses: the greatest in size over several
 * shares of the fastest calls. A leak makes it grow with the root of the number of calls; equal times keep it small.
 *
 * @param calls How many calls of both kinds together.
 */
export function compareTimes(a: Kind, b: Kind, calls: number): number {
  const times: [number[], number[]] = [[], []];
  for (let done = 0; done < calls; done += LOT) measureLot([a, b], times);
  return greatestT(Float64Array.from(times[0]), Float64Array.from(times[1]));
}

/** All inputs are made before the first call, so that making one does not disturb the next call's caches. */
function measureLot(kinds: readonly [Kind, Kind], times: readonly [number[], number[]]): void {
  const lot = Array.from({ length: LOT }, () => {
    const which = Math.random() < 0.5 ? 0 : 1;
    return [which, kinds[which].prepare()] as const;
  });
  for (const [which, input] of lot) times[which].push(time(kinds[which].work, input));
}

function time(work: (input: string) => unknown, input: string): number {
  const started = process.hrtime.bigint();
  work(input);
  return Number(process.hrtime.bigint() - started);
}

/** The same limit for both samples, so that none is favoured. */
function greatestT(a: Float64Array, b: Float64Array): number {
  const all = merged(a, b).sort();
  let greatest = 0;
  for (const share of KEPT) {
    const limit = all[Math.floor(share * (all.length - 1))] ?? 0;
    const t = welch(
      a.filter((each) => each <= limit),
      b.filter((each) => each <= limit),
    );
    if (Math.abs(t) > Math.abs(greatest)) greatest = t;
  }
  return greatest;
}

function merged(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

/** Welch's t: how far apart two means are, in standard errors. */
function welch(a: Float64Array, b: Float64Array): number {
  const [first, second] = [momentsOf(a), momentsOf(b)];
  const error = Math.sqrt(first.variance / a.length + second.variance / b.length);
  return error === 0 ? 0 : (first.mean - second.mean) / error;
}

function momentsOf(sample: Float64Array): { mean: number; variance: number } {
  const mean = sample.reduce((sum, each) => sum + each, 0) / sample.length;
  const squares = sample.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, variance: squares / Math.max(1, sample.length - 1) };
}
