// Any store written for express-session, as a store of coatcheck. Such a store reads and writes whole sessions and knows
// no owner, so some laws are beyond it: laws 1 and 2 hold within one process only, and law 5 not at all.

import { createEndListeners } from "../core/admin/end-listeners.ts";
import { SessionRecordError, UnsupportedOperationError } from "../core/errors.ts";
import {
  applyReplacement,
  commitTo,
  decodeRecord,
  encodeRecord,
  hasVersion,
  keptRecord,
  movedTo,
} from "../core/record/record.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord, SessionStore } from "../core/record/store.ts";
import { isThenable } from "../core/util/awaitable.ts";
import { createKeyedQueue } from "../core/util/keyed-queue.ts";
import { checkOptions, functionOption, methodsOption, type OptionChecks } from "../core/util/option-checks.ts";
import { isMissing } from "./store.ts";

/** The part of express-session's `Store` that is used. */
export interface ExpressSessionStore {
  get(sid: string, callback: (error: unknown, session?: object | null) => void): unknown;
  set(sid: string, session: object, callback?: (error?: unknown) => void): unknown;
  destroy(sid: string, callback?: (error?: unknown) => void): unknown;
}

export interface BridgeOptions {
  /** Default `Date.now`. */
  readonly clock?: Clock | undefined;
}

/** A store that says which laws it does not keep. */
export interface BridgedStore extends SessionStore {
  /**
   * 1: changes by two processes at once can overwrite each other. 2: a slow write of another process can bring back a
   * destroyed session. 5: sessions can't be found by their owner, so `list` and `destroyAll` throw.
   */
  readonly unkeptLaws: readonly [1, 2, 5];
}

/** What is written: the cookie as these stores look at it for the expiry, and our record as one text. */
interface BridgedSession {
  readonly cookie: { readonly expires: Date; readonly originalMaxAge: number; readonly maxAge: number };
  readonly coatcheck: string;
}

const UNKEPT_LAWS = [1, 2, 5] as const;

const storeOption = methodsOption(
  ["get", "set", "destroy"],
  "must be a store",
  "Give a store written for express-session.",
);

const CHECKS: OptionChecks<BridgeOptions> = { clock: functionOption };

/** What a key looks like. Some of these stores make file names of it, so nothing else reaches them (law 7). */
const KEY = /^[\w-]{43}$/;

/**
 * Lets a store that you already run, such as connect-pg-simple or session-file-store, serve coatcheck. For one process
 * it is as safe as any; for several, choose one of coatcheck's own stores. The records are coatcheck's and keyed by the
 * hash of the session ID; express-session can't read them.
 *
 * @throws SessionOptionError when this is no store of express-session's kind, or an option is wrong or unknown.
 * @example
 * import { bridge } from "coatcheck/express-session";
 * import FileStore from "session-file-store";
 *
 * const store = bridge(new (FileStore(expressSession))({ path: "./sessions" }));
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store });
 */
export function bridge(store: ExpressSessionStore, options: BridgeOptions = {}): BridgedStore {
  storeOption("store", store);
  const { clock = Date.now } = checkOptions<BridgeOptions>(options, CHECKS, "Call bridge(store, { clock }).");
  return createBridge(store, clock);
}

function createBridge(store: ExpressSessionStore, clock: Clock): BridgedStore {
  const queue = createKeyedQueue();
  const listeners = createEndListeners("the bridge");
  const records = createRecords(store, clock);

  return {
    name: "bridge",
    unkeptLaws: UNKEPT_LAWS,
    load: records.load,
    create: (key, record) => queue.run(key, () => create(records, key, record)),
    commit: (key, change) => queue.run(key, () => commit(records, key, change)),

    replace: (oldKey, newKey, replacement) =>
      queue.run(oldKey, async () => {
        const record = await replace(records, oldKey, newKey, replacement);
        if (!record) return "gone";
        listeners.tell(oldKey, movedTo(record, replacement, newKey));
        return "committed";
      }),

    destroy: (key, { ifVersion } = {}) =>
      queue.run(key, async () => {
        const record = await records.live(key);
        if (!record || !hasVersion(record, ifVersion)) return false;
        await records.remove(key);
        listeners.tell(key, undefined);
        return true;
      }),

    list: () => Promise.reject(new UnsupportedOperationError("bridge", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("bridge", "destroyAll")),
    /** These stores drop what has expired by themselves. */
    sweep: () => 0,
    subscribe: (listener, resumed) => listeners.add(listener, resumed),
    close: () => listeners.clear(),
  };
}

/** The records in a store of express-session's kind, which reads and writes them whole. */
interface Records {
  load(key: string): Promise<SessionRecord | undefined>;
  /** The same, but for a session that has moved to another key. */
  live(key: string): Promise<SessionRecord | undefined>;
  write(key: string, record: SessionRecord): Promise<unknown>;
  remove(key: string): Promise<unknown>;
}

function createRecords(store: ExpressSessionStore, clock: Clock): Records {
  async function load(key: string): Promise<SessionRecord | undefined> {
    if (!KEY.test(key)) return undefined;
    const session = await call<object | null>((done) =>
      store.get(key, (error, found) => (isMissing(error) ? done() : done(error, found))),
    );
    if (!session) return undefined;
    const text: unknown = Reflect.get(session, "coatcheck");
    if (typeof text !== "string") throw new SessionRecordError("was not written by this library");
    const record = decodeRecord(text);
    return record.expiresAt > clock() ? record : undefined;
  }

  return {
    load,
    async live(key) {
      const record = await load(key);
      return record?.movedTo === undefined ? record : undefined;
    },
    write: (key, record) => call((done) => store.set(key, toSession(record, clock()), done)),
    remove: (key) => call((done) => store.destroy(key, done)),
  };
}

async function create(records: Records, key: string, record: SessionRecord): Promise<boolean> {
  if (await records.load(key)) return false;
  await records.write(key, record);
  return true;
}

async function commit(records: Records, key: string, change: Change): Promise<CommitResult> {
  const next = commitTo(await records.live(key), change);
  if (typeof next === "string") return next;
  await records.write(key, next);
  return "committed";
}

/** @returns The record as it was; `undefined` where there is none, and nothing was done. */
async function replace(
  records: Records,
  oldKey: string,
  newKey: string,
  replacement: Replacement,
): Promise<SessionRecord | undefined> {
  const record = await records.live(oldKey);
  if (!record) return undefined;
  // The old key ends first: a crash in between logs out, and never leaves two keys to one session.
  const kept = keptRecord(replacement, newKey);
  await (kept ? records.write(oldKey, kept) : records.remove(oldKey));
  await records.write(newKey, applyReplacement(record, replacement));
  return record;
}

function toSession(record: SessionRecord, now: number): BridgedSession {
  const maxAge = Math.max(record.expiresAt - now, 1);
  return {
    cookie: { expires: new Date(record.expiresAt), originalMaxAge: maxAge, maxAge },
    coatcheck: encodeRecord(record),
  };
}

/** Calls a method that calls back. Some stores return a promise as well, and fail in either way. */
function call<Result>(
  method: (done: (error?: unknown, result?: Result) => void) => unknown,
): Promise<Result | undefined> {
  return new Promise((resolve, reject) => {
    const returned = method((error, result) => (error ? reject(error) : resolve(result)));
    if (isThenable(returned)) Promise.resolve(returned).catch(reject);
  });
}
