// A private Redis primary with two replicas, watched by three sentinels.
import { setTimeout as sleep } from "node:timers/promises";
import { type RedisOptions, type RedisServer, startRedisProgram } from "./redis.ts";

export interface SentinelGround {
  /** What the sentinels call the primary. */
  readonly name: string;
  readonly servers: readonly RedisServer[];
  /** For node-redis: `createSentinel({ name, sentinelRootNodes })`; for ioredis: `new Redis({ name, sentinels })`. */
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** The server that the sentinels say is the primary. */
  primary(): Promise<RedisServer>;
  stop(): Promise<void>;
}

interface SentinelOptions extends RedisOptions {
  /** After how long without an answer the primary counts as dead, in ms; default 1,000. Redis's own default is 30,000. */
  readonly downAfter?: number;
}

const NAME = "main";
const SENTINELS = 3;
const REPLICAS = 2;
/** So many sentinels have to agree that the primary is down. */
const QUORUM = 2;
const START_LIMIT = 10 * 60_000;

export async function startSentinel({ downAfter = 1_000, ...options }: SentinelOptions = {}): Promise<SentinelGround> {
  const primary = await startOne(options, []);
  const follow = ["--replicaof", `127.0.0.1 ${primary.port}`];
  const replicas = await Promise.all(Array.from({ length: REPLICAS }, () => startOne(options, follow)));
  const servers = [primary, ...replicas];
  // Sentinels look at replicas every ten seconds, so these should be in step when they look first.
  await until(async () => String(await primary.command("INFO", "replication")).split("state=online").length > REPLICAS);
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startWatcher(primary.port, downAfter)));
  const stop = async (): Promise<void> => {
    await Promise.all([...sentinels, ...servers].map((server) => server.stop()));
  };
  try {
    await until(async () => (await Promise.all(sentinels.map(isReady))).every(Boolean));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    name: NAME,
    servers,
    sentinels: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })),
    primary: () => primaryOf(servers, sentinels),
    stop,
  };
}

function startOne({ appendonly = false, args = [] }: RedisOptions, follow: readonly string[]): Promise<RedisServer> {
  const log = appendonly ? ["--appendonly", "yes", "--appendfsync", appendonly] : [];
  const copies = ["--repl-diskless-sync-delay", "0"];
  return startRedisProgram({ name: "sentinel-redis", args: ["--save", "", ...copies, ...log, ...args, ...follow] });
}

function startWatcher(primaryPort: number, downAfter: number): Promise<RedisServer> {
  const lines = [
    `sentinel monitor ${NAME} 127.0.0.1 ${primaryPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${NAME} ${downAfter}`,
    `sentinel failover-timeout ${NAME} 10000`,
  ];
  return startRedisProgram({
    name: "sentinel",
    configuration: lines.join("\n"),
    args: ["--sentinel"],
    ready: "+monitor master",
  });
}

/** It knows the other sentinels and the replicas, and that these have their copies. */
async function isReady(sentinel: RedisServer): Promise<boolean> {
  const primary = pairs(await sentinel.command("SENTINEL", "MASTER", NAME));
  if (Number(primary.get("num-slaves")) < REPLICAS) return false;
  if (Number(primary.get("num-other-sentinels")) < SENTINELS - 1) return false;
  const replicas = (await sentinel.command("SENTINEL", "REPLICAS", NAME)) as unknown[];
  return replicas.every((replica) => pairs(replica).get("master-link-status") === "ok");
}

async function primaryOf(servers: readonly RedisServer[], sentinels: readonly RedisServer[]): Promise<RedisServer> {
  const answers = sentinels.map((sentinel) => sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME));
  const [, port] = (await Promise.any(answers)) as [string, string];
  const found = servers.find((server) => server.port === Number(port));
  if (!found) throw new Error(`the sentinels name a primary at port ${port}, which is none of ours`);
  return found;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + START_LIMIT; !(await condition()); await sleep(50)) {
    if (Date.now() > limit) throw new Error(`the sentinels were not ready within ${START_LIMIT} ms`);
  }
}

/** Redis tells a record as names and values in turn, or as an object, by the version of the protocol. */
function pairs(answer: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(answer)) return new Map(Object.entries(answer as Record<string, string>));
  const words = answer as string[];
  return new Map(Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i] ?? "", words[2 * i + 1] ?? ""]));
}
