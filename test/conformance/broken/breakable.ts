// The memory store as others would see it from several processes, with a part of it replaced: what the broken stores
// are made of. It knows no fault itself.
import { setImmediate as macrotask } from "node:timers/promises";
import { SessionRecordError } from "../../../src/core/errors.ts";
import type { Clock, ListPage, SessionRecord, SessionStore } from "../../../src/core/record/store.ts";
import { type MemoryStore, memoryStore } from "../../../src/stores/memory/index.ts";
import type { StoreHarness } from "../../../src/testing/store-conformance.ts";

/** What a fault may use. */
export interface Parts {
  /** Keys of records that can't be read. */
  readonly damaged: Set<string>;
  /** The store that keeps the laws. */
  readonly inner: MemoryStore;
  readonly clock: Clock;
  /** Lets others go on: a call over the wire, or a step that is not part of one transaction. */
  wait(): Promise<void>;
  /** Puts a record in the place of another, as no store of ours lets anyone. */
  overwrite(key: string, record: SessionRecord): void;
}

/** Answers the methods in which a store differs from the memory store. */
export type Fault = (parts: Parts) => Partial<SessionStore>;

/** A store that breaks a law, and the case that must find it out; others may too. */
export interface Broken {
  readonly fault: string;
  readonly caughtBy: string;
  readonly harness: StoreHarness;
}

export function broken(fault: string, caughtBy: string, change: Fault, more: Partial<StoreHarness> = {}): Broken {
  return { fault, caughtBy, harness: harnessOf(change, more) };
}

/** A harness of two stores on one memory store, both with the fault. */
export function harnessOf(fault: Fault, more: Partial<StoreHarness> = {}): StoreHarness {
  const parts = new WeakMap<SessionStore, Parts>();
  const open = (from: Parts): SessionStore => {
    const store = { ...methodsOf(from), ...fault(from) };
    parts.set(store, from);
    return store;
  };
  return {
    createStore: (clock) => open(partsOf(clock)),
    damage: (store, key) => parts.get(store)?.damaged.add(key),
    another: (store) => open(parts.get(store) as Parts),
    time: "fake",
    keepsSecret: true,
    browses: true,
    outage: () => unavailable(memoryStore()),
    deadline: 200,
    interleavings: 100,
    ...more,
  };
}

function partsOf(clock: Clock): Parts {
  const inner = memoryStore({ clock });
  let waits = 0;
  return {
    inner,
    clock,
    damaged: new Set(),
    wait: async () => {
      for (let turn = waits++ % 3; turn >= 0; turn--) await macrotask();
    },
    overwrite: (key, record) => {
      inner.destroy(key);
      inner.create(key, record);
    },
  };
}

/** The inner store outlives those that are opened on it. */
function methodsOf({ inner, damaged }: Parts): SessionStore {
  return {
    name: "breakable",
    load: (key) => readable(inner, damaged, key),
    create: (key, record) => inner.create(key, record),
    commit: (key, change) => inner.commit(key, change),
    replace: (oldKey, newKey, replacement) => inner.replace(oldKey, newKey, replacement),
    destroy: (key, options) => inner.destroy(key, options),
    list: (owner, page) => listed(inner, damaged, owner, page),
    destroyAll: (owner, options) => inner.destroyAll(owner, options),
    browse: (options) => inner.browse(options),
    count: () => inner.count(),
    sweep: (now, limit) => inner.sweep(now, limit),
    subscribe: (listener) => inner.subscribe(listener),
    developmentSecret: () => "kept",
    close: () => {},
  };
}

export function readable(inner: MemoryStore, damaged: ReadonlySet<string>, key: string): SessionRecord | undefined {
  const record = inner.load(key);
  if (record !== undefined && damaged.has(key)) throw new SessionRecordError("is damaged");
  return record;
}

function listed(
  inner: MemoryStore,
  damaged: ReadonlySet<string>,
  ...[owner, page]: Parameters<SessionStore["list"]>
): ListPage {
  const { sessions, next } = inner.list(owner, page);
  const unreadable = sessions.map(({ key }) => key).filter((key) => damaged.has(key));
  return { sessions: sessions.filter(({ key }) => !damaged.has(key)), unreadable, next };
}

/** A closed store answers each call with a StoreUnavailableError: here, like a server that is gone. */
function unavailable(store: MemoryStore): MemoryStore {
  store.close();
  return store;
}

/** Every call takes some time on its way there and back, but happens at one moment. */
export const slow: Fault = ({ inner, damaged, wait }) => {
  const remote = async <Result>(call: () => Result): Promise<Result> => {
    await wait();
    const result = call();
    await wait();
    return result;
  };
  return {
    load: (key) => remote(() => readable(inner, damaged, key)),
    create: (key, record) => remote(() => inner.create(key, record)),
    commit: (key, change) => remote(() => inner.commit(key, change)),
    replace: (oldKey, newKey, replacement) => remote(() => inner.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => remote(() => inner.destroy(key, options)),
    list: (owner, page) => remote(() => listed(inner, damaged, owner, page)),
    destroyAll: (owner, options) => remote(() => inner.destroyAll(owner, options)),
    browse: (options) => remote(() => inner.browse(options)),
    count: () => remote(() => inner.count()),
    sweep: (now, limit) => remote(() => inner.sweep(now, limit)),
  };
};

/** As slow, and list and destroyAll look at one key after another, as a store over many servers does. */
export const piecemeal: Fault = (parts) => {
  const { inner, damaged, wait } = parts;
  return {
    ...slow(parts),
    async list(owner, page) {
      const { sessions, unreadable, next } = listed(inner, damaged, owner, page);
      const found = [];
      for (const { key } of sessions) {
        await wait();
        const record = inner.load(key);
        if (record && record.owner === owner && record.movedTo === undefined) found.push({ key, record });
      }
      return { sessions: found, unreadable, next };
    },
    async destroyAll(owner, { except } = {}) {
      let count = 0;
      for (;;) {
        const keys = inner.list(owner).sessions.map(({ key }) => key);
        const left = keys.filter((key) => key !== except);
        if (left.length === 0) return count;
        for (const key of left) {
          await wait();
          if (inner.destroy(key)) count++;
        }
      }
    },
  };
};
