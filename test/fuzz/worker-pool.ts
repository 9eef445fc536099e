// One worker of a long run, and what hands it its work: another takes its place when it hangs or dies. It knows no target.
import { Worker } from "node:worker_threads";
import type { CaseFailure, Shared, Unit, UnitResult } from "./worker.ts";

/** A worker that is at one case for so long, in ms, hangs. */
const HANGS_AFTER = 10 * 60_000;

/** What a pool is given. */
interface Orders {
  readonly seed: number;
  /** The next unit; `undefined` when there are no more. */
  next(): Unit | undefined;
  ended(unit: Unit, cases: number): void;
  failed(unit: Unit, failure: CaseFailure): void;
}

export interface WorkerPool {
  /** How many cases were begun. */
  readonly begun: number;
  /** No case begins any more. */
  stop(): void;
  /** Ends a worker that hangs; to be called now and then. */
  watch(): void;
  readonly finished: Promise<void>;
}

export function createWorkerPool(orders: Orders): WorkerPool {
  const place = new Float64Array(new SharedArrayBuffer(16));
  const stop = new Int32Array(new SharedArrayBuffer(4));
  let seen = { begun: -1, at: performance.now() };
  let unit: Unit | undefined;
  let worker: Worker;
  let finish: () => void;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });

  function hire(): void {
    const hired = new Worker(new URL("./worker.ts", import.meta.url), {
      workerData: { seed: orders.seed, place, stop } satisfies Shared,
    });
    hired.on("message", ({ unit: ended, failure }: UnitResult) => {
      orders.ended(ended, failure ? failure.case - ended.first + 1 : ended.count);
      if (failure) orders.failed(ended, failure);
      giveNext(hired);
    });
    hired.on("error", (error) => replace(`${error}`, error.stack));
    hired.on("exit", () => {
      if (hired === worker) finish();
    });
    worker = hired;
    giveNext(hired);
  }

  function giveNext(to: Worker): void {
    unit = stop[0] === 0 ? orders.next() : undefined;
    seen = { begun: -1, at: performance.now() };
    to.postMessage(unit ?? "end");
  }

  function replace(problem: string, stack = ""): void {
    const [lost, dying] = [unit, worker];
    const at = place[0] ?? 0;
    hire();
    void dying.terminate();
    if (lost) orders.failed(lost, { case: at, message: `${lost.target}: ${problem}`, stack, input: "" });
  }

  function watch(): void {
    const begun = place[1] ?? 0;
    if (begun !== seen.begun || unit === undefined) seen = { begun, at: performance.now() };
    else if (performance.now() - seen.at > HANGS_AFTER) replace(`no end after ${HANGS_AFTER / 1000} s`);
  }

  hire();
  return {
    get begun() {
      return place[1] ?? 0;
    },
    stop: () => {
      stop[0] = 1;
    },
    watch,
    finished,
  };
}
