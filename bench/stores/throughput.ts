// Reads and writes over HTTP: round by round with servers started anew, path by path, all servers in turn.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningServer, runLoad } from "../processes.ts";
import { median } from "../statistics.ts";
import { checkAnswers, createVisitors } from "../visitors.ts";
import type { Databases } from "./servers/stores.ts";
import { STORE_SERVERS, type StoreServer, startStoreServer } from "./servers.ts";

export const STORE_PATHS = ["read", "write"] as const;
export type StorePath = (typeof STORE_PATHS)[number];

export interface Extent {
  readonly rounds: number;
  /** How long one path of one server is measured in each round. */
  readonly seconds: number;
}

/** How one server did beside another: medians of the rounds' ratios. */
export interface Ratio {
  /** Requests per second of the server's own processor time. */
  readonly byCpu: number;
  /** Requests per second of the clock. */
  readonly byClock: number;
}

export interface Throughput {
  readonly server: StoreServer;
  readonly path: StorePath;
  readonly requestsPerSecond: number;
  /** Beside the same framework without sessions. */
  readonly kept?: Ratio | undefined;
  /** Beside what users have today on the same framework and database. */
  readonly besidePeer?: Ratio | undefined;
}

interface Sample {
  readonly perSecond: number;
  readonly perCpuSecond: number;
}

type Samples = ReadonlyMap<string, Readonly<Record<StorePath, Sample[]>>>;

interface Candidate {
  readonly server: StoreServer;
  readonly running: RunningServer;
  readonly cookies: string;
}

const WARM_UP_SECONDS = 1;

/** @param progress Gets a line for every step. */
export async function measureThroughput(
  extent: Extent,
  databases: Databases,
  progress: (line: string) => void,
): Promise<Throughput[]> {
  const samples: Samples = new Map(STORE_SERVERS.map(({ name }) => [name, { read: [], write: [] }]));
  for (let round = 1; round <= extent.rounds; round++) {
    const say = (line: string): void => progress(`round ${round}/${extent.rounds}  ${line}`);
    // Another server begins each round, so that none always follows the same one.
    const start = (round - 1) % STORE_SERVERS.length;
    const inTurn = [...STORE_SERVERS.slice(start), ...STORE_SERVERS.slice(0, start)];
    await runRound(inTurn, extent.seconds, databases, samples, say);
  }
  return STORE_SERVERS.flatMap((server) => STORE_PATHS.map((name) => resultOf(samples, server, name)));
}

async function runRound(
  servers: readonly StoreServer[],
  seconds: number,
  databases: Databases,
  samples: Samples,
  progress: (line: string) => void,
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "coatcheck-bench-"));
  const candidates: Candidate[] = [];
  try {
    for (const server of servers) {
      progress(`starting and checking ${server.label}`);
      const candidate = await prepare(server, databases, path.join(directory, server.name));
      candidates.push(candidate);
      for (const name of STORE_PATHS) await load(candidate, name, WARM_UP_SECONDS);
    }
    for (const name of STORE_PATHS) {
      for (const candidate of candidates) {
        const sample = await load(candidate, name, seconds);
        samples.get(candidate.server.name)?.[name].push(sample);
        progress(`${name.padEnd(6)} ${candidate.server.label.padEnd(36)} ${Math.round(sample.perSecond)} req/s`);
      }
    }
  } finally {
    for (const { running } of candidates) running.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Starts a server, gives its visitors their sessions, and sees that it answers as it must. */
async function prepare(server: StoreServer, databases: Databases, cookies: string): Promise<Candidate> {
  const running = await startStoreServer(server.name, databases);
  try {
    const visitors = await createVisitors(running.address);
    await checkAnswers(server, running.address, visitors);
    writeFileSync(cookies, `${visitors.own.join("\n")}\n`);
    return { server, running, cookies };
  } catch (error) {
    running.stop();
    throw new Error(`${server.label} does not answer as it must.`, { cause: error });
  }
}

async function load({ running, server, cookies }: Candidate, name: StorePath, seconds: number): Promise<Sample> {
  const before = await running.cpuSeconds();
  const result = await runLoad(`${running.address}/${name}`, seconds, cookies);
  const used = (await running.cpuSeconds()) - before;
  if (result.failed > 0) throw new Error(`${server.label} failed ${result.failed} requests of the path ${name}.`);
  return { perSecond: result.requests / result.seconds, perCpuSecond: result.requests / used };
}

function resultOf(samples: Samples, server: StoreServer, name: StorePath): Throughput {
  const own = samples.get(server.name)?.[name] ?? [];
  return {
    server,
    path: name,
    requestsPerSecond: median(own.map(({ perSecond }) => perSecond)),
    kept: ratio(own, samples.get(server.base ?? "")?.[name]),
    besidePeer: ratio(own, samples.get(server.peer ?? "")?.[name]),
  };
}

/** Round by round, so that what else the machine was doing then weighs on both. */
function ratio(own: readonly Sample[], other: readonly Sample[] | undefined): Ratio | undefined {
  if (!other) return undefined;
  const of = (rate: keyof Sample): number =>
    median(own.map((sample, round) => sample[rate] / (other[round]?.[rate] ?? Number.NaN)));
  return { byCpu: of("perCpuSecond"), byClock: of("perSecond") };
}
