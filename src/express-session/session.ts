// `req.session` of the drop-in: the data as own properties, the methods on the prototype. It asks its request's store.
import { processWide } from "../core/util/process-wide.ts";
import { type Cookie, type CookieData, cookieFrom } from "./cookie.ts";
import type { SessionData } from "./session-data.ts";

/** Called when the work is done, with what went wrong. Yours may expect a narrower type of error. */
export type Callback = { bivarianceHack(error?: unknown): void }["bivarianceHack"];

/** Called with what was found. Yours may expect narrower types. */
export type FoundCallback<Found> = { bivarianceHack(error?: unknown, found?: Found): void }["bivarianceHack"];

/** What a session needs of its store. */
export interface SessionKeeper {
  get(sid: string, callback: FoundCallback<SessionData | null>): void;
  set(sid: string, session: SessionLike, callback?: Callback): void;
  destroy(sid: string, callback?: Callback): void;
  regenerate(req: object, callback: Callback): void;
  createSession(req: object, stored: SessionLike): Session & SessionData;
}

/** What a session needs of its request. */
export interface SessionOwner {
  session?: (Session & Partial<SessionData>) | null | undefined;
  sessionID?: string | undefined;
  sessionStore?: SessionKeeper | undefined;
  [VISIT]?: SaveListener;
}

/** A session as a store hands it out. */
export interface StoredSession {
  cookie: Partial<Omit<CookieData, "expires">> & { expires?: Date | string | number | false | null | undefined };
  [key: string]: unknown;
}

/** Any session that a store is given: it reads the cookie, and keeps the rest as it is. */
export interface SessionLike {
  cookie: object;
}

/** Under this name a request knows who must hear that its session is being saved, so that it is not saved again. */
export const VISIT: unique symbol = Symbol.for("coatcheck.visit");

export interface SaveListener {
  noteSave(session: Session): void;
}

/** Sessions that were destroyed through their own methods: nothing brings them back. */
const ended = processWide("express-session.ended", () => new WeakSet<object>());

export function hasEnded(session: object): boolean {
  return ended.has(session);
}

/**
 * The session of a request. Your data are its properties. Each method takes a callback, as in express-session, or gives
 * a promise when there is none.
 *
 * @example
 * app.post("/login", async (req, res) => {
 *   await req.session.regenerate();
 *   req.session.user = req.body.user;
 *   res.redirect("/");
 * });
 */
export class Session {
  /** The session ID, as `req.sessionID`. It can't be changed; `regenerate` gives another. */
  declare readonly id: string;
  declare cookie: Cookie;

  constructor(req: object, data?: object | null) {
    Object.defineProperty(this, "req", { value: req });
    Object.defineProperty(this, "id", { value: Reflect.get(req, "sessionID") });
    if (typeof data !== "object" || data === null) return;
    const given = data as Record<string, unknown>;
    for (const key in given) if (!(key in this)) (this as Record<string, unknown>)[key] = given[key];
  }

  /** Sets the cookie's time to live back to its full length. The middleware does it for every response. */
  touch(): this {
    return this.resetMaxAge();
  }

  /** The same as `touch`. */
  resetMaxAge(): this {
    const cookie = cookieOf(this);
    cookie.maxAge = cookie.originalMaxAge;
    return this;
  }

  /**
   * Stores the session now, and not when the response ends. With a store of coatcheck's, a session that has ended
   * meanwhile gives a `SessionGoneError`.
   */
  save(): Promise<void>;
  save(callback: Callback): this;
  save(callback?: Callback): this | Promise<void>;
  save(callback?: Callback): this | Promise<void> {
    const req = requestOf(this);
    return run(this, callback, true, (done) => {
      cookieOf(this);
      req[VISIT]?.noteSave(this);
      storeOf(req).set(this.id, this, done);
    });
  }

  /** Reads the session from the store again; `req.session` is then a new object. Fails when it is not there any more. */
  reload(): Promise<void>;
  reload(callback: Callback): this;
  reload(callback?: Callback): this | Promise<void> {
    const req = requestOf(this);
    return run(this, callback, false, (done) => {
      storeOf(req).get(this.id, (error, stored) => {
        if (error) return done(error);
        if (!stored) return done(new Error("failed to load session"));
        createSessionBy(storeOf(req), req, stored);
        return done();
      });
    });
  }

