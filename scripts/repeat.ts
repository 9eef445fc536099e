// `npm run test:repeat -- browser/login cli/ --times 50 --busy`: runs each test file whose path has one of the texts in it
// many times and prints how often it failed. A test that fails once in fifty is decided by chance or by time.
//   --times 50   how often each file runs (default 50)
//   --busy       keeps every processor busy meanwhile
// Other options go to Node's test runner: --test-name-pattern=…
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { testEnvironment } from "./test-environment.ts";

const { values, positionals: parts } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: "string", default: "50" },
    busy: { type: "boolean", default: false },
    "test-name-pattern": { type: "string" },
  },
});

const times = Number(values.times);
if (!Number.isSafeInteger(times) || times < 1) throw new Error("--times must be a whole number above zero.");
const files = globSync("{src,test}/**/*.test.ts")
  .sort()
  .filter((file) => parts.some((part) => file.includes(part)));
if (files.length === 0)
  throw new Error("Name test files by a part of their path: npm run test:repeat -- browser/login");

/** The results of one file over all its runs. */
interface Tally {
  readonly seconds: number[];
  /** The names of tests that failed, with how often they did. */
  readonly failures: Map<string, number>;
  failedRuns: number;
}

const env = testEnvironment();
const load = values.busy ? Array.from({ length: availableParallelism() }, startBusyLoop) : [];
let failedRuns = 0;
try {
  for (const file of files) {
    const tally: Tally = { seconds: [], failures: new Map(), failedRuns: 0 };
    for (let i = 0; i < times; i++) runOnce(file, tally);
    report(file, tally);
    failedRuns += tally.failedRuns;
  }
} finally {
  for (const loop of load) loop.kill("SIGKILL");
}
console.log(failedRuns === 0 ? "All well." : `${failedRuns} runs failed.`);
process.exitCode = failedRuns === 0 ? 0 : 1;

function startBusyLoop(): ChildProcess {
  return spawn(process.execPath, ["--eval", "for (;;);"], { stdio: "ignore" });
}

function runOnce(file: string, tally: Tally): void {
  const pattern = values["test-name-pattern"];
  const names = pattern === undefined ? [] : [`--test-name-pattern=${pattern}`];
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--test", "--test-reporter=tap", ...names, file], {
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  tally.seconds.push((performance.now() - began) / 1000);
  if (status === 0) return;
  tally.failedRuns++;
  const failed = stdout.match(/^ *not ok .*$/gm) ?? [stderr.trim() || `status ${status}`];
  for (const line of failed) {
    const name = line.trim();
    tally.failures.set(name, (tally.failures.get(name) ?? 0) + 1);
  }
  if (tally.failedRuns === 1) console.log(firstFailureOf(stdout));
}

/** The first failed test with its error, to the end of its block. */
function firstFailureOf(tap: string): string {
  return /^ *not ok [\s\S]*?^ *\.\.\.$/m.exec(tap)?.[0] ?? tap.slice(-2_000);
}

function report(file: string, { seconds, failures, failedRuns }: Tally): void {
  const sorted = seconds.toSorted((a, b) => a - b);
  const [shortest = 0, longest = 0] = [sorted[0], sorted.at(-1)];
  const range = `${shortest.toFixed(1)} to ${longest.toFixed(1)} s each`;
  console.log(
    `${failedRuns === 0 ? "passed" : "FAILED"}  ${file}  ${failedRuns} of ${seconds.length} failed, ${range}`,
  );
  for (const [name, count] of failures) console.log(`    ${count} times: ${name}`);
}
