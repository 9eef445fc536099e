// CPU time of one call of the embedded store, in both durabilities, beside the memory store: 50 calls at a time, keys at
// random, all threads of the process included. The stores take turns, so that a busy machine is unfair to none.
//   npm run node -- bench/sqlite-cpu.ts [--sessions 1000] [--calls 20000] [--rounds 5]
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { memoryStore } from "coatcheck";
import { sqliteStore } from "coatcheck/sqlite";
import type { SessionRecord, SessionStore } from "../src/core/record/store.ts";
import { generateId, keyOfId } from "../src/core/request/session-id.ts";

const LANES = 50;
const HOUR = 3_600_000;
const { values } = parseArgs({
  options: {
    sessions: { type: "string", default: "1000" },
    calls: { type: "string", default: "20000" },
    rounds: { type: "string", default: "5" },
  },
});
const sessions = Number(values.sessions);
const folder = mkdtempSync(join(tmpdir(), "coatcheck-cpu-"));
const stores: Record<string, SessionStore> = {
  memory: memoryStore({ maxSessions: 10 * sessions }),
  "sqlite, disk": sqliteStore({ path: join(folder, "disk"), timeout: 60_000 }),
  "sqlite, process": sqliteStore({ path: join(folder, "process"), durability: "process", timeout: 60_000 }),
};
const keys = Array.from({ length: sessions }, () => keyOfId(generateId()));
let written = 0;

const CALLS: Record<string, (store: SessionStore) => unknown> = {
  read: (store) => store.load(pick()),
  write: (store) =>
    store.commit(pick(), {
      set: new Map([["count", String(++written)]]),
      remove: new Set(),
      expiresAt: Date.now() + HOUR,
    }),
  touch: (store) => store.commit(pick(), { set: new Map(), remove: new Set(), expiresAt: Date.now() + HOUR }),
  "create and destroy": async (store) => {
    const key = keyOfId(generateId());
    await store.create(key, record());
    await store.destroy(key);
  },
};

try {
  for (const store of Object.values(stores)) await inLanes(sessions, (i) => store.create(keys[i] as string, record()));
  console.log(`${sessions} sessions; us of CPU a call, median of ${values.rounds} rounds`);
  for (const [name, call] of Object.entries(CALLS)) console.log(await line(name, call));
} finally {
  for (const store of Object.values(stores)) await store.close();
  rmSync(folder, { recursive: true, force: true });
}

async function line(name: string, call: (store: SessionStore) => unknown): Promise<string> {
  const costs = new Map<string, number[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [title, store] of Object.entries(stores)) {
      const count = Number(values.calls);
      const began = process.cpuUsage();
      await inLanes(count, () => call(store));
      const { user, system } = process.cpuUsage(began);
      costs.set(title, [...(costs.get(title) ?? []), (user + system) / count]);
    }
  }
  const medians = Array.from(costs, ([title, each]) => `${title} ${medianOf(each).toFixed(1)}`);
  return `${name}: ${medians.join(" | ")}`;
}

async function inLanes(count: number, call: (i: number) => unknown): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

function pick(): string {
  return keys[Math.floor(Math.random() * keys.length)] as string;
}

function record(): SessionRecord {
  const now = Date.now();
  const fields = new Map([["note", JSON.stringify("x".repeat(350))]]);
  return { fields, createdAt: now, expiresAt: now + HOUR, owner: `user-${now % 1000}`, version: 1 };
}

function medianOf(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
