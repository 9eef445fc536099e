// `npm run fuzz`: ten million cases over all targets of test/fuzz/, on all cores, and then whether work grows with the
// length of inputs alone. `--guided` hands the targets to a coverage-guided fuzzer instead. docs/fuzzing.md tells more.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { families, measureGrowth } from "../test/fuzz/growth.ts";
import { runGuided } from "../test/fuzz/guided/run.ts";
import { newSeed, runCases } from "../test/fuzz/target.ts";
import { targets } from "../test/fuzz/targets.ts";
import type { Shared, Unit, UnitResult } from "../test/fuzz/worker.ts";

const DEFAULT_CASES = 10_000_000;
const FAILURES = "fuzz-failures";
const REPORT_EVERY = 2_000;
/** A worker that is at one case for so long, in ms, hangs. */
const HANGS_AFTER = 60_000;
/** A unit is about so many cases of a cheap target, and less of a dear one: some seconds of work. */
const UNITS_PER_TARGET = 40;

const USAGE = `npm run fuzz -- [options] [target …]
  --cases N     how many cases in all (default ${DEFAULT_CASES.toLocaleString("en-US")})
  --seconds S   as many as there are in so many seconds instead
  --seed X      the seed; the same seed makes the same cases (default: a new one, which is printed)
  --case K      one case alone, in this process; with --cases N, so many from there on
  --no-growth   do not measure how work grows with the length of inputs
  --guided      coverage-guided, --seconds S for each target (default 60)
Targets: ${targets.map(({ name }) => name).join(", ")}.`;

const options = {
  cases: { type: "string" },
  seconds: { type: "string" },
  seed: { type: "string" },
  case: { type: "string" },
  "no-growth": { type: "boolean", default: false },
  guided: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

const { values, positionals } = readArguments();
const chosen = positionals.length === 0 ? targets : targets.filter(({ name }) => positionals.includes(name));
const seed = numberOf("seed") ?? newSeed();
const started = performance.now();
const failures: string[] = [];
/** Targets of which a case has failed: they get no more work. */
const failed = new Set<string>();

if (values.guided) {
  process.exitCode = await runGuided(chosen, numberOf("seconds") ?? 60);
} else if (values.case !== undefined) {
  await runHere(numberOf("case") ?? 0, numberOf("cases") ?? 1);
} else {
  await runAll();
  if (!values["no-growth"]) checkGrowth();
  console.log(failures.length === 0 ? `\nAll well in ${seconds()} s` : `\n${failures.length} failed in ${seconds()} s`);
  for (const failure of failures) console.log(`  ${failure}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}

function readArguments() {
  try {
    const parsed = parseArgs({ options, allowPositionals: true });
    const unknown = parsed.positionals.filter((name) => !targets.some((target) => target.name === name));
    if (unknown.length > 0) throw new Error(`There is no target ${unknown.join(" or ")}.`);
    if (!parsed.values.help) return parsed;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

function numberOf(name: "cases" | "seconds" | "seed" | "case"): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  const number = Number(text.replaceAll("_", ""));
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} is ${JSON.stringify(text)}; give a number.`);
  process.exit(2);
}

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}

/** Some cases in this process, where a debugger can follow them. */
async function runHere(first: number, count: number): Promise<void> {
  const [target, ...others] = chosen;
  if (!target || others.length > 0) {
    console.error("Name the one target whose case it is.");
    process.exit(2);
  }
  const subject = await target.prepare();
  try {
    await runCases(target, subject, { seed, first, count });
    console.log(`${target.name}, seed ${seed}: ${count} cases from ${first} on are well.`);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    await subject.close?.();
  }
}

/** Work of all targets in turn, so that a run that is cut short has seen something of each. */
function* unitsOf(cases: number): Generator<Unit> {
  const shares = chosen.reduce((sum, { share }) => sum + share, 0);
  const plans = chosen.map((target) => ({ target, total: Math.ceil((cases * target.share) / shares), next: 0 }));
  while (plans.some(({ next, total }) => next < total)) {
    for (const plan of plans) {
      const count = Math.min(Math.ceil(plan.total / UNITS_PER_TARGET), plan.total - plan.next);
      if (count <= 0) continue;
      yield { target: plan.target.name, first: plan.next, count };
      plan.next += count;
    }
  }
}

async function runAll(): Promise<void> {
  const limit = numberOf("seconds");
  const cases = numberOf("cases") ?? (limit === undefined ? DEFAULT_CASES : Number.MAX_SAFE_INTEGER);
  const units = limit === undefined ? unitsOf(cases) : endless();
  const count = availableParallelism();
  console.log(`Seed ${seed}, ${chosen.length} targets, ${count} workers, Node ${process.versions.node}.`);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const done = new Map<string, number>();
  const crews = Array.from({ length: count }, () => crew(units, stop, done));
  const timer = setInterval(() => report(crews, cases, limit, stop), REPORT_EVERY);
  await Promise.all(crews.map(({ finished }) => finished));
  clearInterval(timer);
  const total = crews.reduce((sum, { place }) => sum + (place[1] ?? 0), 0);
  const rate = Math.round(total / ((performance.now() - started) / 1000));
  console.log(`\n${total.toLocaleString("en-US")} cases in ${seconds()} s, ${rate.toLocaleString("en-US")} a second`);
  for (const { name } of chosen)
    console.log(`  ${name.padEnd(16)}${(done.get(name) ?? 0).toLocaleString("en-US").padStart(12)}`);
}

