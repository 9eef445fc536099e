// Four processes, by either client, write 200 fields of one session at once and count to 200 in another.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import test, { after } from "node:test";
import { promisify } from "node:util";
import { nodeRedis } from "../../../test/fixtures/redis/clients.ts";
import { change, created, fieldsAt, newKey, record, replacement } from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import { redisStore } from "./index.ts";

const PROCESSES = 4;
const COMMITS = 50;
const ROUNDS = 1_000;
const WORKER = join(import.meta.dirname, "../../../test/fixtures/redis/worker.ts");

const run = promisify(execFile);
const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
const another = await nodeRedis(server.url);
after(async () => {
  close();
  another.close();
  await server.stop();
});
const store = redisStore({ client });

test("200 parallel commits of four processes are all kept, and a counter is exact", async () => {
  const [key, counter] = [await created(store, record({})), await created(store, record({ count: "0" }))];
  const outputs = await Promise.all(
    Array.from({ length: PROCESSES }, (_, i) =>
      run(process.execPath, [WORKER, server.url, key, counter, String(i), String(COMMITS)]),
    ),
  );
  for (const { stdout } of outputs) assert.equal(Number(stdout), COMMITS, "every commit was acknowledged");
  const found = await store.load(key);
  const expected = Array.from(
    { length: PROCESSES * COMMITS },
    (_, i) => `${i % PROCESSES}-${Math.floor(i / PROCESSES)}`,
  );
  assert.deepEqual([...(found?.fields.keys() ?? [])].sort(), expected.sort());
  assert.equal(found?.version, 1 + PROCESSES * COMMITS);
  assert.deepEqual(await fieldsAt(store, counter), { count: String(PROCESSES * COMMITS) });
});

test(`what was destroyed or replaced is not brought back by commits on their way, ${ROUNDS} rounds`, async () => {
  const other = redisStore({ client: another.client });
  await Promise.all(
    Array.from({ length: ROUNDS }, async (_, round) => {
      const key = await created(store, record({ a: "1" }));
      const moved = newKey();
      const end = round % 2 ? store.destroy(key) : store.replace(key, moved, replacement({ login: "1" }));
      const commits = Promise.all([1, 2, 3].map((i) => other.commit(key, change({ [`f${i}`]: "1" }))));
      await end;
      const results = await commits;
      assert.equal(await store.load(key), undefined);
      if (round % 2) return;
      const kept = Object.keys((await fieldsAt(other, moved)) ?? {}).filter((name) => name.startsWith("f"));
      assert.equal(kept.length, results.filter((result) => result === "committed").length);
    }),
  );
});
