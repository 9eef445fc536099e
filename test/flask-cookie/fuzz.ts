// Sends forged cookies at a reader and judges it: what is not refused and must be, what throws, what changes a prototype,
// what stays in memory, and how long each takes.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { FlaskCookie } from "../../src/flask-cookie/index.ts";
import { createForger, type Forgery } from "./forgeries.ts";

interface FuzzOptions {
  readonly count: number;
  readonly seed: number;
  /** Reads one, as an app would. */
  readonly read: (cookie: string) => FlaskCookie;
  /** Called now and then with how many were read. */
  readonly onProgress?: (done: number) => void;
}

interface FuzzResult {
  /** What went wrong, in sentences, the first few. */
  readonly wrongs: readonly string[];
  readonly verdicts: Readonly<Record<string, number>>;
  /** How much larger the heap is after the second half than after the first, both after a full collection, in bytes. */
  readonly heapGrowth: number;
  /**
   * What each refusal took, in ms, the shortest first. Where that was long, it is the shortest of some readings: what a
   * collection of garbage or another program took meanwhile is not the cookie's.
   */
  readonly refusals: Float64Array;
  /** The longest that one took as it went, whatever came in between. In ms. */
  readonly longest: number;
  /** The costliest one. */
  readonly worst: { readonly kind: string; readonly bytes: number; readonly ms: number };
}

/** The most that the heap may grow by over half of the cookies: less than two bytes for each of half a million. */
export const MAX_HEAP_GROWTH = 1_000_000;

/** A refusal of so many ms is read again, and once more where it still seems to take more than one. */
const LONG = 0.2;
const MAX_READINGS = 100;
const WRONGS_SHOWN = 10;
/** In cookies. */
const PROGRESS_STEP = 1_000;

export function fuzzCookies({ count, seed, read, onProgress }: FuzzOptions): FuzzResult {
  const collect = garbageCollector();
  const forge = createForger(seed);
  const judge = createJudge(read, count);
  const prototypes = describePrototypes();
  let halfway = 0;
  for (let i = 0; i < count; i++) {
    judge.take(forge());
    if (i === count >> 1) halfway = collect();
    if (i % PROGRESS_STEP !== 0) continue;
    onProgress?.(i);
    if (describePrototypes() !== prototypes) judge.wrongs.push(`After ${i} cookies a prototype had changed.`);
  }
  if (describePrototypes() !== prototypes) judge.wrongs.push("In the end a prototype had changed.");
  const heapGrowth = collect() - halfway;
  if (heapGrowth > MAX_HEAP_GROWTH) judge.wrongs.push(`The heap grew by ${heapGrowth} bytes over the second half.`);
  return { ...judge.result(), heapGrowth };
}

function createJudge(read: FuzzOptions["read"], count: number) {
  const wrongs: string[] = [];
  const verdicts: Record<string, number> = {};
  // Outside of the heap, whose growth is measured.
  const times = new Float64Array(count);
  let refused = 0;
  let worst: { forgery: Forgery; ms: number } | undefined;
  let longest = 0;

  function note(forgery: Forgery, { verdict, data }: FlaskCookie, ms: number): void {
    verdicts[verdict] = (verdicts[verdict] ?? 0) + 1;
    if (verdict === "valid") {
      if (!forgery.mayBeValid) wrongs.push(`${forgery.kind} was read as valid.`);
      if (Object.getPrototypeOf(data) !== Object.prototype)
        wrongs.push(`${forgery.kind} gave data of another prototype.`);
      return;
    }
    longest = Math.max(longest, ms);
    const own = ms < LONG ? ms : costOf(forgery.cookie, ms);
    times[refused++] = own;
    if (!worst || own > worst.ms) worst = { forgery, ms: own };
  }

  /** The same again, to tell what this cookie costs from what came in between. */
  function costOf(cookie: string, first: number): number {
    let best = first;
    for (let i = 0; i < MAX_READINGS && (i < 5 || best > 1); i++) best = Math.min(best, timed(() => read(cookie)).ms);
    return best;
  }

  return {
    wrongs,
    take(forgery: Forgery): void {
      try {
        const { result, ms } = timed(() => read(forgery.cookie));
        note(forgery, result, ms);
      } catch (error) {
        wrongs.push(`${forgery.kind} made it throw: ${String(error)}`);
      }
    },
    result(): Omit<FuzzResult, "heapGrowth"> {
      const sum = Object.values(verdicts).reduce((total, one) => total + one, 0);
      if (sum !== count) wrongs.push(`${count - sum} cookies had no verdict.`);
      return {
        wrongs: wrongs.slice(0, WRONGS_SHOWN),
        verdicts,
        refusals: times.subarray(0, refused).sort(),
        longest,
        worst: { kind: worst?.forgery.kind ?? "", bytes: worst?.forgery.cookie.length ?? 0, ms: worst?.ms ?? 0 },
      };
    },
  };
}

/** By the clock: the processor's own account is too coarse for less than a millisecond. */
function timed<Result>(work: () => Result): { result: Result; ms: number } {
  const began = performance.now();
  const result = work();
  return { result, ms: performance.now() - began };
}

/** Collects all garbage, and tells the bytes that are in use then. */
function garbageCollector(): () => number {
  setFlagsFromString("--expose-gc");
  const gc: () => void = globalThis.gc ?? runInNewContext("gc");
  return () => {
    gc();
    gc();
    return process.memoryUsage().heapUsed;
  };
}

const WATCHED = { Object, Array, Map, String, Uint8Array, Date, Function };

/** Every own name of the prototypes that data could reach. */
function describePrototypes(): string {
  return Object.entries(WATCHED)
    .map(([name, { prototype }]) => `${name}: ${Reflect.ownKeys(prototype).map(String).join()}`)
    .join("\n");
}
