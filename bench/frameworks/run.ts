// npm run bench -- frameworks: what sessions add to a request on each framework, with coatcheck and with the package that
// its users take today.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Extent, type HttpResult, measureHttp, PATHS, type PathName } from "../http.ts";
import { isPinned, loadDescription, requireLoadGenerator } from "../processes.ts";
import { type ServerUnderTest, startServerUnderTest } from "../servers.ts";
import { table } from "../table.ts";
import { VISITORS } from "../visitors.ts";
import { wholeNumber } from "../whole-number.ts";
import { FRAMEWORK_SERVERS } from "./servers.ts";
import { DEFAULT_ROUNDS, DEFAULT_SECONDS } from "./usage.ts";

/** coatcheck adds at most this share of what the usual package adds. */
const MOST = 0.5;
/** Of the bare framework's time: what adds less can't be told from nothing, and has no half. Both must stay below it. */
const NOTHING = 0.05;

/** @throws Error that names the option, when one is unknown or wrong. */
export async function runFrameworksBench(args: string[], progress: (line: string) => void): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { rounds: { type: "string" }, seconds: { type: "string" }, check: { type: "boolean" } },
  });
  requireLoadGenerator();
  const extent: Extent = {
    rounds: wholeNumber("rounds", values.rounds, DEFAULT_ROUNDS),
    seconds: wholeNumber("seconds", values.seconds, DEFAULT_SECONDS),
  };
  const results = await measureHttp(
    { ...extent, paths: PATHS, servers: FRAMEWORK_SERVERS },
    startServerUnderTest,
    progress,
  );
  const text = pageOf(results, extent);
  console.log(text);
  if (extent.rounds >= DEFAULT_ROUNDS) {
    writeFileSync(new URL("../../docs/benchmarks-frameworks.md", import.meta.url), text);
    progress("Wrote docs/benchmarks-frameworks.md.");
  }
  if (values.check) check(results, progress);
}

/** The processor time that sessions add to a request, as a share of the bare framework's own. */
function added(results: readonly HttpResult[], server: string, path: PathName): number {
  const kept = results.find((result) => result.server === server && result.path === path)?.kept?.byCpu ?? Number.NaN;
  return 1 / kept - 1;
}

function besideUsual(results: readonly HttpResult[], { name, peer = "" }: ServerUnderTest, path: PathName): number {
  return added(results, name, path) / added(results, peer, path);
}

function isWithinBar(results: readonly HttpResult[], server: ServerUnderTest, path: PathName): boolean {
  const [own, usual] = [added(results, server.name, path), added(results, server.peer ?? "", path)];
  return usual < NOTHING ? own < NOTHING : own / usual <= MOST;
}

function check(results: readonly HttpResult[], progress: (line: string) => void): void {
  const misses = FRAMEWORK_SERVERS.filter(({ peer }) => peer !== undefined).flatMap((server) =>
    PATHS.filter((path) => !isWithinBar(results, server, path)).map(
      (path) => `${server.label} adds ${besideUsual(results, server, path).toFixed(2)} of the usual on ${path}.`,
    ),
  );
  progress(
    misses.length === 0
      ? "coatcheck adds at most half everywhere, or nothing where the usual package adds nothing."
      : misses.join("\n"),
  );
  if (misses.length > 0) process.exitCode = 1;
}

function pageOf(results: readonly HttpResult[], { rounds, seconds }: Extent): string {
  const rows = FRAMEWORK_SERVERS.filter(({ base }) => base !== undefined);
  const cells = (cell: (server: ServerUnderTest, path: PathName) => string): string[][] =>
    rows.map((server) => [server.label, `on ${server.base}`, ...PATHS.map((path) => cell(server, path))]);
  return `# Benchmarks: sessions on each framework

\`npm run bench -- frameworks\` wrote this page on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node}. Only the ratios mean
anything elsewhere. All servers keep their sessions in memory.

## What sessions add to a request

Processor time beyond the bare framework's, as a share of it; in brackets, of what the usual package adds, unless that is less
than ${NOTHING * 100} %: so little can't be told from nothing. Less than nothing is the spread of the measurement.

${table(
  ["sessions by", "framework", ...PATHS],
  cells((server, path) => {
    const own = `${(100 * added(results, server.name, path)).toFixed(0)} %`;
    if (server.peer === undefined) return own;
    const isNothing = added(results, server.peer, path) < NOTHING;
    return `${own} (${isNothing ? "–" : besideUsual(results, server, path).toFixed(2)})`;
  }),
)}

## Throughput kept of the bare framework

${table(
  ["sessions by", "framework", ...PATHS],
  cells((server, path) =>
    String(results.find((one) => one.server === server.name && one.path === path)?.kept?.byCpu.toFixed(2)),
  ),
)}

The paths and the method are those of [benchmarks.md](benchmarks.md): ${rounds} rounds of ${seconds} s for each path and server,
${loadDescription}, ${VISITORS} sessions in rotation${isPinned ? ", server and load each pinned to a core" : ""}, throughput by the server's own processor time.
`;
}
