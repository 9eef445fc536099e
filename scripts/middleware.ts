// `npm run test:middleware`: every case of the differential suite, an app with sessions beside the same app without. It
// prints a table and each difference in a line, and fails on any that test/middleware/differences.ts does not know.
// `npm run test:middleware -- "Express 5" node` runs some frameworks; `-- --reference` compares the apps without sessions
// with themselves.
import { availableParallelism } from "node:os";
import path from "node:path";
import { knownDifferenceOf, knownDifferences } from "../test/middleware/differences.ts";
import type { Group, Result } from "../test/middleware/run.ts";
import { allGroups, fixedGroups, referenceGroups } from "../test/middleware/selection.ts";
import { faultOf, runInWorker } from "../test/middleware/start-worker.ts";

const TELEMETRY = path.resolve("test/middleware/telemetry.ts");

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const isReference = process.argv.includes("--reference");
const isAsked = ({ framework }: Group): boolean => asked.length === 0 || asked.includes(framework);

const started = performance.now();
const results = await runAll((isReference ? referenceGroups() : allGroups()).filter(isAsked), {});
console.log(`\n${tableOf(results)}`);
let isWell = report(results);
if (!isReference) {
  console.log("\nThe same with OpenTelemetry's http instrumentation, a selection:");
  isWell = report(await runAll(fixedGroups().filter(isAsked), { preload: TELEMETRY })) && isWell;
}
console.log(`${isWell ? "All well" : "Failed"} in ${seconds()} s`);
process.exitCode = isWell ? 0 : 1;

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(0);
}

/** Each processor takes the groups of some frameworks and middlewares. */
async function runAll(groups: readonly Group[], options: { preload?: string }): Promise<Result[]> {
  const parts = Array.from({ length: availableParallelism() }, (): Group[] => []);
  const apps = [...new Set(groups.map(appOf))];
  for (const group of groups) parts[apps.indexOf(appOf(group)) % parts.length]?.push(group);
  const total = groups.reduce((count, { cases }) => count + cases.length, 0);
  let done = 0;
  const timer = setInterval(() => console.error(`${seconds()} s: ${done} of ${total} cases`), 10_000);
  const onResults = (found: readonly Result[]): void => {
    done += found.length;
  };
  const found = await Promise.all(parts.map((part) => runInWorker(part, { ...options, isReference, onResults })));
  clearInterval(timer);
  return found.flat();
}

function appOf({ framework, middleware }: Group): string {
  return `${framework} ${middleware}`;
}

function tableOf(found: readonly Result[]): string {
  const rows = Map.groupBy(found, ({ framework, middleware }) => `| ${framework} | ${middleware} |`);
  const lines = [...rows].map(([name, of]) => {
    const faults = of.filter((result) => faultOf(result) !== undefined).length;
    const known = of.filter((result) => knownDifferenceOf(result) !== undefined).length;
    return `${name} ${of.length} | ${of.length - faults - known} | ${known} | ${faults} |`;
  });
  return [
    "| framework | middleware | cases | same | known differences | other differences |",
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}

/** @returns Whether nothing differs but what is known. */
function report(found: readonly Result[]): boolean {
  const faults = found.map(faultOf).filter((fault) => fault !== undefined);
  for (const fault of faults) console.log(fault);
  for (const { what, reason } of knownDifferences) console.log(`Known: ${what.source}: ${reason}`);
  console.log(`${found.length} cases, ${faults.length} differences.`);
  return found.length > 0 && faults.length === 0;
}
