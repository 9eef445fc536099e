// What the tests of the PostgreSQL store share: a server with a store on it, and records and changes in few words.
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { generateId, keyOfId } from "../../src/core/id.ts";
import type { Change, Replacement, SessionRecord } from "../../src/core/store.ts";
import { type PostgresStore, type PostgresStoreOptions, postgresStore } from "../../src/stores/postgres.ts";
import { type PostgresServer, startPostgres } from "../support/servers/postgres.ts";

interface PostgresBench {
  readonly server: PostgresServer;
  readonly pool: pg.Pool;
  readonly store: PostgresStore;
  /** Another store on the same server, with a pool of its own; both end with the test. */
  another(
    options?: Partial<PostgresStoreOptions>,
    settings?: pg.PoolConfig,
  ): PostgresStore & { readonly pool: pg.Pool };
  /** All rows of a query, each as an array. */
  rows(text: string, values?: unknown[]): Promise<unknown[][]>;
}

/** A private server with the table made, gone in the end. @param args Settings: `["max_connections=20"]`. */
export async function postgresBench(
  t: { after(end: () => Promise<void>): void },
  args: readonly string[] = [],
): Promise<PostgresBench> {
  const server = await startPostgres({ durable: false, args });
  const pools: pg.Pool[] = [];
  const stores: PostgresStore[] = [];
  const another: PostgresBench["another"] = (more = {}, settings = {}) => {
    const pool = new pg.Pool({ connectionString: server.url, max: 8, ...settings });
    const store = postgresStore({ pool, timeout: FAR, ...more });
    pools.push(pool);
    stores.push(store);
    return Object.assign(store, { pool });
  };
  const store = another();
  await store.migrate();
  t.after(async () => {
    for (const each of stores) await each.close();
    // A test that failed may hold a connection; the server ends it.
    await Promise.race([Promise.all(pools.map((pool) => pool.end())), sleep(2_000, undefined, { ref: false })]);
    await server.stop();
  });
  const rows = async (text: string, values: unknown[] = []): Promise<unknown[][]> =>
    (await store.pool.query<unknown[]>({ text, values, rowMode: "array" })).rows;
  return { server, pool: store.pool, store, another, rows };
}

/** A deadline that no call reaches on a machine that is merely busy, in ms. */
const FAR = 10 * 60_000;

export function newKey(): string {
  return keyOfId(generateId());
}

export function record(
  fields: Readonly<Record<string, string>> = {},
  more: Partial<SessionRecord> = {},
): SessionRecord {
  const now = Date.now();
  const map = new Map(Object.entries(fields));
  return { fields: map, createdAt: now, expiresAt: now + 3_600_000, owner: undefined, version: 1, ...more };
}

export function change(set: Readonly<Record<string, string>> = {}, more: Partial<Change> = {}): Change {
  return { set: new Map(Object.entries(set)), remove: new Set(), expiresAt: 0, ...more };
}

export function replacement(more: Partial<Replacement> = {}): Replacement {
  const now = Date.now();
  return { set: new Map(), remove: new Set(), createdAt: now, expiresAt: now + 3_600_000, owner: undefined, ...more };
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
