// The stores under test, each set up as its own documentation does, upon the same Redis and PostgreSQL.

import type { FastifySessionOptions } from "@fastify/session";
import type { SessionStore } from "coatcheck";
import type { Store } from "express-session";

export interface Databases {
  readonly redis: string;
  readonly postgres: string;
}

async function redisClient(url: string) {
  const { createClient } = await import("redis");
  const client = createClient({ url });
  client.on("error", console.error);
  await client.connect();
  return client;
}

async function postgresPool(connectionString: string) {
  const { default: pg } = await import("pg");
  return new pg.Pool({ connectionString });
}

export async function connectRedis({ redis }: Databases): Promise<Store> {
  const { RedisStore } = await import("connect-redis");
  return new RedisStore({ client: await redisClient(redis) });
}

/** @fastify/session takes the stores of express-session, as its README says; its types are stricter than theirs. */
export function forFastify(store: Store): NonNullable<FastifySessionOptions["store"]> {
  return store as unknown as NonNullable<FastifySessionOptions["store"]>;
}

export async function connectPgSimple({ postgres }: Databases): Promise<Store> {
  const { default: connect } = await import("connect-pg-simple");
  const { default: session } = await import("express-session");
  const PgStore = connect(session);
  return new PgStore({ pool: await postgresPool(postgres), createTableIfMissing: true });
}

export async function coatcheckRedis({ redis }: Databases): Promise<SessionStore> {
  const { redisStore } = await import("coatcheck/redis");
  return redisStore({ client: await redisClient(redis) });
}

export async function coatcheckPostgres({ postgres }: Databases): Promise<SessionStore> {
  const { postgresStore } = await import("coatcheck/postgres");
  const store = postgresStore({ pool: await postgresPool(postgres) });
  await store.migrate();
  return store;
}
