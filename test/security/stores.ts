// Every store, for the rows of the security bar that concern records: each with data of its own, opened twice, as two
// servers of an app would, and with all that lies in it as text.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import pg from "pg";
import type { Clock, SessionStore } from "../../src/core/record/store.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { postgresStore } from "../../src/stores/postgres/index.ts";
import { redisStore } from "../../src/stores/redis/index.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { testServer } from "../fixtures/postgres/server.ts";
import { anyRedis } from "../fixtures/redis/server.ts";

/** One store's data. */
interface Place {
  /** The store, by two ways that know nothing of each other; the memory store has one way only. */
  readonly stores: readonly [SessionStore, SessionStore];
  /** All that lies in it. */
  dump(): Promise<string>;
}

export interface StoreKind {
  readonly name: string;
  /** Whether it expires records by the clock that it is given; Redis has one of its own. */
  readonly takesClock: boolean;
  /** A place of its own. @param clock Of each server; default: the store's own. */
  open(...clocks: readonly Clock[]): Promise<Place>;
}

interface StoreGround {
  readonly kinds: readonly StoreKind[];
  /** Ends the servers, and all that was opened. */
  stop(): Promise<void>;
}

/** Starts what the stores need. */
export async function startStores(): Promise<StoreGround> {
  const [redis, postgres] = await Promise.all([anyRedis(), testServer()]);
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-security-"));
  const clients = [new Redis(redis.url), new Redis(redis.url)] as const;
  const pools = [1, 2].map(() => new pg.Pool({ connectionString: postgres.url, max: 8 })) as [pg.Pool, pg.Pool];
  const opened: SessionStore[] = [];
  const tables: string[] = [];
  let places = 0;

  function place(stores: readonly [SessionStore, SessionStore], dump: () => Promise<string>): Place {
    opened.push(...new Set(stores));
    return { stores, dump };
  }

  const memory: StoreKind = {
    name: "memory",
    takesClock: true,
    async open(clock) {
      const store = memoryStore({ clock });
      return place([store, store], async () => JSON.stringify(store.browse({ limit: 100_000 }), withMaps));
    },
  };

  const sqlite: StoreKind = {
    name: "the embedded store",
    takesClock: true,
    async open(clock, clockOfSecond = clock) {
      const path = join(folder, String(++places));
      const stores = [sqliteStore({ path, clock }), sqliteStore({ path, clock: clockOfSecond })] as const;
      return place(stores, async () => filesIn(path));
    },
  };

  const redisKind: StoreKind = {
    name: "Redis",
    takesClock: false,
    async open() {
      const prefix = `security-${process.pid}-${++places}:`;
      const stores = [redisStore({ client: clients[0], prefix }), redisStore({ client: clients[1], prefix })] as const;
      return place(stores, () => dumpRedis(clients[0], prefix));
    },
  };

  const postgresKind: StoreKind = {
    name: "PostgreSQL",
    takesClock: true,
    async open(clock, clockOfSecond = clock) {
      const table = `security_${process.pid}_${++places}`;
      const first = postgresStore({ pool: pools[0], table, clock });
      await first.migrate();
      tables.push(table);
      const second = postgresStore({ pool: pools[1], table, clock: clockOfSecond });
      return place([first, second], async () => {
        const { rows } = await pools[0].query<{ row: string }>(`SELECT t::text AS row FROM ${table} t`);
        return rows.map(({ row }) => row).join("\n");
      });
    },
  };

  return {
    kinds: [memory, sqlite, redisKind, postgresKind],
    async stop() {
      for (const store of opened) await store.close();
      for (const client of clients) client.disconnect();
      for (const table of tables) await pools[0].query(`DROP TABLE ${table}`);
      for (const pool of pools) await pool.end();
      await Promise.all([redis.stop(), postgres.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function withMaps(_name: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

/** The bytes of all files, a character for each. Read by another process, because closing a file here would drop its locks. */
function filesIn(path: string): string {
  const files = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((file) => join(file.parentPath, file.name));
  return execFileSync("cat", files, { encoding: "latin1", maxBuffer: 2 ** 28 });
}

/** Every key that begins so, with its value as a client reads it and as DUMP gives it. */
async function dumpRedis(client: Redis, prefix: string): Promise<string> {
  const parts: string[] = [];
  for await (const keys of client.scanStream({ match: `${prefix}*`, count: 1_000 })) {
    for (const key of keys as string[]) {
      parts.push(key, await valueOf(client, key), (await client.dumpBuffer(key))?.toString("latin1") ?? "");
    }
  }
  return parts.join("\n");
}

async function valueOf(client: Redis, key: string): Promise<string> {
  switch (await client.type(key)) {
    case "string":
      return (await client.getBuffer(key))?.toString("latin1") ?? "";
    case "hash":
      return JSON.stringify(await client.hgetall(key));
    case "zset":
      return JSON.stringify(await client.zrange(key, "0", "-1", "WITHSCORES"));
    case "set":
      return JSON.stringify(await client.smembers(key));
    default:
      return "";
  }
}
