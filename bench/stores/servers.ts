// The servers of this comparison, by name, how each is started, and the databases that they share.
import { startPostgres } from "../../test/fixtures/servers/postgres.ts";
import { startRedis } from "../../test/fixtures/servers/redis.ts";
import { type RunningServer, startServer } from "../processes.ts";
import type { ServerUnderTest } from "../servers.ts";
import type { Databases } from "./stores.ts";

export interface StoreServer extends ServerUnderTest {
  /** It has the routes that the test of races asks. */
  readonly races?: true;
}

export const STORE_SERVERS: readonly StoreServer[] = [
  { name: "express", label: "express", isBare: true },
  { name: "connect-redis", label: "express-session + connect-redis", base: "express", races: true },
  {
    name: "coatcheck-express-redis",
    label: "coatcheck on express, redisStore",
    base: "express",
    peer: "connect-redis",
    races: true,
  },
  { name: "connect-pg-simple", label: "express-session + connect-pg-simple", base: "express", races: true },
  {
    name: "coatcheck-express-postgres",
    label: "coatcheck on express, postgresStore",
    base: "express",
    peer: "connect-pg-simple",
    races: true,
  },
  { name: "fastify", label: "fastify", isBare: true },
  { name: "fastify-session", label: "@fastify/session + connect-redis", base: "fastify", races: true },
  {
    name: "coatcheck-fastify-redis",
    label: "coatcheck on fastify, redisStore",
    base: "fastify",
    peer: "fastify-session",
  },
  { name: "hono", label: "hono", isBare: true },
  { name: "coatcheck-hono-redis", label: "coatcheck on hono, redisStore", base: "hono" },
  { name: "coatcheck-hono-postgres", label: "coatcheck on hono, postgresStore", base: "hono" },
];

const START = new URL("./serve.ts", import.meta.url);

export function startStoreServer(name: string, { redis, postgres }: Databases): Promise<RunningServer> {
  return startServer(START, name, redis, postgres);
}

/** Runs `work` with a Redis and a PostgreSQL of its own, which are gone afterwards. */
export async function withDatabases<Result>(work: (databases: Databases) => Promise<Result>): Promise<Result> {
  const redis = await startRedis();
  try {
    const postgres = await startPostgres();
    try {
      return await work({ redis: redis.url, postgres: postgres.url });
    } finally {
      await postgres.stop();
    }
  } finally {
    await redis.stop();
  }
}
