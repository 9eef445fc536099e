// The results as tables in Markdown, which read well on a terminal too, and as the page in docs/.
import { HMACS_AT_MOST, KEPT_AT_LEAST } from "./bar.ts";
import { type HttpOptions, type HttpResult, PATHS, WARM_UP_TURNS } from "./http.ts";
import { CASE_TITLES, type InProcessResult } from "./in-process.ts";
import { isPinned, loadDescription } from "./processes.ts";
import { SERVERS } from "./servers.ts";
import { table } from "./table.ts";
import { VISITORS } from "./visitors.ts";

/** Whatever was measured. */
export function tablesOf(http: readonly HttpResult[], inProcess: readonly InProcessResult[]): string {
  const parts: string[] = [];
  if (http.length > 0) {
    parts.push("Throughput kept of the same framework without sessions", keptTable(http));
    parts.push("The same by the clock, and in brackets requests a second", clockTable(http));
  }
  if (inProcess.length > 0) parts.push("One request in process", inProcessTable(inProcess));
  return parts.join("\n\n");
}

const share = (value: number | undefined): string => value?.toFixed(2) ?? "—";

function keptTable(http: readonly HttpResult[]): string {
  const results = http.filter(({ kept }) => kept !== undefined);
  return httpTable(results, ({ kept }) => share(kept?.byCpu), ["coatcheck's bar, memory store", KEPT_AT_LEAST]);
}

function clockTable(http: readonly HttpResult[]): string {
  return httpTable(http, (result) => {
    const rate = Math.round(result.requestsPerSecond).toLocaleString("en-US");
    return result.kept ? `${share(result.kept.byClock)} (${rate})` : `(${rate})`;
  });
}

function httpTable(
  results: readonly HttpResult[],
  cell: (result: HttpResult) => string,
  bar?: readonly [string, Readonly<Record<string, number>>],
): string {
  const paths = PATHS.filter((name) => results.some(({ path }) => path === name));
  const rows = SERVERS.filter(({ name }) => results.some(({ server }) => server === name)).map(({ name, label }) => {
    const own = (path: string): HttpResult | undefined =>
      results.find((result) => result.server === name && result.path === path);
    return [label, ...paths.map((path) => (own(path) ? cell(own(path)!) : "—"))];
  });
  const barRow = bar ? [[bar[0], ...paths.map((path) => share(bar[1][path]))]] : [];
  return table(["server", ...paths], [...rows, ...barRow]);
}

function inProcessTable(results: readonly InProcessResult[]): string {
  const rows = results.map(({ name, hmacs }) => {
    const bar = HMACS_AT_MOST[name];
    return [CASE_TITLES[name], hmacs.toFixed(2), bar === undefined ? "—" : `at most ${bar}`];
  });
  return table(["what", "cost in HMACs", "bar"], rows);
}

/** docs/benchmarks.md. */
export function pageOf(
  options: HttpOptions,
  http: readonly HttpResult[],
  inProcess: readonly InProcessResult[],
): string {
  const date = new Date().toISOString().slice(0, 10);
  return `# Benchmarks

\`npm run bench\` wrote this page on ${date} with Node ${process.versions.node}. Only the ratios mean anything elsewhere: they compare
servers that were measured side by side in one run on one machine.

![Throughput kept by each library on each path](benchmarks.svg)

## Throughput kept of the same framework without sessions

1.00 would be: sessions cost nothing.

${keptTable(http)}

The paths: **read** is a session of six keys and about 500 bytes of which the handler reads one, **anonymous** a request without
a cookie whose handler asks for a key, **forged** the same with a well-formed cookie that nobody signed, **write** a handler that
increments a number in the session.

By the clock, waiting for the disk included, and in brackets the requests a second that one core answered:

${clockTable(http)}

## One request in process

What coatcheck itself takes on the memory store, without framework and network, beside one HMAC-SHA-256 with a KeyObject
over 51 bytes measured in the same rounds.

${inProcessTable(inProcess)}

## Method

- ${options.rounds} rounds; the numbers are medians of the rounds' ratios. Each round starts all servers of a framework anew, warms them
  up with ${WARM_UP_TURNS} s of each path, and lets them take turns, a second at a time: ${options.seconds} s for each path of each server.
- Load: ${loadDescription}, ${VISITORS} sessions in rotation. Server and load are processes of their own${isPinned ? ", each pinned to its core" : ""}.
- A server's throughput is its requests per second of its own processor time, all threads and the kernel's work for it included.
- Before each measurement every server is asked whether it answers right: the value of the right visitor, a number that
  grows and stays, nothing for a forged cookie.
- All handlers answer plain text of the same size. Each library is set up as its own documentation does. hono-sessions encrypts
  its cookie, which its documentation recommends; iron-session keeps all data in the cookie and nothing on the server.
`;
}
