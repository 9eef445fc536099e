// Connections to Redis and PostgreSQL, made for one command and closed after it. They know no session.
import type { PgPool } from "../../stores/postgres/pool.ts";
import type { RedisClient } from "../../stores/redis/clients.ts";
import { CliError, EXIT, reasonOf } from "../exit.ts";
import type { Address } from "./address.ts";
import { loadPg, loadRedis } from "./peers.ts";

/** How long a server may take to let us in, in ms. */
const CONNECT_TIMEOUT = 5_000;
/** How many statements an import has under way at once. */
const POOL_SIZE = 16;

export interface RedisConnection {
  /** For `redisStore`. */
  readonly client: RedisClient;
  /** One command to this very server; texts come as text. */
  command(...words: string[]): Promise<unknown>;
  /** The same, with bytes as they are. */
  bytes(...words: string[]): Promise<unknown>;
  close(): void;
}

export interface PostgresConnection {
  /** For `postgresStore`. */
  readonly pool: PgPool;
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The same for columns without names. */
  rows(text: string, values: readonly unknown[]): Promise<(string | null)[][]>;
  close(): Promise<void>;
}

/** RESP's type of strings, which node-redis would make text. */
const BLOB_STRING = 36;

/** @throws CliError when the package `redis` is missing, or the server does not let us in. */
export async function connectRedis(address: Address): Promise<RedisConnection> {
  const { createClient, createCluster } = await loadRedis();
  const socket = { reconnectStrategy: false, connectTimeout: CONNECT_TIMEOUT } as const;
  const single = createClient({ url: address.target, socket });
  single.on("error", () => {});
  try {
    await single.connect();
    const isCluster = String(await single.sendCommand(["INFO", "cluster"])).includes("cluster_enabled:1");
    const { username, password } = new URL(address.target);
    const login = password === "" ? {} : { username: decode(username), password: decode(password) };
    const cluster = isCluster ? createCluster({ rootNodes: [{ url: address.target }], defaults: login }) : undefined;
    cluster?.on("error", () => {});
    await cluster?.connect();
    return {
      client: cluster ?? single,
      command: (...words) => single.sendCommand(words),
      bytes: (...words) => single.sendCommand(words, { typeMapping: { [BLOB_STRING]: Buffer } }),
      close() {
        cluster?.destroy();
        single.destroy();
      },
    };
  } catch (error) {
    if (single.isOpen) single.destroy();
    throw unreachable(address, error);
  }
}

/** @throws CliError when the package `pg` is missing, or the server does not let us in. */
export async function connectPostgres(address: Address): Promise<PostgresConnection> {
  const { Pool } = await loadPg();
  const pool = new Pool({
    connectionString: address.target,
    max: POOL_SIZE,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: "coatcheck",
  });
  pool.on("error", () => {});
  try {
    (await pool.connect()).release();
  } catch (error) {
    await pool.end();
    throw unreachable(address, error);
  }
  return {
    pool: pool as PgPool,
    query: async <Row extends object>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<Row>(text, [...values])).rows,
    rows: async (text, values) => (await pool.query({ text, values: [...values], rowMode: "array" })).rows,
    close: () => pool.end(),
  };
}

function unreachable({ shown }: Address, error: unknown): CliError {
  return new CliError(
    EXIT.unreachable,
    "STORE_UNREACHABLE",
    `${shown} can't be reached: ${reasonOf(error)}. Check that the server runs, the address, the user and the password.`,
    error,
  );
}

function decode(text: string): string {
  return text === "" ? "default" : decodeURIComponent(text);
}
