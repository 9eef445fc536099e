// The measurement over HTTP: round by round with servers started anew, of which those on one framework take turns.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type RunningServer, runLoad } from "./processes.ts";
import type { ServerUnderTest } from "./servers.ts";
import { median } from "./statistics.ts";
import { checkAnswers, createVisitors } from "./visitors.ts";

export const PATHS = ["read", "anonymous", "forged", "write"] as const;
export type PathName = (typeof PATHS)[number];

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  /** How long each path of each server is measured in a round. */
  readonly seconds: number;
}

export interface HttpOptions extends Extent {
  readonly paths: readonly PathName[];
  readonly servers: readonly ServerUnderTest[];
}

/** Starts a server in a process of its own. @param directory What it may write is to go here. */
type StartServer = (server: ServerUnderTest, directory: string) => Promise<RunningServer>;

/** How one server did beside another: medians of the rounds' ratios. */
export interface Ratio {
  /** Requests per second of the server's own processor time: what counts where the server is the limit. */
  readonly byCpu: number;
  /** Requests per second of the clock: waiting, for a disk for one, counts, and so do other programs. */
  readonly byClock: number;
}

/** What one server showed on one path: medians over the rounds. */
export interface HttpResult {
  readonly server: string;
  readonly path: PathName;
  readonly requestsPerSecond: number;
  /** Beside the same framework without sessions; `undefined` for that one. */
  readonly kept: Ratio | undefined;
  /** Beside what its users have today. */
  readonly besidePeer: Ratio | undefined;
}

/** What the load of one path of one server came to in one round. */
interface Sample {
  requests: number;
  seconds: number;
  cpuSeconds: number;
}

type Samples = ReadonlyMap<string, Readonly<Record<PathName, Sample[]>>>;

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
/** Turns of a second before the first that counts: the compiler goes on optimizing for some seconds of full load. */
export const WARM_UP_TURNS = 3;
const TURN_SECONDS = 1;

/** @param progress Gets a line for every step. */
export async function measureHttp(
  options: HttpOptions,
  startServer: StartServer,
  progress: (line: string) => void,
): Promise<HttpResult[]> {
  const samples: Samples = new Map(
    options.servers.map(({ name }) => [name, { read: [], anonymous: [], forged: [], write: [] }]),
  );
  for (let round = 1; round <= options.rounds; round++) {
    const say = (line: string): void => progress(`round ${round}/${options.rounds}  ${line}`);
    for (const servers of familiesOf(options.servers)) {
      await measureFamily({ ...options, servers }, startServer, samples, say);
    }
  }
  return options.servers.flatMap((server) => options.paths.map((name) => resultOf(samples, server, name)));
}

/** The servers on one framework, its bare one first. */
function familiesOf(servers: readonly ServerUnderTest[]): ServerUnderTest[][] {
  return [...Map.groupBy(servers, ({ name, base = name }) => base).values()];
}

/**
 * How the compiler optimizes a server differs from start to start, so each round starts them all. Within a round they take
 * turns, a second at a time, so that what else the machine does weighs on all, and none is idle for long: of a server that
 * was idle for a minute V8 throws the optimized code away.
 */
async function measureFamily(
  options: HttpOptions,
  startServer: StartServer,
  samples: Samples,
  progress: (line: string) => void,
): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "coatcheck-bench-"));
  const candidates: Candidate[] = [];
  try {
    for (const server of options.servers) {
      progress(`starting and checking ${server.label}`);
      candidates.push(await prepare(server, startServer, path.join(directory, server.name)));
    }
    progress("warming up");
    for (let turn = 0; turn < WARM_UP_TURNS; turn++) await takeTurn(candidates, options.paths);
    const taken = new Map(candidates.map((candidate) => [candidate, newSamples()]));
    for (let turn = 0; turn < options.seconds; turn++) {
      // Another one begins each turn, so that none always follows the same one.
      await takeTurn(rotated(candidates, turn), options.paths, taken);
    }
    for (const [{ server }, sums] of taken) {
      for (const name of options.paths) samples.get(server.name)?.[name].push(sums[name]);
      progress(`${server.label.padEnd(42)} ${options.paths.map((name) => costOf(name, sums[name])).join("  ")}`);
    }
  } finally {
    for (const { running } of candidates) running.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const costOf = (name: PathName, { cpuSeconds, requests }: Sample): string =>
  `${name} ${((1e6 * cpuSeconds) / requests).toFixed(1)} µs`;

/** Starts a server, gives its visitors their sessions, and sees that it answers as it must. */
async function prepare(server: ServerUnderTest, startServer: StartServer, directory: string): Promise<Candidate> {
  mkdirSync(directory, { mode: 0o700 });
  const running = await startServer(server, path.join(directory, "store"));
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

/** One turn for each server on each path. @param into Where what it came to is added; without it, nothing is kept. */
async function takeTurn(
  candidates: readonly Candidate[],
  paths: readonly PathName[],
  into?: ReadonlyMap<Candidate, Record<PathName, Sample>>,
): Promise<void> {
  for (const name of paths) {
    for (const candidate of candidates) {
      const { requests, seconds, cpuSeconds } = await load(candidate, name);
      const sum = into?.get(candidate)?.[name];
      if (!sum) continue;
      sum.requests += requests;
      sum.seconds += seconds;
      sum.cpuSeconds += cpuSeconds;
    }
  }
}

async function load({ running, server, cookies }: Candidate, name: PathName): Promise<Sample> {
  const before = await running.cpuSeconds();
  const { requests, seconds, failed } = await runLoad(running.address + ROUTES[name], TURN_SECONDS, cookies[name]);
  const cpuSeconds = (await running.cpuSeconds()) - before;
  if (failed > 0) throw new Error(`${server.label} failed ${failed} requests of the path ${name}.`);
  return { requests, seconds, cpuSeconds };
}

function newSamples(): Record<PathName, Sample> {
  const none = (): Sample => ({ requests: 0, seconds: 0, cpuSeconds: 0 });
  return { read: none(), anonymous: none(), forged: none(), write: none() };
}

function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const start = by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}

const perSecond = ({ requests, seconds }: Sample): number => requests / seconds;
const perCpuSecond = ({ requests, cpuSeconds }: Sample): number => requests / cpuSeconds;

function resultOf(
  samples: Samples,
  { name: server, base = "", peer = "" }: ServerUnderTest,
  path: PathName,
): HttpResult {
  const own = samples.get(server)?.[path] ?? [];
  return {
    server,
    path,
    requestsPerSecond: median(own.map(perSecond)),
    kept: ratio(own, samples.get(base)?.[path]),
    besidePeer: ratio(own, samples.get(peer)?.[path]),
  };
}

/** Round by round, so that what else the machine was doing then weighs on both. */
function ratio(own: readonly Sample[], others: readonly Sample[] | undefined): Ratio | undefined {
  if (!others) return undefined;
  const of = (rate: (sample: Sample) => number): number =>
    median(own.map((sample, round) => rate(sample) / rate(others[round]!)));
  return { byCpu: of(perCpuSecond), byClock: of(perSecond) };
}
