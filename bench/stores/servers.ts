// The servers of this comparison, by name, how each is started, and the databases that they share.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startPostgres } from "../../test/support/servers/postgres.ts";
import { startRedis } from "../../test/support/servers/redis.ts";
import { isPinned, type RunningServer } from "../processes.ts";
import type { ServerUnderTest } from "../servers.ts";
import type { Databases } from "./servers/stores.ts";

export interface StoreServer extends ServerUnderTest {
  /** The one that users have today, upon the same framework and database. */
  readonly peer?: string;
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

const SERVER_CORE = "0";
const START = fileURLToPath(new URL("serve.ts", import.meta.url));

/** Starts a server under test in a process of its own. */
export async function startStoreServer(name: string, { redis, postgres }: Databases): Promise<RunningServer> {
  const node = [process.execPath, ...process.execArgv, START, name, redis, postgres];
  const [program = "", ...args] = isPinned ? ["taskset", "-c", SERVER_CORE, ...node] : node;
  const env = { ...process.env, NODE_ENV: "production" };
  const server = spawn(program, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The server ${name} has ended.`);
    return value;
  };
  return {
    address: `http://127.0.0.1:${await nextLine()}`,
    async cpuSeconds() {
      server.stdin.write("\n");
      return Number(await nextLine()) / 1e6;
    },
    stop: () => void server.kill(),
  };
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
