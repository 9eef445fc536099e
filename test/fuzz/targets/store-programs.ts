// Calls of a store with hostile owners, keys and names, one after another, against the model of the laws (SECURITY-BAR
// S35): whatever a text says, it is a name, and each answer is the model's.
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionRecord, SessionStore } from "../../../src/core/record/store.ts";
import { keyOfId } from "../../../src/core/request/session-id.ts";
import { memoryStore } from "../../../src/stores/memory/index.ts";
import { sqliteStore } from "../../../src/stores/sqlite/index.ts";
import { liveOf, type Operation, outcomesOf, type State, textOf } from "../../../src/testing/store-model.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { HOSTILE, wellFormedText } from "../texts.ts";

type Program = readonly Operation[];

const NOW = 1_700_000_000_000;
const HOUR = 3_600_000;
const clock = (): number => NOW;
/** In memory where there is such a place: no case is about what outlives a power loss, and a disk would be slow. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export const storeMemory = defineTarget<Program>({
  name: "store-memory",
  about: "the memory store answers calls with hostile owners, keys and field names as the model of the laws does",
  share: 20_000,
  cases: 15_000,
  prepare: () => subject(memoryStore({ clock }), () => {}),
});

export const storeSqlite = defineTarget<Program>({
  name: "store-sqlite",
  about: "the embedded store answers calls with hostile owners, keys and field names as the model of the laws does",
  share: 2_000,
  cases: 1_000,
  prepare() {
    const path = mkdtempSync(join(FOLDER, "coatcheck-fuzz-"));
    return subject(sqliteStore({ path: join(path, "sessions"), clock }), () => rmSync(path, { recursive: true }));
  },
});

function subject(store: SessionStore, tidy: () => void): Subject<Program> {
  return {
    generate: anyProgram,
    async check(program) {
      let state: State = new Map();
      try {
        for (const operation of program) state = await checkCall(store, state, operation);
      } finally {
        for (const key of keysOf(program)) await store.destroy(key);
      }
    },
    async close() {
      await store.close();
      tidy();
    },
  };
}

async function checkCall(store: SessionStore, state: State, operation: Operation): Promise<State> {
  const said = `${operation.call} of ${JSON.stringify("owner" in operation ? operation.owner : keysOf([operation])[0])}`;
  if (operation.call === "list") {
    const { sessions } = await store.list(operation.owner);
    const found = new Map(sessions.map(({ key, record }) => [key, textOf(record)]));
    const expected = new Map(liveOf(state, operation.owner).map(([key, { record }]) => [key, textOf(record)]));
    assert.deepEqual([...found].sort(), [...expected].sort(), said);
    return state;
  }
  if (operation.call === "destroyAll") {
    const ended = liveOf(state, operation.owner).filter(([key]) => key !== operation.except);
    assert.equal(await store.destroyAll(operation.owner, { except: operation.except }), ended.length, said);
    return new Map([...state].filter(([key]) => !ended.some(([gone]) => gone === key)));
  }
  const [outcome] = outcomesOf(state, operation, NOW);
  assert.equal(await answerOf(store, operation), outcome?.answer, said);
  return outcome?.state ?? state;
}

function answerOf(store: SessionStore, operation: Operation): unknown {
  switch (operation.call) {
    case "load":
      return Promise.resolve(store.load(operation.key)).then(textOf);
    case "create":
      return store.create(operation.key, operation.record);
    case "commit":
      return store.commit(operation.key, operation.change);
    case "replace":
      return store.replace(operation.key, operation.newKey, operation.replacement);
    case "destroy":
      return store.destroy(operation.key, { ifVersion: operation.ifVersion });
    default:
      return undefined;
  }
}

function keysOf(program: Program): string[] {
  return program.flatMap((operation) => [
    ...("key" in operation ? [operation.key] : []),
    ...("newKey" in operation ? [operation.newKey] : []),
  ]);
}

function anyProgram(random: Random): Program {
  const keys = listOf(random, 3, freshKey);
  const owners = listOf(random, 2, wellFormedText);
  return listOf(random, 2 + few(random, 10), () => anyOperation(random, keys, owners));
}

/** What keys of sessions are: hashes, which nobody chooses. */
function freshKey(random: Random): string {
  return keyOfId(listOf(random, 4, () => random.below(2 ** 32)).join(" "));
}

function anyOperation(random: Random, keys: string[], owners: readonly string[]): Operation {
  // Keys that are no hash come from a console or a command line: nothing was ever stored under one.
  const key = oneIn(random, 5) ? pick(random, HOSTILE) : pick(random, keys);
  const owner = oneIn(random, 8) ? wellFormedText(random) : pick(random, owners);
  const change = anyChange(random);
  switch (random.below(9)) {
    case 0:
    case 1:
    case 2: {
      const record: SessionRecord = {
        ...lifetime(),
        fields: change.set,
        version: 1,
        owner: pick(random, [owner, undefined]),
      };
      return { call: "create", key: pick(random, keys), record };
    }
    case 3:
      return { call: "commit", key, change: { ...change, expiresAt: NOW + HOUR } };
    case 4: {
      keys.push(freshKey(random));
      const replacement = { ...lifetime(), ...change, owner: pick(random, [owner, undefined]) };
      return { call: "replace", key, newKey: keys.at(-1) ?? "", replacement };
    }
    case 5:
      return { call: "destroy", key, ifVersion: pick(random, [undefined, 1]) };
    case 6:
      return { call: "list", owner };
    case 7:
      return { call: "destroyAll", owner, except: pick(random, [undefined, key]) };
    default:
      return { call: "load", key };
  }
}

function lifetime(): { createdAt: number; expiresAt: number } {
  return { createdAt: NOW, expiresAt: NOW + HOUR };
}

function anyChange(random: Random): { set: ReadonlyMap<string, string>; remove: ReadonlySet<string> } {
  const set = new Map(listOf(random, few(random, 4), () => [wellFormedText(random), wellFormedText(random)]));
  const remove = new Set(listOf(random, few(random, 3), wellFormedText).filter((name) => !set.has(name)));
  return { set, remove };
}
