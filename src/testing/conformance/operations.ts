// Random calls of a store: what fast-check makes up, what becomes of it in a given state, and how it is run and told.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Change, SessionStore } from "../../core/record/store.ts";
import { ABSENT, type Answer, type Operation, type State, textOf } from "../store-model.ts";
import { listAll } from "./fixture.ts";

/** A call that is made up before it is known what is stored: keys are picked among those that there are by then. */
export interface Draft {
  readonly call: Operation["call"];
  readonly pick: number;
  readonly owner: 0 | 1 | 2;
  readonly set: Readonly<Record<string, number>>;
  readonly remove: readonly string[];
  /** In units of time from now. */
  readonly life: number;
  readonly keep: number | undefined;
  readonly version: "any" | "present" | "other";
  /** Which store makes the call. */
  readonly via: number;
  /** How many turns of the event loop it waits before it starts. */
  readonly wait: number;
}

const FIELDS = ["a", "b", "c"] as const;

const anyCall = fc.oneof(
  { weight: 3, arbitrary: fc.constant("load" as const) },
  { weight: 2, arbitrary: fc.constant("create" as const) },
  { weight: 6, arbitrary: fc.constant("commit" as const) },
  { weight: 4, arbitrary: fc.constant("replace" as const) },
  { weight: 3, arbitrary: fc.constant("destroy" as const) },
  { weight: 2, arbitrary: fc.constant("list" as const) },
  { weight: 2, arbitrary: fc.constant("destroyAll" as const) },
  { weight: 1, arbitrary: fc.constant("sweep" as const) },
);

export const anyDraft: fc.Arbitrary<Draft> = fc.record({
  call: anyCall,
  pick: fc.nat(9),
  owner: fc.constantFrom<Draft["owner"][]>(0, 1, 2),
  set: fc.dictionary(fc.constantFrom(...FIELDS), fc.nat(9), { maxKeys: 2, noNullPrototype: true }),
  remove: fc.uniqueArray(fc.constantFrom(...FIELDS), { maxLength: 2 }),
  life: fc.nat(4),
  keep: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  version: fc.constantFrom<Draft["version"][]>("any", "any", "present", "other"),
  via: fc.nat(3),
  wait: fc.nat(3),
});

/** What a draft is made concrete with. */
interface Surroundings {
  readonly state: State;
  /** All keys there were before the present calls. */
  readonly keys: readonly string[];
  readonly owners: readonly [string, string];
  readonly now: number;
  /** One unit of lifetime, in ms. */
  readonly unit: number;
  freshKey(): string;
}

/** The call that a draft stands for. */
export function concrete(draft: Draft, around: Surroundings): Operation {
  const { call } = draft;
  const key = pickKey(draft, around);
  const owner = around.owners[draft.owner === 2 ? 0 : draft.owner];
  const version = around.state.get(key)?.record.version ?? 0;
  const ifVersion = draft.version === "any" ? undefined : version + (draft.version === "present" ? 0 : 1);
  switch (call) {
    case "load":
      return { call, key };
    case "create":
      return { call, key: pickFreeKey(draft, around), record: recordOf(draft, around) };
    case "commit":
      return { call, key, change: { ...changeOf(draft, around), ifVersion } };
    case "replace": {
      const keepOldUntil = draft.keep && around.now + draft.keep * around.unit;
      const { createdAt, owner: newOwner } = recordOf(draft, around);
      const replacement = { ...changeOf(draft, around), owner: newOwner, createdAt, keepOldUntil };
      return { call, key, newKey: around.freshKey(), replacement };
    }
    case "destroy":
      return { call, key, ifVersion };
    case "list":
      return { call, owner };
    case "destroyAll":
      return { call, owner, except: draft.version === "present" ? key : undefined };
    case "sweep":
      return { call, limit: draft.pick };
  }
}

/** Mostly a key that opens something. */
function pickKey({ pick }: Draft, { state, keys }: Surroundings): string {
  const held = [...state.keys()];
  const among = pick < 8 && held.length > 0 ? held : keys;
  return among[pick % among.length] ?? "";
}

/** Mostly a key that opens nothing. */
function pickFreeKey({ pick }: Draft, { state, keys }: Surroundings): string {
  const free = keys.filter((key) => !state.has(key));
  const among = pick < 8 && free.length > 0 ? free : keys;
  return among[pick % among.length] ?? "";
}

function changeOf({ set, remove, life }: Draft, { now, unit }: Surroundings): Change {
  return {
    set: new Map(Object.entries(set).map(([name, value]) => [name, String(value)])),
    // The contract does not say which wins when one field is both set and removed.
    remove: new Set(remove.filter((name) => !(name in set))),
    expiresAt: now + (life + 1) * unit,
  };
}

/** One of the owners, or none. */
function ownerOf({ owner }: Draft, { owners }: Surroundings): string | undefined {
  return owner === 2 ? undefined : owners[owner];
}

function recordOf(draft: Draft, around: Surroundings) {
  const { set: fields, expiresAt } = changeOf(draft, around);
  return { fields, createdAt: around.now - draft.pick, expiresAt, owner: ownerOf(draft, around), version: 1 };
}

/** Makes the call and answers what came of it. */
export async function perform(store: SessionStore, operation: Operation, now: number): Promise<Answer> {
  switch (operation.call) {
    case "load":
      return textOf(await store.load(operation.key));
    case "create":
      return store.create(operation.key, operation.record);
    case "commit":
      return store.commit(operation.key, operation.change);
    case "replace":
      return store.replace(operation.key, operation.newKey, operation.replacement);
    case "destroy":
      return store.destroy(operation.key, { ifVersion: operation.ifVersion });
    case "list":
      return textsOf(await listAll(store, operation.owner));
    case "destroyAll":
      return store.destroyAll(operation.owner, { except: operation.except });
    case "sweep": {
      const count = await store.sweep(now, operation.limit);
      assert.ok(count >= 0 && count <= operation.limit, `sweep dropped ${count} of at most ${operation.limit}`);
      return count;
    }
  }
}

function textsOf(found: Awaited<ReturnType<typeof listAll>>): ReadonlyMap<string, string> {
  return new Map([...found].map(([key, record]) => [key, textOf(record)]));
}

/** What each key loads now. */
export async function loadAll(store: SessionStore, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(keys.map(async (key) => [key, textOf(await store.load(key))] as const));
  return new Map(texts);
}

/** A line of the story that a failure tells. */
export function tell(operation: Operation, answer: Answer): string {
  return `${show(operation)} -> ${answer === ABSENT ? ABSENT : show(answer)}`;
}

export function show(value: unknown): string {
  return JSON.stringify(value, (_, each) => {
    if (each instanceof Map) return Object.fromEntries(each);
    return each instanceof Set ? [...each] : each;
  });
}
