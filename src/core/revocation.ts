// `session.signal`: an AbortSignal for each session that someone watches, fired when the session ends on any server.
// One signal serves all requests of a session, so what is kept grows with the watched sessions, not with requests.
import { setMaxListeners } from "node:events";
import type { SessionEventListener } from "./events.ts";
import type { Clock, SessionStore } from "./store.ts";

/** How often watched sessions whose expiry has come are looked at again, in ms. */
const EXPIRY_CHECK_INTERVAL = 30_000;

interface Watched {
  readonly controller: AbortController;
  expiresAt: number;
}

export interface Revocations {
  /** The signal of a live session. */
  signal(key: string, expiresAt: number): AbortSignal;
  /** Fires the signal of a session that has ended, if anyone watches it. */
  end(key: string): void;
  /** A session goes on under another key: so does its signal. */
  move(oldKey: string, newKey: string): void;
  close(): void;
}

export function createRevocations(store: SessionStore, clock: Clock, emit: SessionEventListener): Revocations {
  const watched = new Map<string, Watched>();
  let stop: (() => void) | undefined;

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

  /** Begins to listen, once, when the first signal is asked for. */
  function start(): void {
    if (stop) return;
    const timer = setInterval(() => void endExpired(), EXPIRY_CHECK_INTERVAL);
    timer.unref?.();
    let unsubscribe: (() => void) | undefined;
    let stopped = false;
    stop = () => {
      stopped = true;
      clearInterval(timer);
      unsubscribe?.();
    };
    Promise.resolve(store.subscribe?.((key, movedTo) => (movedTo === undefined ? end(key) : move(key, movedTo)))).then(
      (subscribed) => {
        unsubscribe = subscribed;
        if (stopped) unsubscribe?.();
      },
      (error: unknown) => emit({ type: "error", operation: "subscribe", error }),
    );
  }

  async function endExpired(): Promise<void> {
    const now = clock();
    for (const [key, entry] of watched) {
      if (entry.expiresAt > now) continue;
      try {
        const record = await store.load(key);
        if (record) entry.expiresAt = record.expiresAt;
        else end(key);
      } catch (error) {
        emit({ type: "error", operation: "subscribe", error });
      }
    }
  }

  return {
    signal(key, expiresAt) {
      start();
      let entry = watched.get(key);
      if (!entry) {
        entry = { controller: new AbortController(), expiresAt };
        setMaxListeners(0, entry.controller.signal);
        watched.set(key, entry);
      }
      return entry.controller.signal;
    },
    end,
    move,
    close() {
      stop?.();
      watched.clear();
    },
  };
}
