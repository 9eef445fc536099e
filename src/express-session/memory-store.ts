// The default store: sessions of one process, as JSON texts. For development; coatcheck's `memoryStore` is for more.
import { callable } from "./callable.ts";
import type { Callback, FoundCallback, SessionLike } from "./session.ts";
import type { SessionData } from "./session-data.ts";
import { Store } from "./store.ts";

/** @see MemoryStore */
export class SessionsInMemory extends Store {
  sessions: Record<string, string> = Object.create(null);

  get(sid: string, callback: FoundCallback<SessionData | null>): void {
    setImmediate(callback, null, read(this.sessions, sid));
  }

  set(sid: string, session: SessionLike, callback?: Callback): void {
    this.sessions[sid] = JSON.stringify(session);
    if (callback) setImmediate(callback);
  }

  destroy(sid: string, callback?: Callback): void {
    delete this.sessions[sid];
    if (callback) setImmediate(callback);
  }

  override touch(sid: string, session: SessionLike, callback?: Callback): void {
    // Most sessions end with the browser: then their cookie is the same at each request.
    const hasItsCookie = this.sessions[sid]?.startsWith(`{"cookie":${JSON.stringify(session.cookie)}`);
    const stored = hasItsCookie ? undefined : read(this.sessions, sid);
    if (stored) this.sessions[sid] = JSON.stringify({ ...stored, cookie: session.cookie });
    if (callback) setImmediate(callback);
  }

  override all(callback: FoundCallback<Record<string, SessionData>>): void {
    const found: Record<string, SessionData> = Object.create(null);
    for (const sid of Object.keys(this.sessions)) {
      const stored = read(this.sessions, sid);
      if (stored) found[sid] = stored;
    }
    if (callback) setImmediate(callback, null, found);
  }

  override length(callback: FoundCallback<number>): void {
    this.all((error, found) => callback(error, Object.keys(found ?? {}).length));
  }

  override clear(callback?: Callback): void {
    this.sessions = Object.create(null);
    if (callback) setImmediate(callback);
  }
}

/** A live session, as JSON has it; an expired one is dropped. */
function read(sessions: Record<string, string>, sid: string): SessionData | undefined {
  const text = sessions[sid];
  if (text === undefined) return undefined;
  const stored = JSON.parse(text) as SessionData;
  const expires = stored.cookie?.expires;
  if (!expires || new Date(expires).getTime() > Date.now()) return stored;
  delete sessions[sid];
  return undefined;
}

/**
 * Sessions in this process alone, gone with it: for development and tests. Sessions without a `maxAge` stay until the
 * process ends.
 */
export type MemoryStore = SessionsInMemory;
export const MemoryStore: typeof SessionsInMemory = callable(SessionsInMemory, (store) => {
  Reflect.apply(Store as unknown as () => void, store, []);
  store.sessions = Object.create(null);
});
