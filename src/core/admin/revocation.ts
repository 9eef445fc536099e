// `session.signal`: an AbortSignal for each session that someone watches, fired when the session ends on any server.
// All requests of a session share one signal, so memory grows with the watched sessions, not with requests. The states of
// a revocation are in docs/decisions/019-life-of-a-revocation.md.
import { setMaxListeners } from "node:events";
import { SessionOptionError } from "../errors.ts";
import type { SessionEventListener } from "../events.ts";
import type { Clock, SessionRecord, SessionStore } from "../record/store.ts";

/** How often to check which watched sessions are due for a look, in ms. */
const INTERVAL = 30_000;
/** How soon to look again after the store failed, in ms. */
const RETRY_DELAY = 1_000;
/** How long to trust the subscription before each watched session is read again, in ms. */
const TRUST = 5 * 60_000;
/** How many sessions are read at the same time. */
const BATCH = 100;

interface Watched {
  /** One, but for a session that was watched under two keys before its move was heard. */
  readonly controllers: AbortController[];
  readonly owner: string | undefined;
  /** When to look whether the session is still there. 0: as soon as possible. */
  lookAt: number;
}

/** The parts of a session that its watcher needs. */
export interface WatchedSession {
  readonly key: string;
  readonly owner: string | undefined;
}

export interface Revocations {
  /**
   * The signal of a stored session. Already aborted if the session has ended and the store answers at once.
   * @param controller Fires with the session, if nobody watches it yet: the signal of the time before it was stored.
   */
  watch(session: WatchedSession, controller?: AbortController): AbortSignal;
  /** Fires the signal of a session that has ended, if anyone watches it. */
  end(key: string): void;
  /** Keeps the signal of a session that goes on under another key. */
  move(oldKey: string, newKey: string): void;
  /** Reads a session that may have ended, if anyone watches it. */
  look(key: string): void;
  /** Reads all watched sessions now, for stores that do not tell of ends. */
  lookAtAll(): Promise<void>;
  close(): void;
}

export function createSignalController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** The reason with which every signal of an ended session is aborted. */
export function endReason(): DOMException {
  return new DOMException("The session has ended.", "AbortError");
}

