// Stores written for express-session keep, behind the bridge, all laws but those that it says it can't.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import createPgStore from "connect-pg-simple";
import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import createMemoryStore from "memorystore";
import { Pool } from "pg";
import createFileStore from "session-file-store";
import type { Clock, SessionStore } from "../../src/core/record/store.ts";
import { bridge, type ExpressSessionStore } from "../../src/express-session/bridge.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import { withOwnerIndex } from "../fixtures/owner-index.ts";
import { testServer } from "../fixtures/postgres/server.ts";
import { nodeRedis } from "../fixtures/redis/clients.ts";
import { anyRedis } from "../fixtures/redis/server.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-bridge-"));
const redisServer = await anyRedis();
const redis = await nodeRedis(redisServer.url);
const postgresServer = await testServer();
const pool = new Pool({ connectionString: postgresServer.url });
await pool.query(readFileSync(new URL("../../node_modules/connect-pg-simple/table.sql", import.meta.url), "utf8"));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await redis.close();
  await pool.end();
  await Promise.all([redisServer.stop(), postgresServer.stop()]);
});

const PgStore = createPgStore(expressSession);

const MemoryStore = createMemoryStore(expressSession);
const FileStore = createFileStore(expressSession);
let folders = 0;

/** A store to bridge. Where its calls take time, laws 1 and 2 can't be kept even within one process. */
interface Bridged {
  readonly make: () => ExpressSessionStore;
  readonly unkeptLaws: readonly number[];
}

const stores: Record<string, Bridged> = {
  "express-session's MemoryStore": { make: () => new expressSession.MemoryStore(), unkeptLaws: [5] },
  memorystore: { make: () => new MemoryStore({ checkPeriod: 60_000 }), unkeptLaws: [5] },
  "session-file-store": {
    make: () => new FileStore({ path: join(folder, String(++folders)), logFn: () => {}, retries: 0, reapInterval: -1 }),
    unkeptLaws: [1, 2, 5],
  },
  "connect-redis": {
    make: () => new RedisStore({ client: redis.client, prefix: `bridge${++folders}:` }),
    unkeptLaws: [1, 2, 5],
  },
  "connect-pg-simple": {
    make: () => new PgStore({ pool, pruneSessionInterval: false }),
    unkeptLaws: [1, 2, 5],
  },
};

for (const [name, { make, unkeptLaws }] of Object.entries(stores)) {
  const createStore = (clock: Clock): SessionStore => withOwnerIndex(bridge(make(), { clock }));
  // The stores put keys into file names and index rows. Their errors are those of their clients; the guard makes them ours.
  const harness = { createStore, time: "real", interleavings: 200, maxKeyLength: 43 } as const;
  for (const { law, name: caseName, run } of storeConformance(harness)) {
    if (!unkeptLaws.includes(law)) test(`${name} behind the bridge, ${caseName}`, run);
  }
}
