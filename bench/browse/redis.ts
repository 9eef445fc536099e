// Redis's part of bench/browse.ts. Its bare work is as many SCANs over as many keys, and one MGET of what a page holds.
import { createHash } from "node:crypto";
import { redisStore } from "coatcheck/redis";
import { createClient } from "redis";
import type { ListPage } from "../../src/core/record/store.ts";
import { startRedis } from "../../test/fixtures/servers/redis.ts";
import { type Bare, type Line, measure, walk } from "./measure.ts";
import { fill, keyOf, recordOf } from "./sessions.ts";

const BATCH = 2_000;
const PREFIX = "coatcheck:s:";
/** As the store does: how many keys a SCAN looks at, and how many SCANs a page without a match makes. */
const STEP = "1000";
const STEPS = 20;
const COUNT_STEPS = 10;

export async function browseRedis(total: number): Promise<Line[]> {
  const server = await startRedis();
  const client = createClient({ url: server.url });
  await client.connect();
  const send = (...args: string[]): Promise<unknown> => client.sendCommand(args);
  const store = redisStore({ client });
  try {
    const now = Date.now();
    await fill(total, BATCH, (from, to) =>
      Promise.all(Array.from({ length: to - from }, (_, i) => store.create(keyOf(from + i), recordOf(from + i, now)))),
    );
    console.log(`keys in the database, indexes of owners included: ${await send("DBSIZE")}`);
    const lines = await measure(store, bare(send), total);
    console.log(`all: ${await walk(store, { limit: 1_000 })}`);
    console.log(`one by its whole key, all pages: ${await walk(store, { limit: 100, keyPrefix: keyOf(1) })}`);
    return lines;
  } finally {
    await store.close();
    client.destroy();
    await server.stop();
  }
}

function bare(send: (...args: string[]) => Promise<unknown>): Bare {
  const scan = async (cursor: string, steps: number, ...args: string[]): Promise<string[]> => {
    const found: string[] = [];
    for (let i = 0, at = cursor; i < steps; i++) {
      const [next, keys] = (await send("SCAN", at, ...args)) as [string, string[]];
      found.push(...keys);
      at = next;
    }
    return found;
  };
  const page = async (cursor: string): Promise<unknown> => {
    const keys = await scan(cursor, 1, "MATCH", `${PREFIX}*`, "COUNT", "105");
    return send("MGET", ...keys);
  };
  return {
    firstPage: () => page("0"),
    pageAfter: ({ next = "" }: ListPage) => page(JSON.parse(Buffer.from(next, "base64url").toString())[1]),
    byOwner: async (owner) => {
      const index = `coatcheck:o:${createHash("sha256").update(owner).digest("base64url")}`;
      const keys = (await send("ZRANGE", index, "0", "-1")) as string[];
      return send("MGET", ...keys.map((key) => PREFIX + key));
    },
    byPrefix: (prefix) => scan("0", STEPS, "MATCH", `${PREFIX}${prefix}*`, "COUNT", STEP),
    count: async () => {
      await scan("0", COUNT_STEPS, "COUNT", STEP);
      return send("DBSIZE");
    },
  };
}
