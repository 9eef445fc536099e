// The laws of a store as a program of its own: what each call may answer, and what it leaves. It shares no code with
// the stores, and takes neither time nor a machine into account but the moment at which a call happens.
import type { Change, CommitResult, Replacement, SessionRecord } from "../core/record/store.ts";

/** A call of a store, as data. */
export type Operation =
  | { readonly call: "load"; readonly key: string }
  | { readonly call: "create"; readonly key: string; readonly record: SessionRecord }
  | { readonly call: "commit"; readonly key: string; readonly change: Change }
  | { readonly call: "replace"; readonly key: string; readonly newKey: string; readonly replacement: Replacement }
  | { readonly call: "destroy"; readonly key: string; readonly ifVersion: number | undefined }
  | { readonly call: "list"; readonly owner: string }
  | { readonly call: "destroyAll"; readonly owner: string; readonly except: string | undefined }
  | { readonly call: "sweep"; readonly limit: number };

/** What a call answered. Records are told by their text, {@link textOf}, and those of a list by `key`. */
export type Answer = string | boolean | number | CommitResult | ReadonlyMap<string, string>;

/** A record of the model. */
interface Held {
  readonly record: SessionRecord;
  /** The session came to its owner while the present calls are under way. A destroyAll among them may miss it. */
  readonly isNew: boolean;
}

/** All that a store holds, by key, without what has expired. Never changed, only replaced. */
export type State = ReadonlyMap<string, Held>;

/** What `load` of an absent key answers. */
export const ABSENT = "absent";

const texts = new WeakMap<SessionRecord, string>();

/** A record as one text; two are equal if and only if the records are alike. */
export function textOf(record: SessionRecord | undefined): string {
  if (record === undefined) return ABSENT;
  const known = texts.get(record);
  if (known !== undefined) return known;
  const { fields, createdAt, expiresAt, owner, version, movedTo } = record;
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  // What is kept under an old key says where to go and until when; its beginning and version mean nothing.
  const said = movedTo === undefined ? { createdAt, version } : { movedTo };
  const text = JSON.stringify({ fields: Object.fromEntries(sorted), expiresAt, owner, ...said });
  texts.set(record, text);
  return text;
}

/** One way in which a call may go on: a further step of it, or its end with that answer. */
interface Outcome {
  readonly answer: Answer;
  readonly state: State;
}

/** What an atomic call may answer in a state, and what it leaves. `list` and `destroyAll` are not atomic. */
export function outcomesOf(state: State, operation: Operation, now: number): readonly Outcome[] {
  switch (operation.call) {
    case "load":
      return [{ answer: textOf(state.get(operation.key)?.record), state }];
    case "create":
      return create(state, operation.key, operation.record, now);
    case "commit":
      return [commit(state, operation.key, operation.change)];
    case "replace":
      return [replace(state, operation.key, operation.newKey, operation.replacement, now)];
    case "destroy":
      return [destroy(state, operation.key, operation.ifVersion)];
    default:
      return [];
  }
}

/** The live session of a key: what a renewal keeps under its old key is none. */
function live(state: State, key: string): Held | undefined {
  const held = state.get(key);
  return held?.record.movedTo === undefined ? held : undefined;
}

/** The live sessions of an owner. */
export function liveOf(state: State, owner: string): readonly (readonly [string, Held])[] {
  return [...state].filter(([, { record }]) => record.owner === owner && record.movedTo === undefined);
}

/** What is no longer there when it is that moment. */
export function withoutExpired(state: State, now: number): State {
  return new Map([...state].filter(([, { record }]) => record.expiresAt > now));
}

function create(state: State, key: string, record: SessionRecord, now: number): readonly Outcome[] {
  const refused = { answer: false, state };
  const stored = { answer: true, state: put(state, key, { record, isNew: true }, now) };
  const held = state.get(key);
  if (!held) return [stored];
  // The contract says nothing of a key that a renewal keeps: no new session ever meets one.
  return held.record.movedTo === undefined ? [refused] : [refused, stored];
}

function commit(state: State, key: string, change: Change): Outcome {
  const held = live(state, key);
  if (!held) return { answer: "gone", state };
  const { record, isNew } = held;
  if (change.ifVersion !== undefined && change.ifVersion !== record.version) return { answer: "conflict", state };
  const isTouch = change.set.size + change.remove.size === 0;
  const changed: SessionRecord = {
    ...record,
    fields: changedFields(record, change),
    expiresAt: Math.max(record.expiresAt, change.expiresAt),
    version: isTouch ? record.version : record.version + 1,
  };
  return { answer: "committed", state: new Map(state).set(key, { record: changed, isNew }) };
}

function replace(state: State, oldKey: string, newKey: string, asked: Replacement, now: number): Outcome {
  const held = live(state, oldKey);
  if (!held) return { answer: "gone", state };
  const { createdAt, expiresAt, owner, keepOldUntil } = asked;
  const fields = changedFields(held.record, asked);
  const record = { fields, createdAt, expiresAt, owner, version: held.record.version + 1 };
  const isNew = held.isNew || held.record.owner !== owner;
  let next = put(without(state, oldKey), newKey, { record, isNew }, now);
  if (keepOldUntil !== undefined) {
    const kept = {
      fields: new Map(),
      createdAt,
      expiresAt: keepOldUntil,
      owner: undefined,
      version: 0,
      movedTo: newKey,
    };
    next = put(next, oldKey, { record: kept, isNew: false }, now);
  }
  return { answer: "committed", state: next };
}

function destroy(state: State, key: string, ifVersion: number | undefined): Outcome {
  const held = live(state, key);
  const ends = held !== undefined && (ifVersion === undefined || ifVersion === held.record.version);
  return { answer: ends, state: ends ? without(state, key) : state };
}

function changedFields(record: SessionRecord, change: Pick<Change, "set" | "remove">): ReadonlyMap<string, string> {
  const kept = [...record.fields].filter(([name]) => !change.remove.has(name) && !change.set.has(name));
  return new Map([...kept, ...change.set]);
}

function put(state: State, key: string, held: Held, now: number): State {
  return held.record.expiresAt > now ? new Map(state).set(key, held) : without(state, key);
}

export function without(state: State, key: string): State {
  const next = new Map(state);
  next.delete(key);
  return next;
}
