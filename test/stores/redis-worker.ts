// One of several processes of `redis-processes.test.ts`: `node redis-worker.ts URL KEY COUNTER NAME COMMITS`. It sets as
// many fields of its own, all at once, and counts each up once more in a field that all share.
import { Redis } from "ioredis";
import { createClient } from "redis";
import { type RedisClient, redisStore } from "../../src/stores/redis.ts";
import { change } from "./redis-records.ts";

const [url = "", key = "", counter = "", name = "", commits = "0"] = process.argv.slice(2);
const ioClient = Number(name) % 2 === 1 ? new Redis(url) : undefined;
const nodeClient = ioClient === undefined ? await createClient({ url }).connect() : undefined;
const store = redisStore({ client: (ioClient ?? nodeClient) as RedisClient });

async function countUp(): Promise<void> {
  for (;;) {
    const found = await store.load(counter);
    const count = Number(found?.fields.get("count"));
    const next = change({ count: String(count + 1) }, { ifVersion: found?.version });
    if ((await store.commit(counter, next)) === "committed") return;
  }
}

const results = await Promise.all(
  Array.from({ length: Number(commits) }, async (_, i) => {
    const result = await store.commit(key, change({ [`${name}-${i}`]: String(i) }));
    await countUp();
    return result;
  }),
);
console.log(JSON.stringify(results.filter((result) => result === "committed").length));
await store.close();
ioClient?.disconnect();
nodeClient?.destroy();
