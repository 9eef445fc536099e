// Four processes serve the same sessions at the same time: no key is lost, no count is wrong, nothing ended comes back.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { suite, type TestContext, test } from "node:test";
import { type App, createApp } from "../fixtures/faults/managers.ts";
import { isFull, report } from "../fixtures/faults/report.ts";
import { openShared, type SharedStore } from "../fixtures/faults/shared-stores.ts";
import { startRedisCluster } from "../fixtures/servers/cluster.ts";
import { skipWithoutOwn } from "../fixtures/servers/own.ts";
import { startPostgres } from "../fixtures/servers/postgres.ts";
import { startRedis } from "../fixtures/servers/redis.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import type { Answer, Task } from "./parallel-worker.ts";

const WORKER = path.join(import.meta.dirname, "parallel-worker.ts");
const PROCESSES = 4;
const REQUESTS = 200;
const ROUNDS = isFull ? 1_000 : 300;
/** How many sessions are raced for at a time. */
const BATCH = 100;
const STORE_TIMEOUT = 30_000;

interface Worker {
  perform(task: Task): Promise<number>;
  stop(): Promise<void>;
}

suite("four processes at once", { concurrency: 1, skip: skipWithoutOwn("Redis", "PostgreSQL") }, () => {
  for (const [title, start] of Object.entries(grounds())) {
    test(title, async (t) => {
      const shared = await start(t);
      const app = createApp(t, await openShared(shared), STORE_TIMEOUT);
      const workers = await Promise.all(Array.from({ length: PROCESSES }, () => startWorker(shared)));
      t.after(() => Promise.all(workers.map((worker) => worker.stop())));

      const lost = await loseNoKey(app, workers);
      const count = await countExactly(app, workers);
      const { writes, returned } = await endForGood(app, workers);
      report(t, "parallel", {
        store: title,
        "keys lost": `${lost} of ${REQUESTS}`,
        "counted by transactions": `${count} of ${REQUESTS}`,
        "came back": `${returned} of ${ROUNDS}`,
        "writes that raced": writes,
      });
      assert.deepEqual({ lost, count, returned }, { lost: 0, count: REQUESTS, returned: 0 });
      assert.ok(writes > 0, "sessions were written while they were ended");
    });
  }
});

function grounds(): Record<string, (t: TestContext) => Promise<SharedStore>> {
  return {
    async SQLite(t) {
      const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-parallel-"));
      t.after(() => rmSync(folder, { recursive: true, force: true }));
      return { kind: "sqlite", path: path.join(folder, "sessions") };
    },
    "Redis, node-redis": (t) => startRedisFor(t, "node-redis"),
    ...(isFull ? { "Redis, ioredis": (t: TestContext) => startRedisFor(t, "ioredis") } : {}),
    async "Redis Cluster, node-redis"(t) {
      const cluster = await startRedisCluster();
      t.after(() => cluster.stop());
      return { kind: "cluster", urls: cluster.rootNodes.map(({ url }) => url) };
    },
    async PostgreSQL(t) {
      const server = await startPostgres();
      t.after(() => server.stop());
      return { kind: "postgres", url: server.url };
    },
  };
}

async function startRedisFor(t: TestContext, kind: "node-redis" | "ioredis"): Promise<SharedStore> {
  const server = await startRedis({ appendonly: "everysec" });
  t.after(() => server.stop());
  return { kind, url: server.url };
}

async function startWorker(shared: SharedStore): Promise<Worker> {
  const child = fork(WORKER, [JSON.stringify(shared)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  await answerOf(child);
  return {
    perform(task) {
      child.send(task);
      return answerOf(child);
    },
    async stop() {
      const exit = once(child, "exit");
      child.disconnect();
      await exit;
    },
  };
}

async function answerOf(child: ChildProcess): Promise<number> {
  const listening = new AbortController();
  const { signal } = listening;
  const exit = once(child, "exit", { signal }).then(([code, by]) => assert.fail(`a process ended with ${by ?? code}`));
  const [answer] = (await Promise.race([once(child, "message", { signal }), exit])) as [Answer];
  listening.abort();
  await exit.catch(() => {});
  return "done" in answer ? answer.done : assert.fail(answer.failed);
}

/** How many of the keys are missing that requests of all processes set in one session, each its own. */
async function loseNoKey(app: App, workers: readonly Worker[]): Promise<number> {
  const cookie = await newSession(app, undefined);
  const names = Array.from({ length: REQUESTS }, (_, i) => `key${i}`);
  await Promise.all(
    workers.map((worker, i) =>
      worker.perform({ task: "keys", cookie, names: names.filter((_, at) => at % PROCESSES === i) }),
    ),
  );
  return createVisitor(app.sessions, cookie).request(
    (session) => names.filter((name) => session[name] !== name).length,
  );
}

async function countExactly(app: App, workers: readonly Worker[]): Promise<number> {
  const cookie = await newSession(app, undefined);
  await Promise.all(workers.map((worker) => worker.perform({ task: "count", cookie, times: REQUESTS / PROCESSES })));
  return createVisitor(app.sessions, cookie).request((session) => Number(session["count"]));
}

/** One process ends sessions while the others write them. */
async function endForGood(
  app: App,
  [ender, ...writers]: readonly Worker[],
): Promise<{ writes: number; returned: number }> {
  let writes = 0;
  let returned = 0;
  for (let round = 0; round < ROUNDS; round += BATCH) {
    const owners = Array.from({ length: BATCH }, (_, i) => `owner${round + i}`);
    const cookies = await Promise.all(owners.map((owner) => newSession(app, owner)));
    const [, ...counts] = await Promise.all([
      ender?.perform({ task: "end", cookies, after: 5 }),
      ...writers.map((worker) => worker.perform({ task: "write", cookies })),
    ]);
    writes += counts.reduce((sum, count) => sum + count, 0);
    returned += (await Promise.all(cookies.map((cookie, i) => isBack(app, cookie, owners[i] ?? "")))).filter(
      Boolean,
    ).length;
  }
  return { writes, returned };
}

async function isBack(app: App, cookie: string, owner: string): Promise<boolean> {
  const opened = await createVisitor(app.sessions, cookie).request((session) => !session.isNew);
  return opened || (await app.sessions.list(owner)).length > 0;
}

async function newSession(app: App, owner: string | undefined): Promise<string> {
  const visitor = createVisitor(app.sessions);
  await visitor.request(async (session) => {
    session.update({ begun: true });
    if (owner !== undefined) await session.login(owner);
  });
  return visitor.cookie ?? assert.fail("a new session has a cookie");
}
