// What is fuzzed, and how its cases are run: each made from the seed and its number, so that one that fails can be made
// again. It knows no target.
import { inspect } from "node:util";
import { cpuTime } from "../fixtures/cpu-time.ts";
import { assertPlainPrototype, assertUnchanged, takeSnapshot } from "./intrinsics.ts";
import { type Random, seededRandom } from "./random.ts";

/** A part of the library that takes what others choose. */
export interface Target {
  readonly name: string;
  /** What is held true, for the documentation and for who meets a failure. */
  readonly about: string;
  /** How many of a million cases of a long run are its own. Slow ones get few. */
  readonly share: number;
  /** How many cases `npm test` runs: some seconds. */
  readonly cases: number;
  prepare(): Subject<unknown> | Promise<Subject<unknown>>;
}

/** A target made ready. Its cases do not depend on each other. */
export interface Subject<Input> {
  generate(random: Random): Input;
  /** The case that a text stands for, where a coverage-guided fuzzer writes the text. Default: by {@link generate}. */
  ofText?(text: string): Input;
  /** @throws when what must hold does not. */
  check(input: Input): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** A target and its subject, whose inputs nobody else has to know. */
export function defineTarget<Input>(
  target: Omit<Target, "prepare"> & { prepare(): Subject<Input> | Promise<Subject<Input>> },
): Target {
  return target as Target;
}

/** Where a case comes from. */
interface Origin {
  readonly target: string;
  readonly seed: number;
  /** The number of the case. */
  readonly case: number;
}

/** A case in which something did not hold. */
export class FuzzFailure extends Error {
  readonly origin: Origin;
  /** As it is shown to people. */
  readonly input: string;

  constructor(origin: Origin, input: unknown, cause: unknown) {
    const shown = show(input);
    const { target, seed, case: number } = origin;
    const reason = cause instanceof Error ? cause.message : String(cause);
    const repeat = `npm run fuzz -- ${target} --seed ${seed} --case ${number}`;
    super(`${target}: ${reason}\nInput: ${shown.slice(0, 4_000)}\nRepeat it: ${repeat}`, { cause });
    this.name = "FuzzFailure";
    this.origin = origin;
    this.input = shown;
  }
}

function show(input: unknown): string {
  return inspect(input, { depth: 12, maxStringLength: 20_000, maxArrayLength: 500, breakLength: 120 });
}

/** The input of a case, for people to see, where the case itself could not tell. */
export async function inputOf(target: Target, { seed, case: number }: Omit<Origin, "target">): Promise<string> {
  const subject = await target.prepare();
  try {
    return show(subject.generate(seededRandom(seed, number)));
  } finally {
    await subject.close?.();
  }
}

/** The longest that one case may take, in ms; the slowest sane ones take less than a tenth. */
const CASE_LIMIT = 10_000;
/** How many cases share one look at all intrinsics. */
const LOOK_EVERY = 1_000;

/** Some cases of one target. */
interface Run {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Told the number of each case before it runs. Answers `false` to stop. */
  readonly onCase?: ((number: number) => boolean) | undefined;
}

/** @throws FuzzFailure at the first case that fails. */
export async function runCases(target: Target, subject: Subject<unknown>, run: Run): Promise<void> {
  const { seed, first, count, onCase } = run;
  const before = takeSnapshot();
  for (let number = first; number < first + count; number++) {
    if (onCase?.(number) === false) break;
    const origin = { target: target.name, seed, case: number };
    let input: unknown = "none, it could not be made";
    try {
      input = subject.generate(seededRandom(seed, number));
      const started = cpuTime();
      const checked = subject.check(input);
      if (checked instanceof Promise) await checked;
      assertPlainPrototype();
      if ((number + 1) % LOOK_EVERY === 0 || number + 1 === first + count) assertUnchanged(before);
      const took = cpuTime() - started;
      if (took > CASE_LIMIT) throw new Error(`it took ${Math.round(took)} ms`);
    } catch (cause) {
      throw new FuzzFailure(origin, input, cause);
    }
  }
}

/** A seed that nobody chose. */
export function newSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
