// Managers as an app makes them, on the stores that have a server, with the clients' own defaults.
import type { TestContext } from "node:test";
import { Cluster, Redis } from "ioredis";
import pg from "pg";
import { createClient, createCluster, createSentinel } from "redis";
import { createManager, type SessionManager } from "../../../src/core/manager.ts";
import type { SessionStore } from "../../../src/core/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { postgresStore } from "../../../src/stores/postgres.ts";
import { type RedisClient, redisStore } from "../../../src/stores/redis.ts";
import { countCalls, type StoreCalls } from "../counting-store.ts";
import { type AnyData, SECRET } from "../manager.ts";
import type { RedisCluster } from "../servers/cluster.ts";
import type { SentinelGround } from "../servers/sentinel.ts";

/** A store and how to let go of what it is built on. */
export interface OpenedStore {
  /** The client's name, for tables. */
  readonly client: string;
  readonly store: SessionStore;
  release(): unknown;
}

export interface App {
  readonly client: string;
  readonly sessions: SessionManager<AnyData>;
  readonly calls: StoreCalls;
  /** Whether its store counts as out. */
  isOut(): boolean;
}

/** The deadline of calls that have to go well, however busy the machine is, in ms. */
export const PATIENT = 15_000;

/** The manager of a store, closed when the test ends. @param storeTimeout In ms. */
export function createApp(t: TestContext, { client, store, release }: OpenedStore, storeTimeout: number): App {
  const counted = countCalls(store);
  let isOut = false;
  const sessions = createManager<AnyData>(
    {
      secret: SECRET,
      store: counted.store,
      storeTimeout,
      onEvent({ type }) {
        if (type === "unavailable" || type === "recovered") isOut = type === "unavailable";
      },
    },
    memoryStore,
  );
  t.after(async () => {
    await sessions.close();
    await release();
  });
  return {
    client,
    sessions,
    calls: counted.calls,
    isOut: () => isOut,
  };
}

export async function openNodeRedis(url: string): Promise<OpenedStore> {
  const client = createClient({ url });
  client.on("error", ignore);
  await client.connect();
  return redisOf("node-redis", client, () => client.destroy());
}

export async function openIoRedis(url: string): Promise<OpenedStore> {
  const client = new Redis(url);
  client.on("error", ignore);
  return redisOf("ioredis", client, () => client.disconnect());
}

export async function openNodeRedisCluster({ rootNodes }: RedisCluster): Promise<OpenedStore> {
  const client = createCluster({ rootNodes: [...rootNodes] });
  client.on("error", ignore);
  await client.connect();
  return redisOf("node-redis", client, () => client.destroy());
}

export async function openIoRedisCluster({ startupNodes }: RedisCluster): Promise<OpenedStore> {
  const client = new Cluster([...startupNodes]);
  client.on("error", ignore);
  return redisOf("ioredis", client, () => client.disconnect());
}

export async function openNodeRedisSentinel({ name, sentinels }: SentinelGround): Promise<OpenedStore> {
  const client = createSentinel({ name, sentinelRootNodes: [...sentinels] });
  client.on("error", ignore);
  await client.connect();
  return redisOf("node-redis", client, () => client.destroy());
}

export async function openIoRedisSentinel({ name, sentinels }: SentinelGround): Promise<OpenedStore> {
  const client = new Redis({ name, sentinels: [...sentinels] });
  client.on("error", ignore);
  return redisOf("ioredis", client, () => client.disconnect());
}

/** Makes the table where it is missing. */
export async function openPostgres(url: string): Promise<OpenedStore> {
  const pool = new pg.Pool({ connectionString: url });
  pool.on("error", ignore);
  const store = postgresStore({ pool });
  await store.migrate();
  return { client: "pg", store, release: () => pool.end() };
}

function redisOf(name: string, client: RedisClient, release: () => unknown): OpenedStore {
  return { client: name, store: redisStore({ client }), release };
}

/** An app logs its client's errors; these tests make them on purpose. */
function ignore(): void {}
