// `session.signal`: an AbortSignal for each session that someone watches, fired when the session ends on any server.
// One signal serves all requests of a session, so what is kept grows with the watched sessions, not with requests.
import { setMaxListeners } from "node:events";
import type { SessionEventListener } from "./events.ts";
import type { Clock, SessionStore } from "./store.ts";

/** How often it is seen to which watched sessions are due for a look, in ms. */
const INTERVAL = 30_000;
/**
 * How long the word of the store is trusted, in ms: a subscription that breaks misses what ends until it is back, so
 * every watched session is looked at now and then.
 */
const TRUST = 5 * 60_000;

interface Watched {
  readonly controller: AbortController;
  /** When to look whether the session is still there: at its expiry, or when trust ends. */
  lookAt: number;
}

export interface Revocations {
  /** The signal of a live session. */
  signal(key: string, expiresAt: number): AbortSignal;
  /** Fires the signal of a session that has ended, if anyone watches it. */
  end(key: string): void;
  /** A session goes on under another key: so does its signal. */
  move(oldKey: string, newKey: string): void;
  /** Sees at once which watched sessions have ended, where the store does not tell. */
  lookAtAll(): Promise<void>;
  close(): void;
}

export function createRevocations(store: SessionStore, clock: Clock, emit: SessionEventListener): Revocations {
  const watched = new Map<string, Watched>();
  let timer: NodeJS.Timeout | undefined;
  let subscription: Promise<(() => void) | undefined> | undefined;
  let looking: Promise<void> | undefined;
  let isClosed = false;

  function end(key: string): void {
    const entry = watched.get(key);
    if (!entry) return;
    watched.delete(key);
    entry.controller.abort(new DOMException("The session has ended.", "AbortError"));
  }

  function move(oldKey: string, newKey: string): void {
    const entry = watched.get(oldKey);
    if (!entry) return;
    watched.delete(oldKey);
    watched.set(newKey, entry);
  }

  /** Begins to listen when the first signal is asked for, and tries again where the store was out. */
  function listen(): void {
    timer ??= setInterval(() => void look(), INTERVAL);
    timer.unref?.();
    subscription ??= subscribe().catch((error: unknown) => {
      emit({ type: "error", operation: "subscribe", error });
      subscription = undefined;
      return undefined;
    });
  }

  async function subscribe(): Promise<(() => void) | undefined> {
    const told = (key: string, movedTo: string | undefined): void => {
      if (movedTo === undefined) end(key);
      else move(key, movedTo);
    };
    const unsubscribe = await store.subscribe?.(told);
    if (isClosed) unsubscribe?.();
    return unsubscribe;
  }

  /** One look at a time: a store that is slow is not asked for the same again meanwhile. */
  function look(): Promise<void> {
    looking ??= lookAtDue().finally(() => {
      looking = undefined;
    });
    return looking;
  }

  async function lookAtDue(): Promise<void> {
    listen();
    const now = clock();
    for (const [key, entry] of watched) {
      if (entry.lookAt > now) continue;
      try {
        const record = await store.load(key);
        if (!record) end(key);
        else if (record.movedTo !== undefined) move(key, record.movedTo);
        else entry.lookAt = Math.min(record.expiresAt, now + TRUST);
      } catch (error) {
        emit({ type: "error", operation: "subscribe", error });
        return;
      }
    }
  }

  return {
    signal(key, expiresAt) {
      listen();
      let entry = watched.get(key);
      if (!entry) {
        entry = { controller: new AbortController(), lookAt: Math.min(expiresAt, clock() + TRUST) };
        setMaxListeners(0, entry.controller.signal);
        watched.set(key, entry);
      }
      return entry.controller.signal;
    },
    end,
    move,
    async lookAtAll() {
      if (watched.size === 0) return;
      await looking;
      for (const entry of watched.values()) entry.lookAt = 0;
      await look();
    },
    close() {
      isClosed = true;
      clearInterval(timer);
      void subscription?.then((unsubscribe) => unsubscribe?.());
      watched.clear();
    },
  };
}