  /** Ends the session: it is dropped from the store, and `req.session` is gone. */
  destroy(): Promise<void>;
  destroy(callback: Callback): this;
  destroy(callback?: Callback): this | Promise<void> {
    return run(this, callback, true, (done) => {
      ended.add(this);
      const req = requestOf(this);
      delete req.session;
      storeOf(req).destroy(this.id, done);
    });
  }

  /** Ends this session and begins an empty one under a new ID, at `req.session`. Call it at every login. */
  regenerate(): Promise<void>;
  regenerate(callback: Callback): this;
  regenerate(callback?: Callback): this | Promise<void> {
    return run(this, callback, false, (done) => {
      ended.add(this);
      const req = requestOf(this);
      storeOf(req).regenerate(req, done);
    });
  }
}

/** What its store has noted of a session. It is no property: nobody sees, copies or stores it. */
export let noteOf: (session: object) => unknown;
export let setNote: (session: object, note: unknown) => void;
/** Of sessions that are plain objects. To look a request's own up in such a map would cost more than the rest of it. */
const notes = new WeakMap<object, unknown>();

/** The session of a request, with a place for the note: in `Session` itself, it would keep all else from having that type. */
export class NotedSession extends Session {
  #note: unknown;

  static {
    noteOf = (session) => (#note in session ? session.#note : notes.get(session));
    setNote = (session, note) => {
      if (#note in session) session.#note = note;
      else notes.set(session, note);
    };
    // As users know it, on a console.
    Object.defineProperty(NotedSession, "name", { value: "Session" });
  }
}

/**
 * With a callback, or with a promise.
 * @param mayBeForgotten Code for express-session calls it without waiting: a failure must not end the process.
 */
function run(
  session: Session,
  callback: Callback | undefined,
  mayBeForgotten: boolean,
  work: (done: Callback) => void,
): Session & Promise<void> {
  if (typeof callback === "function") {
    work(callback);
    return session as Session & Promise<void>;
  }
  const promise = new Promise<void>((resolve, reject) => {
    work((error) => (error ? reject(error) : resolve()));
  });
  if (mayBeForgotten) promise.catch(() => {});
  return promise as Session & Promise<void>;
}

/** Under a name that is no part of the types, since express-session's own have none for it. */
function requestOf(session: Session): SessionOwner {
  return Reflect.get(session, "req");
}

function storeOf(req: SessionOwner): SessionKeeper {
  if (!req.sessionStore) throw new TypeError("The session's request has no sessionStore");
  return req.sessionStore;
}

/** The cookie of a session. Where an app has put a plain object in its place, it is a Cookie with these settings again. */
export function cookieOf(session: SessionLike): Cookie {
  const cookie = session.cookie as Cookie | null | undefined;
  if (typeof cookie !== "object" || cookie === null || typeof cookie.serialize === "function") return cookie as Cookie;
  session.cookie = cookieFrom(cookie);
  return session.cookie as Cookie;
}

/** The session of a request, made of what a store has kept. */
export function createSession(req: SessionOwner, stored: SessionLike): Session & SessionData {
  const cookie = cookieFrom(stored.cookie);
  cookie.originalMaxAge = (stored.cookie as StoredSession["cookie"]).originalMaxAge as number | null;
  const session = new NotedSession(req, stored) as Session & SessionData;
  session.cookie = cookie;
  req.session = session;
  return session;
}

/** A store that extends express-session's own class would make sessions of express-session. */
export function createSessionBy(store: SessionKeeper, req: SessionOwner, stored: SessionLike): Session & SessionData {
  const own: unknown = Reflect.get(store, MAKES_SESSIONS);
  return own === true ? store.createSession(req, stored) : createSession(req, stored);
}

/** Marks the stores whose `createSession` is coatcheck's or overrides it. */
export const MAKES_SESSIONS: unique symbol = Symbol.for("coatcheck.makesSessions");
