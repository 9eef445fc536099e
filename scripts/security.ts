// `npm run test:security`: runs every test that names a row of the security bar (test/security/rows.ts), and prints each
// row with its verdict. A row without a test that passes fails, and so does one with a test that fails or never ran.
// `npm run test:security -- --write` puts the verdicts into docs/security.md. `npm run test:security -- S5 S10`: some rows.
import { availableParallelism } from "node:os";
import path from "node:path";
import { run } from "node:test";
import { findNamedTests, idsIn, isNamedBy, type NamedTest } from "../test/security/named-tests.ts";
import { PAGE, type State, testsOfRows, writePage } from "../test/security/page.ts";
import { rows } from "../test/security/rows.ts";
import { find, requirements } from "./requirements.mjs";

const MINUTE = 60_000;
/** The longest that one test may take. */
const TEST_LIMIT = 5 * MINUTE;

/** The time between two lines of progress, in ms. */
const PROGRESS = 2_000;

interface Verdict {
  readonly id: string;
  readonly state: State;
  readonly passed: number;
  /** What is wrong, a line each. */
  readonly problems: readonly string[];
}

/** What became of the tests. A file that can't even be run is a failure that names no row. */
interface Outcome {
  readonly passed: NamedTest[];
  readonly failed: NamedTest[];
}

const isWriting = process.argv.includes("--write");
const asked = process.argv.slice(2).filter((argument) => /^S\d+$/.test(argument));
const chosen = rows.filter(({ id }) => asked.length === 0 || asked.includes(id));

const tests = testsOfRows(findNamedTests());
const outcome = await runTests([...new Set(chosen.flatMap(({ id }) => tests.get(id) ?? []))]);
const verdicts = chosen.map(({ id }) => judge(id));
print();
if (isWriting && asked.length === 0) {
  writePage((id) => verdicts.find((verdict) => verdict.id === id)?.state ?? "no test");
  console.log(`The table of ${PAGE} is written.`);
}

async function runTests(named: readonly NamedTest[]): Promise<Outcome> {
  const files = [...new Set(named.map(({ file }) => path.resolve(file)))];
  const outcome: Outcome = { passed: [], failed: [] };
  for (const requirement of requirements) process.env[requirement.variable] = find(requirement) ?? "";
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --conditions=coatcheck-source`.trim();
  const stream = run({
    files,
    concurrency: availableParallelism() + 1,
    timeout: TEST_LIMIT,
    // Of these files, only the tests that name a row.
    testNamePatterns: [/S\d+ /],
  });
  // A suite that names a row counts as one test more.
  stream.on("test:pass", ({ name, file, skip }) => {
    if (skip === undefined) outcome.passed.push({ file: relative(file), name });
  });
  stream.on("test:fail", ({ name, file, details }) => {
    outcome.failed.push({ file: relative(file), name });
    console.error(`FAILED  ${relative(file)}: ${name}\n${details.error.cause ?? details.error}\n`);
  });
  stream.resume();
  const stopTelling = tellProgress(outcome);
  await new Promise((resolve) => stream.on("end", resolve));
  stopTelling();
  return outcome;
}

/** A line every few seconds, on standard error: the table alone is the result. */
function tellProgress({ passed, failed }: Outcome): () => void {
  const began = performance.now();
  const timer = setInterval(() => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.error(
      `${seconds} s: ${passed.length} tests passed, ${failed.length} failed, now ${passed.at(-1)?.file ?? "starting"}`,
    );
  }, PROGRESS);
  return () => clearInterval(timer);
}

function relative(file: string | undefined): string {
  return path
    .relative(process.cwd(), file ?? "")
    .split(path.sep)
    .join("/");
}

function judge(id: string): Verdict {
  const showing = tests.get(id) ?? [];
  const isOfRow = ({ name }: NamedTest): boolean => idsIn(name).includes(id);
  const passed = outcome.passed.filter(isOfRow).length;
  const problems = outcome.failed.filter(isOfRow).map(({ file, name }) => `failed: ${file}: ${name}`);
  for (const each of showing) {
    const hasRun = [...outcome.passed, ...outcome.failed].some(
      // Where a helper has made the test, the runner names the helper's file.
      ({ file, name }) => (file === each.file || !file.endsWith(".test.ts")) && isNamedBy(name, each),
    );
    if (!hasRun) problems.push(`did not run: ${each.file}: ${each.name}`);
  }
  if (passed === 0 && problems.length === 0) return { id, state: "no test", passed, problems: ["no test names it"] };
  return { id, state: problems.length === 0 ? "pass" : "FAIL", passed, problems };
}

function print(): void {
  for (const { id, state, passed, problems } of verdicts) {
    const requirement = rows.find((row) => row.id === id)?.requirement ?? "";
    console.log(`${id.padEnd(4)} ${state.padEnd(8)} ${String(passed).padStart(4)} tests  ${requirement}`);
    for (const problem of problems) console.log(`     ${problem}`);
  }
  const elsewhere = outcome.failed.filter(({ name }) => idsIn(name).length === 0);
  for (const { file, name } of elsewhere) console.log(`failed, and names no row: ${file}: ${name}`);
  const bad = verdicts.filter(({ state }) => state !== "pass").length;
  const isWell = bad === 0 && outcome.failed.length === 0;
  const passed = outcome.passed.filter(({ name }) => idsIn(name).length > 0).length;
  console.log(`\n${verdicts.length - bad} of ${verdicts.length} rows pass, by ${passed} tests.`);
  process.exitCode = isWell ? 0 : 1;
}
