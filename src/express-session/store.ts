// The class that stores written for express-session extend, by `class … extends` or by `Store.call(this)`.
import { EventEmitter } from "node:events";
import { callable } from "./callable.ts";
import {
  type Callback,
  createSession,
  type FoundCallback,
  MAKES_SESSIONS,
  type Session,
  type SessionKeeper,
  type SessionLike,
  type SessionOwner,
} from "./session.ts";
import type { SessionData } from "./session-data.ts";

/** @see Store */
export abstract class AbstractStore extends EventEmitter implements SessionKeeper {
  /** Calls back with the session, or with nothing where there is none. */
  abstract get(sid: string, callback: FoundCallback<SessionData | null>): void;

  /** Stores a session, new or not. */
  abstract set(sid: string, session: SessionLike, callback?: Callback): void;

  /** Drops a session. */
  abstract destroy(sid: string, callback?: Callback): void;

  /** Moves the expiry of an unmodified session. */
  touch?(sid: string, session: SessionLike, callback?: Callback): void;

  /** All sessions, by ID or as a list. */
  all?(callback: FoundCallback<SessionData[] | Record<string, SessionData> | null>): void;

  /** How many sessions there are. */
  length?(callback: FoundCallback<number>): void;

  /** Drops all sessions. */
  clear?(callback?: Callback): void;

  /** Gives a request a new session. Set by the middleware. */
  declare generate: { bivarianceHack(req: object): void }["bivarianceHack"];

  /** Ends the session of a request and gives it a new one. */
  regenerate(req: object, callback: Callback): void {
    const owner = req as SessionOwner;
    this.destroy(owner.sessionID as string, (error) => {
      let failure: unknown = error;
      try {
        this.generate(req);
      } catch (reason) {
        // The old session has ended, and there is no new one.
        delete owner.session;
        failure ??= reason;
      }
      callback(failure);
    });
  }

  /** The session of an ID, outside any request. */
  load(sid: string, callback: FoundCallback<Session & SessionData>): void {
    this.get(sid, (error, stored) => {
      if (error) return callback(error);
      if (!stored) return callback();
      return callback(null, this.createSession({ sessionID: sid, sessionStore: this }, stored));
    });
  }

  /** Makes what `get` found the session of a request. */
  createSession(req: object, stored: SessionLike): Session & SessionData {
    return createSession(req, stored);
  }
}

Reflect.set(AbstractStore.prototype, MAKES_SESSIONS, true);

/** Some stores of files report a session that is not there as an error. */
export function isMissing(error: unknown): boolean {
  return Reflect.get(Object(error), "code") === "ENOENT";
}

/**
 * The base of stores: an EventEmitter whose events `disconnect` and `connect` tell whether it can be asked. Yours has
 * `get`, `set` and `destroy`, and better `touch` too.
 */
export type Store = AbstractStore;
export const Store: typeof AbstractStore = callable(AbstractStore, (store) => {
  Reflect.apply(EventEmitter as unknown as () => void, store, []);
});