/** Rounds of units, each a tenth of a second's to some seconds' work, until time is up. */
function* endless(): Generator<Unit> {
  for (let round = 0; ; round++) {
    for (const { name, share } of chosen) {
      const count = Math.max(20, Math.round(share / 50));
      yield { target: name, first: round * count, count };
    }
  }
}

interface Crew {
  readonly place: Float64Array;
  readonly finished: Promise<void>;
  /** Ends a worker that hangs. */
  isHanging(): boolean;
}

/** One worker, and what hands it its work. */
function crew(units: Iterator<Unit>, stop: Int32Array, done: Map<string, number>): Crew {
  const place = new Float64Array(new SharedArrayBuffer(16));
  const worker = new Worker(new URL("../test/fuzz/worker.ts", import.meta.url), {
    workerData: { seed, place, stop } satisfies Shared,
  });
  let unit: Unit | undefined;
  let [seenAt, seen] = [performance.now(), -1];

  function next(): void {
    const taken = stop[0] === 0 ? nextOf(units) : undefined;
    unit = taken;
    worker.postMessage(taken ?? "end");
  }

  const finished = new Promise<void>((resolve) => {
    worker.on("message", ({ unit: ended, failure }: UnitResult) => {
      const cases = failure ? failure.case - ended.first + 1 : ended.count;
      done.set(ended.target, (done.get(ended.target) ?? 0) + cases);
      if (failure) note(ended, failure);
      next();
    });
    worker.on("error", (error) => {
      const at = place[0] ?? 0;
      if (unit) note(unit, { case: at, message: `${unit.target}: ${error}`, stack: error.stack ?? "", input: "" });
    });
    worker.on("exit", () => resolve());
    next();
  });

  function isHanging(): boolean {
    const now = place[1] ?? 0;
    if (now !== seen || unit === undefined) [seenAt, seen] = [performance.now(), now];
    if (performance.now() - seenAt < HANGS_AFTER || unit === undefined) return false;
    const message = `${unit.target}: no end after ${HANGS_AFTER / 1000} s`;
    note(unit, { case: place[0] ?? 0, message, stack: "", input: "" });
    unit = undefined;
    void worker.terminate();
    return true;
  }

  return { place, finished, isHanging };
}

/** The next unit of a target that has not failed yet. */
function nextOf(units: Iterator<Unit>): Unit | undefined {
  for (;;) {
    const { value, done } = units.next();
    if (done) return undefined;
    if (!failed.has(value.target)) return value;
    if (failed.size === chosen.length) return undefined;
  }
}

function note(unit: Unit, failure: NonNullable<UnitResult["failure"]>): void {
  failed.add(unit.target);
  mkdirSync(FAILURES, { recursive: true });
  const file = path.join(FAILURES, `${unit.target}-${seed}-${failure.case}.json`);
  const alone = `npm run fuzz -- ${unit.target} --seed ${seed} --case ${failure.case}`;
  const withThoseBefore = `npm run fuzz -- ${unit.target} --seed ${seed} --case ${unit.first} --cases ${failure.case - unit.first + 1}`;
  writeFileSync(file, JSON.stringify({ ...unit, seed, ...failure, repeat: { alone, withThoseBefore } }, null, 2));
  console.log(
    `\nFAILED ${failure.message}\n${failure.stack}\nSaved in ${file}. If the case alone does not fail, run it with those before it:\n  ${withThoseBefore}\n`,
  );
  failures.push(`${unit.target}: case ${failure.case}, ${file}`);
}

function report(crews: readonly Crew[], cases: number, limit: number | undefined, stop: Int32Array): void {
  const total = crews.reduce((sum, { place }) => sum + (place[1] ?? 0), 0);
  const passed = (performance.now() - started) / 1000;
  const left = limit === undefined ? (passed / Math.max(total, 1)) * (cases - total) : limit - passed;
  const rate = Math.round(total / passed).toLocaleString("en-US");
  console.log(
    `${passed.toFixed(0).padStart(6)} s  ${total.toLocaleString("en-US").padStart(12)} cases  ${rate.padStart(8)}/s  about ${Math.max(0, left).toFixed(0)} s left`,
  );
  for (const crew of crews) crew.isHanging();
  if (left <= 0 && limit !== undefined) stop[0] = 1;
}

function checkGrowth(): void {
  console.log(`\nHow work grows with the length of ${families.length} kinds of input:`);
  const grown = families.map((family) => measureGrowth(family));
  for (const { family, isTooFast, ratio, length, time } of grown.sort((a, b) => b.ratio - a.ratio)) {
    const line = `${family}: ${ratio.toFixed(1)} times the time for 16 times the length, ${time.toFixed(0)} ms for ${length}`;
    if (isTooFast) failures.push(line);
    if (isTooFast || ratio > 1) console.log(`  ${isTooFast ? "FAILED " : ""}${line}`);
  }
}
