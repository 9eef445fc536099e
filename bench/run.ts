// npm run bench: coatcheck, its peers and the bare frameworks side by side. `npm run bench -- --help` tells the options.
import { mkdirSync, writeFileSync } from "node:fs";
import { missesOf } from "./bar.ts";
import { FRAMEWORKS_USAGE } from "./frameworks/usage.ts";
import { type HttpResult, measureHttp } from "./http.ts";
import { type InProcessResult, measureInProcess } from "./in-process.ts";
import { type BenchOptions, readOptions, USAGE } from "./options.ts";
import { requireLoadGenerator } from "./processes.ts";
import { pageOf, tablesOf } from "./report.ts";
import { startServerUnderTest } from "./servers.ts";
import { STORE_COMMANDS, STORES_USAGE } from "./stores/commands.ts";

/** Progress goes to standard error, so that `--json` leaves nothing but JSON on the other. */
const progress = (line: string): void => console.error(line);

try {
  const [first, ...others] = process.argv.slice(2);
  const command = STORE_COMMANDS.find((name) => name === first);
  const isFrameworks = first === "frameworks";
  const options = command || isFrameworks ? undefined : readOptions(process.argv.slice(2));
  if (command) await (await import("./stores/run.ts")).runStoreBench(command, others, progress);
  else if (isFrameworks) await (await import("./frameworks/run.ts")).runFrameworksBench(others, progress);
  else if (options) await run(options);
  else console.log([USAGE, STORES_USAGE, FRAMEWORKS_USAGE].join("\n\n"));
} catch (error) {
  console.error(error instanceof Error && error.cause === undefined ? `\n${error.message}\n` : error);
  process.exitCode = 1;
}

async function run(options: BenchOptions): Promise<void> {
  if (options.http) requireLoadGenerator();
  const inProcess = options.inProcess ? await inProcessResults() : [];
  const http = options.http ? await measureHttp(options, startServerUnderTest, progress) : [];

  console.log(options.json ? JSON.stringify({ http, inProcess }, undefined, 2) : tablesOf(http, inProcess));
  if (options.isWhole) await writeDocs(options, http, inProcess);
  if (options.check) check(http, inProcess);
}

function inProcessResults(): Promise<InProcessResult[]> {
  progress("in process ...");
  return measureInProcess();
}

async function writeDocs(options: BenchOptions, http: HttpResult[], inProcess: InProcessResult[]): Promise<void> {
  const { drawChart } = await import("./chart.ts");
  const docs = new URL("../docs/", import.meta.url);
  mkdirSync(docs, { recursive: true });
  writeFileSync(new URL("benchmarks.md", docs), pageOf(options, http, inProcess));
  writeFileSync(new URL("benchmarks.svg", docs), drawChart(http));
  progress("Wrote docs/benchmarks.md and docs/benchmarks.svg.");
}

function check(http: HttpResult[], inProcess: InProcessResult[]): void {
  const misses = missesOf(http, inProcess);
  if (misses.length === 0) {
    progress("All that was measured keeps what the project promises.");
    return;
  }
  progress(`\nBelow what the project promises:\n${misses.map((miss) => `  ${miss}`).join("\n")}`);
  process.exitCode = 1;
}
