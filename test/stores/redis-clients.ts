// Connected clients of each kind for tests, and wrappers that lose commands as a crash or a cut connection does.
import { Cluster, Redis } from "ioredis";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import type { RedisClient } from "../../src/stores/redis.ts";
import type { RedisCluster } from "../support/servers/cluster.ts";
import type { SentinelGround } from "../support/servers/sentinel.ts";

export interface Connected<Client extends RedisClient = RedisClient> {
  readonly client: Client;
  close(): unknown;
}

export async function nodeRedis(url: string) {
  const client = createClient({ url });
  client.on("error", () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export async function nodeRedisPool(url: string) {
  const client = createClientPool({ url });
  client.on("error", () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export async function nodeRedisCluster(cluster: RedisCluster) {
  const client = createCluster({ rootNodes: [...cluster.rootNodes] });
  client.on("error", () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export async function nodeRedisSentinel({ name, sentinels }: SentinelGround) {
  const client = createSentinel({ name, sentinelRootNodes: [...sentinels] });
  client.on("error", () => {});
  await client.connect();
  return { client, close: () => client.destroy() };
}

export async function ioRedis(url: string) {
  const client = new Redis(url);
  client.on("error", () => {});
  await client.ping();
  return { client, close: () => client.disconnect() };
}

export async function ioRedisSentinel({ name, sentinels }: SentinelGround) {
  const client = new Redis({ name, sentinels: [...sentinels] });
  client.on("error", () => {});
  await client.ping();
  return { client, close: () => client.disconnect() };
}

export async function ioRedisCluster(cluster: RedisCluster) {
  const client = new Cluster([...cluster.startupNodes]);
  client.on("error", () => {});
  await client.ping();
  return { client, close: () => client.disconnect() };
}

type Send = (...args: unknown[]) => Promise<unknown>;

/** The client with another way to send: `send` is the client's own, `args` are its arguments, the last the command. */
export function wrapped<Client extends RedisClient>(
  client: Client,
  send: (send: Send, args: unknown[]) => Promise<unknown>,
): Client {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      const own: Send = value.bind(target);
      return name === "sendCommand" ? (...args: unknown[]) => send(own, args) : own;
    },
  });
}

/** The command that goes with a call of a client of the package redis. */
export function commandOf(args: readonly unknown[]): readonly string[] {
  const command = args.find(Array.isArray);
  return command ?? [];
}

/**
 * A client whose process dies: after so many commands no more is sent; or one more is sent, and its answer never comes.
 */
export function dying<Client extends RedisClient>(client: Client, after: number, last: "sent" | "not sent") {
  let count = 0;
  const dead = wrapped(client, async (send, args) => {
    count++;
    if (count <= after) return send(...args);
    if (count === after + 1 && last === "sent") await send(...args);
    throw new Error("The process has died.");
  });
  return { client: dead, hasDied: () => count > after };
}

/** A client that sends each command again, as one does whose connection was cut before the answer came. */
export function resending<Client extends RedisClient>(client: Client): Client {
  return wrapped(client, async (send, args) => {
    await send(...args);
    return send(...args);
  });
}
