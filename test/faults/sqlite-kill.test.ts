// Law 3 on the embedded store: four processes write to one directory and are killed (kill -9) at random moments. Whatever
// was acknowledged is there, whole, and found under its owner; nothing that was destroyed is. SEED=… repeats the moments.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type SqliteStore, sqliteStore } from "../../src/stores/sqlite/index.ts";
import { readLogs, type Told } from "./sqlite-kill-log.ts";
import { COUNTER, OWNERS, SHARED, wholeRecord } from "./sqlite-kill-records.ts";

const PROCESSES = 4;
const ROUNDS = 24;
/** How long all workers run undisturbed at the beginning and at the end, in ms. */
const WARM_UP = 800;
const WORKER = join(import.meta.dirname, "sqlite-kill-worker.ts");

for (const durability of ["disk", "process"] as const) {
  test(`kill -9 at any moment loses nothing that was acknowledged (${durability})`, { timeout: 120_000 }, async (t) => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    const place = mkdtempSync(join(tmpdir(), "coatcheck-kill-"));
    t.after(() => rmSync(place, { recursive: true, force: true }));
    const directory = join(place, "store");
    await prepare(directory);

    const logs = await killInRounds(place, [directory, durability], seedRandom(seed));

    const told = readLogs(logs);
    const store = sqliteStore({ path: directory });
    const counts = checkAll(store, told);
    assert.equal(await store.create("after", wholeRecord("after")), true, "the store goes on");
    await store.close();
    t.diagnostic(
      `seed ${seed}, ${durability}: ${ROUNDS + PROCESSES} kills; of ${told.begun.length} calls ${told.acknowledged.length} were acknowledged, all kept; ${counts}`,
    );
  });
}

async function prepare(directory: string): Promise<void> {
  const store = sqliteStore({ path: directory });
  for (const key of SHARED) await store.create(key, { ...wholeRecord(undefined), fields: new Map() });
  await store.create(COUNTER, { ...wholeRecord(undefined), fields: new Map([["count", "0"]]) });
  await store.close();
}

/** Answers the paths of the workers' logs, when the last worker is dead. */
async function killInRounds(place: string, store: readonly string[], random: () => number): Promise<string[]> {
  const logs: string[] = [];
  const start = (): Worker => {
    const name = `worker-${logs.length}`;
    const log = join(place, `${name}.log`);
    writeFileSync(log, "");
    logs.push(log);
    return startWorker([...store, log, name]);
  };
  const workers = Array.from({ length: PROCESSES }, start);
  try {
    await sleep(WARM_UP);
    for (let round = 0; round < ROUNDS; round++) {
      await sleep(50 + random() * 400);
      const victim = Math.floor(random() * PROCESSES);
      await workers[victim]?.kill();
      workers[victim] = start();
    }
    await sleep(WARM_UP);
  } finally {
    await Promise.all(workers.map((worker) => worker.kill()));
  }
  return logs;
}

interface Worker {
  /** Fails when it had ended by itself, with what it said. */
  kill(): Promise<void>;
}

function startWorker(args: readonly string[]): Worker {
  const name = args.at(-1);
  const child = spawn(process.execPath, [WORKER, ...args], { stdio: ["pipe", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => (said += text));
  const closed = once(child, "close");
  return {
    async kill() {
      child.kill("SIGKILL");
      const [code, signal] = await closed;
      assert.equal(signal, "SIGKILL", `${name} ended by itself (${code ?? signal}): ${said}`);
    },
  };
}

function checkAll(store: SqliteStore, told: Told): string {
  const live = checkSessions(store, told);
  checkOwners(store, live);
  const fields = checkFields(store, told);
  const count = checkCounter(store, told);
  return `${live.size} sessions live, ${fields} fields, counter ${count}`;
}

/** The owners of all sessions that are there, by key. */
function checkSessions(store: SqliteStore, { begun, acknowledged }: Told): Map<string, string> {
  const live = new Map<string, string>();
  const mayBeGone = new Set(
    begun.flatMap((call) => (call.call === "destroy" || call.call === "replace" ? call.key : [])),
  );
  for (const call of begun) {
    if (call.call !== "create" && call.call !== "replace") continue;
    const key = call.call === "create" ? call.key : call.newKey;
    const record = store.load(key);
    if (record === undefined) continue;
    assert.equal(record.owner, call.owner);
    assert.equal(record.fields.get("left"), record.fields.get("right"), "no record is half there");
    live.set(key, call.owner);
    if (call.call === "replace") assert.equal(store.load(call.key), undefined, "never both the old and the new key");
  }
  for (const call of acknowledged) {
    if (call.call === "create") assert.ok(live.has(call.key) || mayBeGone.has(call.key), "a created session is there");
    if (call.call === "destroy") assert.ok(!live.has(call.key), "a destroyed session is not there");
    if (call.call === "replace") assert.ok(live.has(call.newKey) && !live.has(call.key), "a replaced session moved");
  }
  return live;
}

function checkOwners(store: SqliteStore, live: ReadonlyMap<string, string>): void {
  for (const owner of OWNERS) {
    const expected = [...live].filter(([, its]) => its === owner).map(([key]) => key);
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const page = store.list(owner, { limit: 50, cursor });
      listed.push(...page.sessions.map(({ key }) => key));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(listed.sort(), expected.sort(), "an owner's live sessions, and no others, are listed");
  }
}

function checkFields(store: SqliteStore, { begun, acknowledged }: Told): number {
  let checked = 0;
  for (const key of SHARED) {
    const highest = (calls: Told["begun"], field: string): number =>
      Math.max(
        0,
        ...calls.flatMap((call) =>
          call.call === "field" && call.record === key && call.field === field ? call.value : [],
        ),
      );
    const names = new Set(begun.flatMap((call) => (call.call === "field" ? call.field : [])));
    const { fields } = store.load(key) ?? {};
    for (const name of names) {
      const value = Number(fields?.get(name) ?? 0);
      assert.ok(value >= highest(acknowledged, name), `${name} in ${key} is what was acknowledged, or later`);
      assert.ok(value <= highest(begun, name), `${name} in ${key} is nothing that was never written`);
      checked++;
    }
  }
  return checked;
}

function checkCounter(store: SqliteStore, { begun, acknowledged }: Told): string {
  const record = store.load(COUNTER);
  const count = Number(record?.fields.get("count"));
  const least = acknowledged.filter(({ call }) => call === "increment").length;
  const most = begun.filter(({ call }) => call === "increment").length;
  assert.ok(count >= least && count <= most, `the counter is ${count}, and not within ${least} and ${most}`);
  assert.equal(record?.version, count + 1, "every increment was one version");
  return `${count} (${least} acknowledged, ${most} begun)`;
}

/** Mulberry32: the same moments for the same seed. */
function seedRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
