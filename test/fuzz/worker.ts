// One worker of `npm run fuzz`: takes units of work until there are no more. It tells where it is through shared memory,
// so that who watches knows the case in which it hangs.
import { parentPort, workerData } from "node:worker_threads";
import { FuzzFailure, runCases, type Subject } from "./target.ts";
import { targets } from "./targets.ts";

/** What the command shares with a worker. Numbers of cases are told in doubles: they may pass 2^32. */
export interface Shared {
  readonly seed: number;
  /** The number of the case at work, and how many were done since the worker began. */
  readonly place: Float64Array;
  /** Not 0: stop before the next case. */
  readonly stop: Int32Array;
}

/** Some cases of a target. */
export interface Unit {
  readonly target: string;
  readonly first: number;
  readonly count: number;
}

/** A case that failed, as it can be sent from one thread to another. */
export interface CaseFailure {
  readonly case: number;
  readonly message: string;
  readonly stack: string;
  /** As it is shown to people. */
  readonly input: string;
}

/** What came of a unit. */
export interface UnitResult {
  readonly unit: Unit;
  readonly failure?: CaseFailure;
}

const { seed, place, stop } = workerData as Shared;
const subjects = new Map<string, Promise<Subject<unknown>>>();

parentPort?.on("message", async (unit: Unit | "end") => {
  if (unit === "end") {
    for (const subject of subjects.values()) await (await subject).close?.();
    parentPort?.close();
    return;
  }
  parentPort?.postMessage(await work(unit));
});

async function work(unit: Unit): Promise<UnitResult> {
  const target = targets.find(({ name }) => name === unit.target);
  if (!target) throw new Error(`There is no target ${unit.target}`);
  const subject = subjects.get(target.name) ?? Promise.resolve(target.prepare());
  subjects.set(target.name, subject);
  try {
    const onCase = (number: number): boolean => {
      place[0] = number;
      place[1] = (place[1] ?? 0) + 1;
      return stop[0] === 0;
    };
    await runCases(target, await subject, { seed, first: unit.first, count: unit.count, onCase });
    return { unit };
  } catch (error) {
    if (!(error instanceof FuzzFailure)) throw error;
    const { message, input, origin, cause } = error;
    const stack = cause instanceof Error ? (cause.stack ?? "") : "";
    return { unit, failure: { case: origin.case, message, stack, input } };
  }
}
