// The measurement over HTTP: round by round, with servers started anew for each, path by path, all servers in turn.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningServer, runLoad, startServer } from "./processes.ts";
import { SERVERS, type ServerUnderTest } from "./servers.ts";
import { median } from "./statistics.ts";
import { checkAnswers, createVisitors } from "./visitors.ts";

export const PATHS = ["read", "anonymous", "forged", "write"] as const;
export type PathName = (typeof PATHS)[number];

export interface HttpOptions {
  readonly rounds: number;
  /** How long one path of one server is measured in each round. */
  readonly seconds: number;
  readonly paths: readonly PathName[];
  readonly servers: readonly ServerUnderTest[];
}

/** What one server showed on one path: medians over the rounds. */
export interface HttpResult {
  readonly server: string;
  readonly path: PathName;
  readonly requestsPerSecond: number;
  /**
   * Requests per second of the server's own processor time, as a share of the framework's without sessions: the
   * throughput kept where the server is what limits it, whatever else the machine does. `undefined` for the framework.
   */
  readonly kept: number | undefined;
  /** The same by requests per second of the clock: waiting, for a disk for one, counts, and so do other programs. */
  readonly keptByClock: number | undefined;
}

/** What one run of the load showed. */
interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

type Samples = ReadonlyMap<ServerUnderTest, Readonly<Record<PathName, Sample[]>>>;

/** A server under test in one round. */
interface Candidate {
  readonly server: ServerUnderTest;
  readonly running: RunningServer;
  /** Files with a Cookie header a line. */
  readonly cookies: Readonly<Record<PathName, string | undefined>>;
}

const ROUTES: Readonly<Record<PathName, string>> = {
  read: "/read",
  anonymous: "/has",
  forged: "/has",
  write: "/write",
};
const START = new URL("serve.ts", import.meta.url);
const WARM_UP_SECONDS = 1;

/** @param progress Gets a line for every step. */
export async function measureHttp(options: HttpOptions, progress: (line: string) => void): Promise<HttpResult[]> {
  const samples: Samples = new Map(
    options.servers.map((server) => [server, { read: [], anonymous: [], forged: [], write: [] }]),
  );
  for (let round = 1; round <= options.rounds; round++) {
    // Another server begins each round, so that none always follows the same one.
    const inTurn = { ...options, servers: rotated(options.servers, round - 1) };
    await runRound(inTurn, samples, (line) => progress(`round ${round}/${options.rounds}  ${line}`));
  }
  return options.servers.flatMap((server) => options.paths.map((name) => resultOf(samples, server, name)));
}

/**
 * How the compiler optimizes a server differs from start to start, so each round starts them all. Each is measured while it
 * is warm: of a server that was idle for a minute V8 throws the optimized code away.
 */
async function runRound(options: HttpOptions, samples: Samples, progress: (line: string) => void): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "coatcheck-bench-"));
  try {
    for (const server of options.servers) {
      progress(`starting and checking ${server.label}`);
      const candidate = await prepare(server, path.join(directory, server.name));
      try {
        for (const name of options.paths) await load(candidate, name, WARM_UP_SECONDS);
        for (const name of options.paths) {
          const sample = await load(candidate, name, options.seconds);
          samples.get(server)?.[name].push(sample);
          progress(`${name.padEnd(9)}  ${server.label.padEnd(32)}  ${Math.round(sample.perSecond)} req/s`);
        }
      } finally {
        candidate.running.stop();
      }
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts a server, gives its visitors their sessions, and sees that it answers as it must. */
async function prepare(server: ServerUnderTest, directory: string): Promise<Candidate> {
  mkdirSync(directory, { mode: 0o700 });
  const running = await startServer(START, server.name, path.join(directory, "store"));
  try {
    const visitors = await createVisitors(running.address);
    await checkAnswers(server, running.address, visitors);
    const own = path.join(directory, "own");
    const forged = path.join(directory, "forged");
    writeFileSync(own, `${visitors.own.join("\n")}\n`);
    writeFileSync(forged, `${visitors.forged.join("\n")}\n`);
    return { server, running, cookies: { read: own, anonymous: undefined, forged, write: own } };
  } catch (error) {
    running.stop();
    throw new Error(`${server.label} does not answer as it must.`, { cause: error });
  }
}

async function load({ running, server, cookies }: Candidate, name: PathName, seconds: number): Promise<Sample> {
  const before = await running.cpuSeconds();
  const result = await runLoad(running.address + ROUTES[name], seconds, cookies[name]);
  const used = (await running.cpuSeconds()) - before;
  if (result.failed > 0) throw new Error(`${server.label} failed ${result.failed} requests of the path ${name}.`);
  return { perSecond: result.requests / result.seconds, perCpuSecond: result.requests / used };
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

function resultOf(samples: Samples, server: ServerUnderTest, name: PathName): HttpResult {
  const own = samples.get(server)?.[name] ?? [];
  const base = [...samples].find(([other]) => other.name === server.base)?.[1][name];
  // Of the same round, so that what else the machine was doing then weighs on both.
  const kept = (rate: keyof Sample): number | undefined =>
    base && median(own.map((sample, round) => sample[rate] / (base[round]?.[rate] ?? Number.NaN)));
  return {
    server: server.name,
    path: name,
    requestsPerSecond: median(own.map(({ perSecond }) => perSecond)),
    kept: kept("perCpuSecond"),
    keptByClock: kept("perSecond"),
  };
}

/** The named servers, or all, each with the one that it is compared with. */
export function chooseServers(names: readonly string[] | undefined): ServerUnderTest[] {
  const wanted = SERVERS.filter(({ name }) => names?.includes(name) ?? true);
  const bases = new Set(wanted.map(({ base }) => base));
  return SERVERS.filter((server) => wanted.includes(server) || bases.has(server.name));
}
