// `npm run fuzz`: ten million cases over all targets of test/fuzz/, on all cores, and then whether work grows with the
// length of inputs alone. `--guided` hands the targets to a coverage-guided fuzzer instead. docs/fuzzing.md tells more.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { families, measureGrowth } from "../test/fuzz/growth.ts";
import { runGuided } from "../test/fuzz/guided/run.ts";
import { inputOf, newSeed, runCases } from "../test/fuzz/target.ts";
import { targets } from "../test/fuzz/targets.ts";
import type { CaseFailure, Unit } from "../test/fuzz/worker.ts";
import { createWorkerPool, type WorkerPool } from "../test/fuzz/worker-pool.ts";

const DEFAULT_CASES = 10_000_000;
const FAILURES = "fuzz-failures";
const REPORT_EVERY = 2_000;
/** A unit is about so many cases of a cheap target, and less of a dear one: some seconds of work. */
const UNITS_PER_TARGET = 40;

const USAGE = `npm run fuzz -- [options] [target …]
  --cases N     how many cases in all (default ${DEFAULT_CASES.toLocaleString("en-US")})
  --seconds S   as many as there are in so many seconds instead
  --seed X      the seed; the same seed makes the same cases (default: a new one, which is printed)
  --case K      one case alone, in this process; with --cases N, so many from there on
  --no-growth   do not measure how work grows with the length of inputs
  --guided      coverage-guided, --seconds S for each target (default 60)
  --input FILE  with --guided: the input in the file alone
Targets: ${targets.map(({ name }) => name).join(", ")}.`;

const options = {
  cases: { type: "string" },
  seconds: { type: "string" },
  seed: { type: "string" },
  case: { type: "string" },
  "no-growth": { type: "boolean", default: false },
  guided: { type: "boolean", default: false },
  input: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const { values, positionals } = readArguments();
const chosen = positionals.length === 0 ? targets : targets.filter(({ name }) => positionals.includes(name));
const seed = numberOf("seed") ?? newSeed();
const started = performance.now();
const failures: string[] = [];
const notes: Promise<void>[] = [];
/** Targets of which a case has failed: they get no more work. */
const failed = new Set<string>();

if (values.guided) {
  const { input } = values;
  process.exitCode = runGuided(chosen, input === undefined ? { seconds: numberOf("seconds") ?? 60 } : { input });
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
  const cases = numberOf("cases") ?? (limit === undefined ? DEFAULT_CASES : Number.POSITIVE_INFINITY);
  const units = limit === undefined ? unitsOf(cases) : endless();
  const workers = availableParallelism();
  console.log(`Seed ${seed}, ${chosen.length} targets, ${workers} workers, Node ${process.versions.node}.`);
  const done = new Map<string, number>();
  const crews = Array.from({ length: workers }, () =>
    createWorkerPool({
      seed,
      next: () => nextOf(units),
      ended: ({ target }, count) => done.set(target, (done.get(target) ?? 0) + count),
      failed: (unit, failure) => notes.push(note(unit, failure)),
    }),
  );
  const timer = setInterval(() => watch(crews, cases, limit), REPORT_EVERY);
  await Promise.all(crews.map(({ finished }) => finished));
  await Promise.all(notes);
  clearInterval(timer);
  const total = begunBy(crews);
  const rate = numeral(total / ((performance.now() - started) / 1000));
  console.log(`\n${numeral(total)} cases in ${seconds()} s, ${rate} a second`);
  for (const { name } of chosen) console.log(`  ${name.padEnd(16)}${numeral(done.get(name) ?? 0).padStart(12)}`);
}

function begunBy(crews: readonly WorkerPool[]): number {
  return crews.reduce((sum, { begun }) => sum + begun, 0);
}

function numeral(number: number): string {
  return Math.round(number).toLocaleString("en-US");
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

/** The next unit of a target that has not failed yet. */
function nextOf(units: Iterator<Unit>): Unit | undefined {
  for (;;) {
    const { value, done } = units.next();
    if (done) return undefined;
    if (!failed.has(value.target)) return value;
    if (failed.size === chosen.length) return undefined;
  }
}

async function note(unit: Unit, failure: CaseFailure): Promise<void> {
  failed.add(unit.target);
  const file = path.join(FAILURES, `${unit.target}-${seed}-${failure.case}.json`);
  failures.push(`${unit.target}: case ${failure.case}, ${file}`);
  const command = `npm run fuzz -- ${unit.target} --seed ${seed}`;
  const alone = `${command} --case ${failure.case}`;
  const withThoseBefore = `${command} --case ${unit.first} --cases ${failure.case - unit.first + 1}`;
  console.log(`\nFAILED ${failure.message}\n${failure.stack}`);
  if (!failure.message.includes(alone)) console.log(`Repeat it: ${alone}`);
  console.log(`If it does not fail alone, run it with those before it: ${withThoseBefore}`);

  const target = targets.find(({ name }) => name === unit.target);
  // What hung or died has not told its input.
  const input = failure.input || (target && (await inputOf(target, { seed, case: failure.case })));
  mkdirSync(FAILURES, { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ ...unit, seed, ...failure, input, repeat: { alone, withThoseBefore } }, null, 2),
  );
  console.log(`Saved in ${file}.\n`);
}

function watch(crews: readonly WorkerPool[], cases: number, limit: number | undefined): void {
  const total = begunBy(crews);
  const passed = (performance.now() - started) / 1000;
  const left = Math.max(0, limit === undefined ? (passed / Math.max(total, 1)) * (cases - total) : limit - passed);
  const [time, count, rate] = [passed.toFixed(0), numeral(total), numeral(total / passed)];
  console.log(
    `${time.padStart(6)} s ${count.padStart(12)} cases ${rate.padStart(8)}/s  about ${left.toFixed(0)} s left`,
  );
  for (const pool of crews) {
    pool.watch();
    if (limit !== undefined && left === 0) pool.stop();
  }
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