export function createRevocations(store: SessionStore, clock: Clock, emit: SessionEventListener): Revocations {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let resubscribe: NodeJS.Timeout | undefined;
  let subscribePause = RETRY_DELAY;
  let state: "deaf" | "subscribing" | "subscribed" = "deaf";
  let unsubscribe: (() => void) | undefined;
  let looking: Promise<void> | undefined;
  let isClosed = false;

  function end(key: string): void {
    const entry = watched.get(key);
    if (!entry) return;
    watched.delete(key);
    for (const controller of entry.controllers) controller.abort(endReason());
  }

  /** The session may have ended under its new key before the move was heard, so it is read there. */
  function move(oldKey: string, newKey: string): void {
    const entry = watched.get(oldKey);
    if (!entry || oldKey === newKey) return;
    watched.delete(oldKey);
    const known = watched.get(newKey);
    if (known) known.controllers.push(...entry.controllers);
    else watched.set(newKey, entry);
    look(newKey);
  }

  function listen(): void {
    timer ??= setInterval(tick, INTERVAL);
    timer.unref?.();
    if (state === "deaf") subscribe();
  }

  function tick(): void {
    listen();
    void lookAtDue();
  }

  function subscribe(): void {
    state = "subscribing";
    try {
      const subscribed = store.subscribe?.(hear, lookAtEverything);
      if (subscribed instanceof Promise) subscribed.then(isSubscribed, failed);
      else isSubscribed(subscribed);
    } catch (error) {
      failed(error);
    }
  }

  /** Tries again soon, unless it is the set-up that is wrong: then at the next check. */
  function failed(error: unknown): void {
    state = "deaf";
    emit({ type: "error", operation: "subscribe", error });
    if (isClosed || error instanceof SessionOptionError) return;
    clearTimeout(resubscribe);
    resubscribe = setTimeout(() => {
      if (state === "deaf") subscribe();
    }, subscribePause);
    resubscribe.unref?.();
    subscribePause = Math.min(subscribePause * 2, INTERVAL);
  }

  /** What ended before was not heard. */
  function isSubscribed(stop: (() => void) | undefined): void {
    if (isClosed) {
      stop?.();
      return;
    }
    state = "subscribed";
    subscribePause = RETRY_DELAY;
    unsubscribe = stop;
    lookAtEverything();
  }

  function hear(key: string, movedTo: string | undefined): void {
    if (movedTo === undefined) end(key);
    else move(key, movedTo);
  }

  function lookAtEverything(): void {
    for (const entry of watched.values()) entry.lookAt = 0;
    void lookAtDue();
  }

  function look(key: string): void {
    const entry = watched.get(key);
    if (!entry) return;
    entry.lookAt = 0;
    readOne(key, entry).catch(lookLater);
  }

  /** One pass at a time: a slow store is not asked the same again meanwhile. */
  function lookAtDue(): Promise<void> {
    looking ??= readDue()
      .catch(lookLater)
      .finally(() => {
        looking = undefined;
        if (hasUnread() && retry === undefined) void lookAtDue();
      });
    return looking;
  }

  function hasUnread(): boolean {
    for (const entry of watched.values()) if (entry.lookAt === 0) return true;
    return false;
  }

  function lookLater(error: unknown): void {
    emit({ type: "error", operation: "subscribe", error });
    if (isClosed) return;
    retry ??= setTimeout(() => {
      retry = undefined;
      void lookAtDue();
    }, RETRY_DELAY);
    retry.unref?.();
  }

  async function readDue(): Promise<void> {
    const now = clock();
    const due = [...watched].filter(([, entry]) => entry.lookAt <= now);
    for (let at = 0; at < due.length; at += BATCH) {
      await Promise.all(due.slice(at, at + BATCH).map(([key, entry]) => readOne(key, entry)));
    }
  }

  async function readOne(key: string, entry: Watched): Promise<void> {
    if (watched.get(key) !== entry) return;
    // Whoever asks for a look from here on sets 0 again, and is not answered by this one.
    entry.lookAt = clock() + (state === "subscribed" ? TRUST : INTERVAL);
    try {
      const loaded = store.load(key);
      const record = loaded instanceof Promise ? await loaded : loaded;
      if (watched.get(key) !== entry) return;
      if (!record) end(key);
      else if (record.movedTo !== undefined) await follow(key, entry, record.movedTo);
      else if (entry.lookAt !== 0) entry.lookAt = Math.min(record.expiresAt, entry.lookAt);
    } catch (error) {
      entry.lookAt = 0;
      throw error;
    }
  }

  /** A move that changed the owner ends the session for those who watch it. */
  async function follow(key: string, entry: Watched, newKey: string): Promise<void> {
    const loaded = store.load(newKey);
    const successor: SessionRecord | undefined = loaded instanceof Promise ? await loaded : loaded;
    if (watched.get(key) !== entry) return;
    const isSame = successor && (successor.movedTo !== undefined || successor.owner === entry.owner);
    if (isSame) move(key, newKey);
    else end(key);
  }

  return {
    watch({ key, owner }, controller) {
      let entry = watched.get(key);
      if (entry) {
        if (controller) entry.controllers.push(controller);
      } else {
        entry = { controllers: [controller ?? createSignalController()], owner, lookAt: 0 };
        if (!isClosed) watched.set(key, entry);
      }
      const { signal } = controller ?? (entry.controllers[0] as AbortController);
      if (isClosed) return signal;
      listen();
      if (entry.lookAt === 0 && state === "subscribed") look(key);
      return signal;
    },
    end,
    move,
    look,
    async lookAtAll() {
      await looking;
      for (const entry of watched.values()) entry.lookAt = 0;
      await lookAtDue();
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      clearTimeout(retry);
      clearTimeout(resubscribe);
      unsubscribe?.();
      watched.clear();
    },
  };
}
