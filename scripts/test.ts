// `npm test`: lint, types, import arrows, then every test. All of it runs, so that one run tells all that is wrong.
// `npm test -- src/core cookie` runs only the test files whose path has one of these in it, and none of the checks.
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { availableParallelism } from "node:os";
import { testEnvironment } from "./test-environment.ts";

const CHECKS = { Lint: "lint", Types: "check:types", Imports: "check:imports" };

const MINUTE = 60_000;
/**
 * The longest that one test, or one file, may take: far beyond what the slowest needs on a machine that is busy with other
 * work, so that it ends only what hangs. There is no limit for all of them together.
 */
const TEST_LIMIT = 45 * MINUTE;

const started = performance.now();
const options = process.argv.slice(2).filter((argument) => argument.startsWith("-"));
const parts = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const failed: string[] = [];

if (parts.length === 0) {
  for (const [title, script] of Object.entries(CHECKS)) check(title, script);
} else {
  console.log(`Only the tests in files named ${parts.join(" or ")}; no lint, types or imports. \`npm test\` runs all.`);
}
runTests();

const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(failed.length === 0 ? `All well in ${seconds} s` : `Failed in ${seconds} s: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function heading(title: string): void {
  console.log(`\n--- ${title} ${"-".repeat(70 - title.length)}`);
}

function check(title: string, script: string): void {
  heading(title);
  const { status } = spawnSync(`npm run --silent ${script}`, { shell: true, stdio: "inherit" });
  if (status !== 0) failed.push(title);
}

function runTests(): void {
  heading("Tests");
  const all = globSync("{src,test}/**/*.test.ts").sort();
  const files = parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)));
  if (files.length === 0) {
    console.log(`No test file is named ${parts.join(" or ")} in its path.`);
    failed.push("Tests");
    return;
  }
  const args = [
    "--test",
    "--test-reporter=spec",
    `--test-timeout=${TEST_LIMIT}`,
    // One file more than processors: many wait for servers, browsers and clocks.
    `--test-concurrency=${availableParallelism() + 1}`,
    ...options,
    ...files,
  ];
  const { status } = spawnSync(process.execPath, args, {
    stdio: "inherit",
    env: testEnvironment(),
  });
  if (status !== 0) failed.push("Tests");
}
