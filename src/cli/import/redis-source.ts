// Sessions that connect-redis or Flask-Session keep in Redis: a string for each, under a prefix and the session ID.
import { escapePattern } from "../../stores/redis/codec.ts";
import type { Address } from "../store/address.ts";
import { connectRedis, type RedisConnection } from "../store/connections.ts";
import type { ImportSource, SourceSession } from "./source.ts";

/** How many keys of the server one step looks at. */
const STEP = "1000";

/** @throws CliError when the server can't be reached. */
export async function redisSource(address: Address, prefix: string): Promise<ImportSource> {
  const redis = await connectRedis(address);
  return {
    shown: `${address.shown} ${prefix}`,
    async count() {
      let total = 0;
      for await (const ids of pages(redis, prefix)) total += ids.length;
      return total;
    },
    pages: () => pages(redis, prefix),
    read: (ids) => Promise.all(ids.map((id) => read(redis, prefix + id))),
    close: async () => redis.close(),
  };
}

async function* pages(redis: RedisConnection, prefix: string): AsyncGenerator<readonly string[]> {
  const pattern = `${escapePattern(prefix)}*`;
  let cursor = "0";
  do {
    const answer = await redis.command("SCAN", cursor, "MATCH", pattern, "COUNT", STEP, "TYPE", "string");
    const [next, keys] = answer as [string, string[]];
    if (keys.length > 0) yield keys.map((key) => key.slice(prefix.length));
    cursor = next;
  } while (cursor !== "0");
}

async function read(redis: RedisConnection, key: string): Promise<SourceSession | undefined> {
  const [bytes, timeLeft] = await Promise.all([redis.bytes("GET", key), redis.command("PTTL", key)]);
  const isGone = !Buffer.isBuffer(bytes) || timeLeft === -2;
  return isGone ? undefined : { bytes, timeLeft: timeLeft === -1 ? undefined : Number(timeLeft) };
}
