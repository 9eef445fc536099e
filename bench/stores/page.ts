// The results as tables in Markdown, and their places in docs/benchmarks-stores.md.
import { readFileSync, writeFileSync } from "node:fs";
import type { Extent, HttpResult, PathName, Ratio } from "../http.ts";
import { isPinned, loadDescription } from "../processes.ts";
import { dataOf, userName } from "../servers/texts.ts";
import { table } from "../table.ts";
import { VISITORS } from "../visitors.ts";
import { type MemoryResult, SESSIONS } from "./memory.ts";
import { CROWD, LOGOUTS, PAIRS, type RaceResult, type Writes } from "./races.ts";
import { STORE_SERVERS } from "./servers.ts";

const SIZE = JSON.stringify(dataOf(userName(0))).length;
const PAGE = new URL("../../docs/benchmarks-stores.md", import.meta.url);

/** Puts a text between the markers of that name. @throws Error when the page has none. */
export function putIntoPage(name: "throughput" | "memory" | "races", text: string): void {
  const page = readFileSync(PAGE, "utf8");
  const between = new RegExp(`(<!-- ${name} -->\n)[^]*(\n<!-- /${name} -->)`);
  if (!between.test(page)) throw new Error(`docs/benchmarks-stores.md has no markers for ${name}.`);
  writeFileSync(
    PAGE,
    page.replace(between, (_all, begin: string, end: string) => `${begin}\n${text}\n${end}`),
  );
}

const stamp = (): string => `Measured on ${new Date().toISOString().slice(0, 10)} with Node ${process.versions.node}`;
const share = (value: number | undefined): string => value?.toFixed(2) ?? "—";
const times = (value: number | undefined): string => (value === undefined ? "—" : `${value.toFixed(2)}×`);

export function throughputText(results: readonly HttpResult[], { rounds, seconds }: Extent): string {
  return `${stamp()}: medians of ${rounds} rounds of ${seconds} s for each server and path; ${loadDescription}, ${VISITORS} sessions in
rotation${isPinned ? "; server and load each pinned to a core" : ""}.

Throughput kept of the same framework without sessions, by the server's own processor time and by the clock, and in
brackets the requests a second:

${keptTable(results)}

coatcheck beside what users have today on the same framework and the same database server:

${peerTable(results)}`;
}

/** Without a cookie, or with a forged one, no database is asked. */
export const STORE_PATHS: readonly PathName[] = ["read", "write"];

const HEADS = STORE_PATHS.flatMap((name) => [name, `${name} by the clock`]);

function keptTable(results: readonly HttpResult[]): string {
  return perServer(results, ({ kept, requestsPerSecond }) => {
    const rate = `(${Math.round(requestsPerSecond).toLocaleString("en-US")})`;
    return [share(kept?.byCpu), kept ? `${share(kept.byClock)} ${rate}` : rate];
  });
}

function peerTable(results: readonly HttpResult[]): string {
  const compared = results.filter(({ besidePeer }) => besidePeer);
  return perServer(compared, ({ besidePeer }) => bothTimes(besidePeer));
}

const bothTimes = (ratio: Ratio | undefined): string[] => [times(ratio?.byCpu), times(ratio?.byClock)];

function perServer(results: readonly HttpResult[], cells: (result: HttpResult) => string[]): string {
  const servers = STORE_SERVERS.filter(({ name }) => results.some(({ server }) => server === name));
  const of = (name: string, path: PathName): string[] =>
    results.filter((one) => one.server === name && one.path === path).flatMap(cells);
  const rows = servers.map(({ name, label }) => [label, ...STORE_PATHS.flatMap((path) => of(name, path))]);
  return table(["server", ...HEADS], rows);
}

export function memoryText({ connectRedis, dataAlone, coatcheck, index }: MemoryResult): string {
  const row = (label: string, bytes: number): string[] => [label, bytes.toFixed(0), times(bytes / connectRedis)];
  const adds = index.map(({ sessionsEach, bytes }) => [
    `the owner index adds, ${sessionsEach} session${sessionsEach > 1 ? "s" : ""} an owner`,
    `+${bytes.toFixed(0)}`,
    `+${times(bytes / connectRedis)}`,
  ]);
  const rows = [
    row("express-session + connect-redis", connectRedis),
    row("connect-redis, the data without the cookie's attributes", dataAlone),
    row("coatcheck, redisStore", coatcheck),
    ...adds,
  ];
  return `${stamp()}, ${SESSIONS.toLocaleString("en-US")} sessions of ${SIZE} bytes of JSON in six keys, each case in a Redis of its own:

${table(["store", "bytes a session", "of connect-redis"], rows)}`;
}

export function racesText(results: readonly RaceResult[]): string {
  const lost = ({ lost, acknowledged }: Writes): string => `${lost} of ${acknowledged}`;
  const rows = results.map(({ server, pairs, crowd, cameBack, toldSaved }) => [
    server.label,
    lost(pairs),
    lost(crowd),
    `${cameBack} of ${LOGOUTS}`,
    `${toldSaved} of ${LOGOUTS}`,
  ]);
  const head = [
    "server",
    `writes lost, ${PAIRS} pairs`,
    `writes lost, ${CROWD} at once`,
    "sessions back after logout",
    "late writes told to be saved",
  ];
  return `${stamp()}:

${table(head, rows)}`;
}
