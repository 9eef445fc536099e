// A private Redis Cluster: three primaries, each with a replica.
import { setTimeout as sleep } from "node:timers/promises";
import { type RedisServer, startRedisProgram } from "./redis.ts";

export interface RedisCluster {
  readonly nodes: readonly RedisServer[];
  /** For node-redis: `createCluster({ rootNodes: cluster.rootNodes })`. */
  readonly rootNodes: readonly { readonly url: string }[];
  /** For ioredis: `new Cluster(cluster.startupNodes)`. */
  readonly startupNodes: readonly { readonly host: string; readonly port: number }[];
  /** Which node serves the key now, and which replicas follow it. */
  ownersOf(key: string): Promise<{ readonly primary: RedisServer; readonly replicas: readonly RedisServer[] }>;
  /** Until every slot is served, and each replica is in step. */
  untilReady(): Promise<void>;
  stop(): Promise<void>;
}

interface ClusterOptions {
  /** After how long without an answer a node counts as dead, in ms; default 2,000. Redis's own default is 15,000. */
  readonly nodeTimeout?: number;
  readonly appendonly?: false | "always" | "everysec";
  readonly args?: readonly string[];
}

const PRIMARIES = 3;
const NODES = 6;
const SLOTS = 16_384;
const START_LIMIT = 10 * 60_000;

export async function startRedisCluster(options: ClusterOptions = {}): Promise<RedisCluster> {
  const nodes = await Promise.all(
    Array.from({ length: NODES }, () => startRedisProgram({ name: "cluster", args: clusterArgs(options) })),
  );
  const stop = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    await join(nodes);
    await untilReady(nodes);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodes,
    rootNodes: nodes.map(({ url }) => ({ url })),
    startupNodes: nodes.map(({ port }) => ({ host: "127.0.0.1", port })),
    ownersOf: (key) => ownersOf(nodes, key),
    untilReady: () => untilReady(nodes),
    stop,
  };
}

function clusterArgs({ nodeTimeout = 2_000, appendonly = false, args = [] }: ClusterOptions): string[] {
  const log = appendonly ? ["--appendonly", "yes", "--appendfsync", appendonly] : [];
  const cluster = ["--cluster-enabled", "yes", "--cluster-node-timeout", String(nodeTimeout)];
  // A replica waits so long for others to connect before a first copy; here all of them connect at once.
  const copies = ["--repl-diskless-sync-delay", "0"];
  return ["--save", "", ...cluster, ...copies, ...log, ...args];
}

async function join(nodes: readonly RedisServer[]): Promise<void> {
  const [first, ...others] = nodes;
  if (!first) return;
  await Promise.all(nodes.map((node, i) => node.command("CLUSTER", "SET-CONFIG-EPOCH", String(i + 1))));
  await Promise.all(nodes.slice(0, PRIMARIES).map((node, i) => node.command("CLUSTER", "ADDSLOTS", ...slotsOf(i))));
  for (const node of others) await node.command("CLUSTER", "MEET", "127.0.0.1", String(first.port));
  await until(async () => (await Promise.all(nodes.map(knownNodes))).every((known) => known === NODES));
  await Promise.all(
    nodes.slice(PRIMARIES).map(async (node, i) => {
      const id = String(await nodes[i]?.command("CLUSTER", "MYID"));
      await node.command("CLUSTER", "REPLICATE", id);
    }),
  );
}

function slotsOf(primary: number): string[] {
  const from = Math.ceil((SLOTS * primary) / PRIMARIES);
  const to = Math.ceil((SLOTS * (primary + 1)) / PRIMARIES);
  return Array.from({ length: to - from }, (_, i) => String(from + i));
}

async function knownNodes(node: RedisServer): Promise<number> {
  const lines = (await clusterNodes(node)).filter((line) => !line.includes("handshake"));
  return lines.length;
}

async function clusterNodes(node: RedisServer): Promise<string[]> {
  return String(await node.command("CLUSTER", "NODES"))
    .trim()
    .split("\n");
}

/** All say that every slot is served, and that half of them are replicas; and each replica has its copy. */
async function untilReady(nodes: readonly RedisServer[]): Promise<void> {
  await until(async () => (await Promise.all(nodes.map(isReady))).every(Boolean));
}

async function isReady(node: RedisServer): Promise<boolean> {
  const info = String(await node.command("CLUSTER", "INFO"));
  const lines = await clusterNodes(node);
  const replication = String(await node.command("INFO", "replication"));
  return (
    info.includes("cluster_state:ok") &&
    info.includes(`cluster_slots_ok:${SLOTS}`) &&
    lines.filter((line) => /\bslave\b/.test(line)).length === NODES - PRIMARIES &&
    !lines.some((line) => /fail|handshake|noaddr/.test(line)) &&
    !replication.includes("master_link_status:down") &&
    (replication.includes("role:slave") || replication.includes("state=online"))
  );
}

/** CLUSTER NODES has a line for each: `<id> <host>:<port>@<bus> <flags> <id of its primary> … <first>-<last slot>`. */
async function ownersOf(nodes: readonly RedisServer[], key: string): ReturnType<RedisCluster["ownersOf"]> {
  const witness = await firstAlive(nodes);
  const slot = Number(await witness.command("CLUSTER", "KEYSLOT", key));
  const lines = (await clusterNodes(witness)).map((line) => line.split(" "));
  const serving = lines.find(([, , , , , , , , ...ranges]) => ranges.some((range) => includes(range, slot)));
  const following = lines.filter(([, , , primary]) => primary === serving?.[0]);
  const [primary, ...replicas] = [serving, ...following].map((line) => nodeAt(nodes, line?.[1]));
  if (!primary) throw new Error(`no node serves slot ${slot}`);
  return { primary, replicas: replicas.filter((node) => node !== undefined) };
}

async function firstAlive(nodes: readonly RedisServer[]): Promise<RedisServer> {
  return Promise.any(nodes.map((node) => node.command("PING").then(() => node)));
}

function includes(range: string, slot: number): boolean {
  const [from, to = from] = range.split("-").map(Number);
  return from !== undefined && to !== undefined && from <= slot && slot <= to;
}

function nodeAt(nodes: readonly RedisServer[], address: string | undefined): RedisServer | undefined {
  const port = /:(\d+)@/.exec(address ?? "")?.[1];
  return nodes.find((node) => String(node.port) === port);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const limit = Date.now() + START_LIMIT; !(await condition()); await sleep(50)) {
    if (Date.now() > limit) throw new Error(`the cluster was not ready within ${START_LIMIT} ms`);
  }
}
