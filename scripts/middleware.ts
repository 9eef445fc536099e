// `npm run test:middleware`: the covering selection of the differential suite, an app with sessions beside the same app
// without. It prints a table and each difference in a line, and fails on any that test/middleware/differences.ts does not
// know. `npm run test:middleware -- "Express 5" node` runs some frameworks; `-- --reference` compares the apps without
// sessions with themselves. The apps on Next.js run only when they are named, since they are built first.
import { availableParallelism } from "node:os";
import { buildNextApp } from "../test/middleware/apps/next-build.ts";
import { knownDifferenceOf, knownDifferences } from "../test/middleware/differences.ts";
import { frameworkOf, unbuiltFrameworks } from "../test/middleware/frameworks.ts";
import type { Group, Result } from "../test/middleware/run.ts";
import { coveringGroups, fixedGroups, heavyGroups, referenceGroups } from "../test/middleware/selection.ts";
import { faultOf, runInWorkers, type WorkerOptions } from "../test/middleware/start-worker.ts";

const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("-"));
const isReference = process.argv.includes("--reference");
const chosen = asked.length > 0 ? asked.map(frameworkOf) : unbuiltFrameworks;

const started = performance.now();
if (chosen.some(({ needsBuild = false }) => needsBuild)) buildNextApp();
let isWell = true;
if (isReference) {
  await run("Apps without sessions, beside themselves", referenceGroups(chosen), { isReference });
} else {
  await run("Apps with sessions, beside the same without", coveringGroups(chosen));
  await run("Answers of 100 MB to a client that reads slowly", heavyGroups(chosen));
  const names = new Set(chosen.map(({ name }) => name));
  // The instrumentation leaves `node:http2` alone.
  const traced = fixedGroups().filter(({ framework }) => names.has(framework) && framework !== "HTTP/2");
  await run("A selection with OpenTelemetry's http instrumentation", traced, { isTraced: true });
}
if (isWell) for (const { what, reason } of knownDifferences) console.log(`Known: ${what.source}: ${reason}`);
console.log(`${isWell ? "All well" : "Failed"} in ${seconds()} s`);
process.exitCode = isWell ? 0 : 1;

function seconds(): string {
  return ((performance.now() - started) / 1000).toFixed(0);
}

async function run(title: string, groups: readonly Group[], options: WorkerOptions = {}): Promise<void> {
  if (groups.length === 0) return;
  console.log(`\n${title}:`);
  const total = groups.reduce((count, { cases }) => count + cases.length, 0);
  let done = 0;
  const timer = setInterval(() => console.log(`${seconds()} s: ${done} of ${total} cases`), 10_000);
  const onResults = (results: readonly Result[]): void => {
    done += results.length;
    for (const fault of results.map(faultOf).filter(Boolean)) console.log(fault);
  };
  const results = await runInWorkers(groups, { ...options, processes: availableParallelism(), onResults });
  clearInterval(timer);
  const faults = results.filter((result) => faultOf(result) !== undefined).length;
  isWell &&= faults === 0 && results.length === total;
  console.log(`\n${tableOf(results)}\n\n${results.length} of ${total} cases were run, ${faults} differ.`);
}

function tableOf(results: readonly Result[]): string {
  const rows = Map.groupBy(results, ({ framework }) => framework);
  const lines = [...rows].map(([framework, of]) => {
    const faults = of.filter((result) => faultOf(result) !== undefined).length;
    const known = of.filter((result) => knownDifferenceOf(result) !== undefined).length;
    const handlers = new Set(of.map(({ handler }) => handler)).size;
    const middlewares = new Set(of.map(({ middleware }) => middleware)).size;
    return `| ${framework} | ${handlers} | ${middlewares} | ${of.length} | ${known} | ${faults} |`;
  });
  return [
    "| framework | handlers | middlewares | cases | known differences | other differences |",
    "|---|---|---|---|---|---|",
    ...lines,
  ].join("\n");
}
