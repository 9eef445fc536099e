// One of the processes that the kill test kills: it calls one store without pause and tells what was acknowledged.
// node sqlite-kill-worker.ts <directory> <durability> <log> <name>

import type { Change } from "../../src/core/record/store.ts";
import { generateId, keyOfId } from "../../src/core/request/session-id.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { openLog } from "./sqlite-kill-log.ts";
import { COUNTER, LATER, OWNERS, SHARED, wholeRecord } from "./sqlite-kill-records.ts";

const LANES = 8;

const [directory = "", durability, logPath = "", name = ""] = process.argv.slice(2);
// A machine that runs other tests besides may sync its disk slowly; that is no failure here.
const store = sqliteStore({ path: directory, durability: durability as "disk" | "process", timeout: 20_000 });
const log = openLog(logPath);
let value = 0;
// When the test is ended from outside, its workers must not go on.
process.stdin.on("end", () => process.kill(process.pid, "SIGKILL")).resume();
await Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)));

async function run(lane: number): Promise<void> {
  for (;;) await pick([session, session, field, field, increment])(lane);
}

async function session(): Promise<void> {
  const created = { call: "create", key: newKey(), owner: pick(OWNERS) } as const;
  log.begin(created);
  if (!(await store.create(created.key, wholeRecord(created.owner)))) throw new Error("a new key is taken");
  log.acknowledge(created);
  await pick([destroy, replace, stay, stay])(created.key);
}

async function destroy(key: string): Promise<void> {
  log.begin({ call: "destroy", key });
  if (!(await store.destroy(key))) throw new Error("an acknowledged session is not there");
  log.acknowledge({ call: "destroy", key });
}

async function replace(key: string): Promise<void> {
  const call = { call: "replace", key, newKey: newKey(), owner: pick(OWNERS) } as const;
  log.begin(call);
  const { fields, createdAt } = wholeRecord(call.owner);
  const replacement = { set: fields, remove: new Set<string>(), expiresAt: LATER, owner: call.owner, createdAt };
  const result = await store.replace(key, call.newKey, replacement);
  if (result === "gone") throw new Error("an acknowledged session is gone");
  log.acknowledge(call);
}

async function stay(): Promise<void> {}

/** Each lane has a field of its own, whose values arrive in their order. */
async function field(lane: number): Promise<void> {
  const call = { call: "field", record: pick(SHARED), field: `${name}.${lane}`, value: ++value } as const;
  log.begin(call);
  const result = await store.commit(call.record, changeOf([[call.field, String(call.value)]]));
  if (result !== "committed") throw new Error(`a shared record is ${result}`);
  log.acknowledge(call);
}

async function increment(): Promise<void> {
  log.begin({ call: "increment" });
  for (;;) {
    const record = store.load(COUNTER);
    const count = String(Number(record?.fields.get("count")) + 1);
    const result = await store.commit(COUNTER, { ...changeOf([["count", count]]), ifVersion: record?.version });
    if (result === "gone") throw new Error("the counter is gone");
    if (result === "committed") break;
  }
  log.acknowledge({ call: "increment" });
}

function changeOf(set: readonly (readonly [string, string])[]): Change {
  return { set: new Map(set), remove: new Set(), expiresAt: 0 };
}

function newKey(): string {
  return keyOfId(generateId());
}

function pick<Value>(values: readonly Value[]): Value {
  return values[Math.floor(Math.random() * values.length)] as Value;
}
