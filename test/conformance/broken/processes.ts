// Stores that keep one process in the dark: about what ended, what another process wrote, or that the server is out.
import { DataRefusedError, StoreUnavailableError } from "../../../src/core/errors.ts";
import type { EndListener, SessionRecord, SessionStore } from "../../../src/core/record/store.ts";
import { type MemoryStore, memoryStore } from "../../../src/stores/memory/index.ts";
import { type Broken, broken, type Fault } from "./breakable.ts";

/** A store whose listeners are called by its own rules. */
function telling(rules: (inner: MemoryStore, tell: EndListener) => Partial<SessionStore>): Fault {
  return ({ inner }) => {
    const listeners = new Set<EndListener>();
    const tell: EndListener = (key, movedTo) => {
      for (const listener of listeners) listener(key, movedTo);
    };
    const subscribe = (listener: EndListener) => {
      const unsubscribe = inner.subscribe(listener);
      listeners.add(listener);
      return () => {
        unsubscribe();
        listeners.delete(listener);
      };
    };
    return { subscribe, ...rules(inner, tell) };
  };
}

export const listenerFaults: readonly Broken[] = [
  broken(
    "the store tells of ends, but the harness does not say so",
    "the harness says truly whether the store tells of ends",
    () => ({}),
    { subscribes: false },
  ),
  broken("only the own process is told", "listeners are told of every session that is destroyed", () => {
    const own = memoryStore();
    return { subscribe: (listener) => own.subscribe(listener) };
  }),
  broken("destroyAll tells of one session", "listeners are told of each session that destroyAll ends", ({ inner }) => {
    let told = true;
    return {
      destroyAll: (owner, options) => {
        told = false;
        return inner.destroyAll(owner, options);
      },
      subscribe: (listener) =>
        inner.subscribe((key, movedTo) => {
          if (!told) listener(key, movedTo);
          told = true;
        }),
    };
  }),
  broken(
    "a new owner's key is told to who watched the old one",
    "listeners are told where a replaced session goes on, if it kept its owner",
    telling((inner, tell) => ({
      replace: (oldKey, newKey, replacement) => {
        const result = inner.replace(oldKey, newKey, replacement);
        if (result === "committed") tell(oldKey, newKey);
        return result;
      },
    })),
  ),
  broken(
    "expiry is told",
    "listeners hear nothing of what did not end, nor of expiry",
    telling((inner, tell) => ({
      sweep: (now, limit) => {
        const count = inner.sweep(now, limit);
        if (count > 0) tell("swept", undefined);
        return count;
      },
    })),
  ),
  broken("unsubscribe does nothing", "after unsubscribing a listener hears nothing, and others go on", ({ inner }) => ({
    subscribe: (listener) => {
      inner.subscribe(listener);
      return () => {};
    },
  })),
  broken(
    "a listener's error is the caller's",
    "a listener that throws breaks neither the call nor the others",
    telling((inner, tell) => ({
      destroy: (key, options) => {
        const ended = inner.destroy(key, options);
        if (ended) tell(key, undefined);
        return ended;
      },
    })),
  ),
];

/** Each process remembers what it has loaded. */
const cached: Fault = ({ inner }) => {
  const seen = new Map<string, SessionRecord>();
  return {
    load: (key) => {
      const record = seen.get(key) ?? inner.load(key);
      if (record) seen.set(key, record);
      return record;
    },
  };
};

export const acknowledgedFaults: readonly Broken[] = [
  broken("the store has no name", "the store has a name", () => ({ name: "" })),
  broken("an absence is remembered", "what a call has resolved, the next call sees", ({ inner }) => {
    const absent = new Set<string>();
    return {
      load: (key) => {
        const record = absent.has(key) ? undefined : inner.load(key);
        if (!record) absent.add(key);
        return record;
      },
    };
  }),
  broken("the other process's changes are seen late", "what a call has resolved, another process sees at once", cached),
  broken("a version is read from a cache", "two processes take turns on one session", cached),
  broken(
    "what was written goes when the store is closed",
    "what was written stays when the store that wrote it is closed",
    ({ inner }) => {
      const written: string[] = [];
      return {
        create: (key, record) => inner.create(key, record) && written.push(key) > 0,
        close: () => {
          for (const key of written) inner.destroy(key);
        },
      };
    },
  ),
  broken("close fails the second time", "close may be called twice", () => {
    let closed = 0;
    return {
      close: () => {
        if (++closed === 2) throw new Error("closed already");
      },
    };
  }),
  broken(
    "a secret is kept, but the harness does not say so",
    "the harness says truly whether the store keeps a development secret",
    () => ({}),
    { keepsSecret: false },
  ),
  broken("each process makes a secret", "the development secret is made once and stays the same", () => {
    let secret: string | undefined;
    return { developmentSecret: (generate) => (secret ??= generate()) };
  }),
];

const lost = (): Promise<never> => new Promise(() => {});
const refusedData = (): Promise<never> =>
  Promise.reject(new DataRefusedError("broken", "commit", "The data is too large."));
const refused = (): Promise<never> => Promise.reject(new Error("ECONNREFUSED"));

function failing(call: () => Promise<never>): SessionStore {
  return {
    name: "out",
    load: call,
    create: call,
    commit: call,
    replace: call,
    destroy: call,
    list: call,
    destroyAll: call,
    sweep: call,
    close: () => {},
  };
}

export const outageFaults: readonly Broken[] = [
  broken(
    "an outage is any error",
    "without an answer every call rejects in time with StoreUnavailableError",
    () => ({}),
    { outage: () => failing(refused) },
  ),
  broken(
    "an outage is told as an error of the data",
    "without an answer every call rejects in time with StoreUnavailableError",
    () => ({}),
    { outage: () => failing(refusedData) },
  ),
  broken(
    "what the store can't hold is told as an outage",
    "what the store can't hold is refused as data, and never told as an outage",
    ({ inner }) => ({
      create(key, record) {
        if (key.length > 2_000) throw new StoreUnavailableError("broken", "create", new Error("index row size"));
        return inner.create(key, record);
      },
    }),
  ),
  broken("an outage is no end of waiting", "without an answer parallel calls reject in time too", () => ({}), {
    outage: () => failing(lost),
    deadline: 30,
  }),
  broken("close waits for the server", "without an answer close resolves in time", () => ({}), {
    outage: () => {
      let closes = 0;
      return { ...failing(lost), close: () => (closes++ === 0 ? lost() : undefined) };
    },
    deadline: 30,
  }),
];
