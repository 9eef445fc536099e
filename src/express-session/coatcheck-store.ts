// A store of coatcheck's as the store of the drop-in. A save sends only the keys that this request has changed, so that
// parallel requests don't undo each other, and a session that has ended is never brought back.

import { createSweeper, type Sweeper } from "../core/admin/sweeper.ts";
import { SessionGoneError } from "../core/errors.ts";
import type { SessionEventListener } from "../core/events.ts";
import { guardStore } from "../core/record/guarded-store.ts";
import type { Awaitable, SessionRecord, SessionStore } from "../core/record/store.ts";
import { keyOfId } from "../core/request/session-id.ts";
import { type FieldChange, NO_CHANGE } from "../core/session/tracked-fields.ts";
import { isTouchDue } from "../core/time.ts";
import { whenDone } from "../core/util/awaitable.ts";
import { Recent } from "../core/util/recent.ts";
import { Baseline } from "./baseline.ts";
import type { Cookie } from "./cookie.ts";
import { COOKIE_FIELD, decodeCookie, encodeCookie, expiryOf } from "./cookie-field.ts";
import {
  type Callback,
  createSession,
  type FoundCallback,
  hasEnded,
  noteOf,
  type Session,
  type SessionLike,
  type StoredSession,
  setNote,
} from "./session.ts";
import type { SessionData } from "./session-data.ts";
import { addValues, type Description, fieldsOf } from "./session-fields.ts";
import { Store } from "./store.ts";

/** How long one call of the store may take, in ms. */
const DEADLINE = 2_000;
/** How many keys each half of the memory holds. */
const KNOWN_KEYS = 5_000;

export type SaveResult = "saved" | "gone";

export function isCoatcheckStore(store: object): store is SessionStore {
  return ["load", "create", "commit", "replace", "destroy"].every(
    (method) => typeof Reflect.get(store, method) === "function",
  );
}

/**
 * The record of a new session, as its first save stores it under `keyOfId(sid)`; also for programs that bring sessions
 * from a store of express-session's kind.
 *
 * @param session Data, and the cookie's settings: those of a live session, or as JSON keeps them.
 * @throws SessionValueError for a value that no record can hold.
 */
export function newRecordOf(
  session: SessionLike,
  { createdAt, expiresAt, owner }: Pick<SessionRecord, "createdAt" | "expiresAt" | "owner">,
): SessionRecord {
  const fields = fieldsOf(session).set(COOKIE_FIELD, encodeCookie(session.cookie as Cookie, expiresAt));
  return { fields, createdAt, expiresAt, owner, version: 1 };
}

/** Its callback methods are those of every store; the middleware calls the others, which answer at once if they can. */
export class CoatcheckStore extends Store {
  readonly #store: SessionStore;
  readonly #sweeper: Sweeper;
  /** A request asks for the same key again and again, and a hash takes longer than a look. */
  readonly #keys = new Recent<string, string>(KNOWN_KEYS);
  /** First saves under way, by ID: a session must not end before it begins. */
  readonly #creating = new Map<string, Promise<unknown>>();
  /** For sessions that nothing is known to be stored of. */
  readonly #nothing = new Baseline(this);

  /** @param emit Told of outages of the store and of sweeps. */
  constructor(store: SessionStore, emit: SessionEventListener) {
    super();
    this.#store = guardStore(store, DEADLINE, emit);
    this.#sweeper = createSweeper(this.#store, Date.now, emit);
  }

  /** The session of an ID as it is stored. */
  find(sid: string): Awaitable<Baseline | undefined> {
    this.#sweeper.sweepWhenDue(Date.now());
    return whenDone(this.#store.load(this.#keyOf(sid)), (record) => record && this.#read(record));
  }

  /** Makes what was found the session of a request. */
  resume(req: object, found: Baseline): void {
    setNote(createSession(req, found.values), found);
  }

  /**
   * Stores what the session has changed since it was loaded or saved.
   * @param described What `describe` has just said of it.
   */
  save(sid: string, session: SessionLike, described?: Description | undefined): Awaitable<SaveResult> {
    if (hasEnded(session)) return "gone";
    const baseline = this.#baselineOf(session);
    if (baseline?.saving) return baseline.saving.then(() => this.save(sid, session));
    const saving = baseline
      ? this.#commit(sid, session, baseline, baseline.changeOf(session, described))
      : this.#create(sid, session);
    if (!(saving instanceof Promise)) return saving;
    if (!baseline) this.#creating.set(sid, saving);
    const known = this.#baselineOf(session) as Baseline;
    known.saving = saving
      .catch(() => {
        // Nothing is known to be stored: the next save tries again.
        if (!baseline) setNote(session, undefined);
      })
      .then(() => {
        known.saving = undefined;
        if (this.#creating.get(sid) === saving) this.#creating.delete(sid);
      });
    return saving;
  }

  /** Moves the expiry, when it is worth a write, and stores a changed cookie. */
  prolong(sid: string, session: SessionLike): Awaitable<SaveResult> {
    const baseline = this.#baselineOf(session);
    return baseline ? this.#commit(sid, session, baseline, undefined) : "saved";
  }

  /** Whether a session is known to be stored. */
  holds(session: SessionLike): boolean {
    return this.#baselineOf(session) !== undefined && !hasEnded(session);
  }

  /** Ends a session. */
  end(sid: string): Awaitable<boolean> {
    const destroy = (): Awaitable<boolean> => this.#store.destroy(this.#keyOf(sid));
    return this.#creating.get(sid)?.then(destroy, destroy) ?? destroy();
  }

  describe(session: object): Description {
    return (this.#baselineOf(session) ?? this.#nothing).describe(session);
  }

  get(sid: string, callback: FoundCallback<SessionData | null>): void {
    answer(() => whenDone(this.find(sid), (found) => found && handOut(found)), callback);
  }

  set(sid: string, session: SessionLike, callback: Callback = () => {}): void {
    answer(() => whenDone(this.save(sid, session), refuseGone), callback);
  }

  override touch(sid: string, session: SessionLike, callback: Callback = () => {}): void {
    answer(() => whenDone(this.prolong(sid, session), nothing), callback);
  }

  destroy(sid: string, callback: Callback = () => {}): void {
    answer(() => whenDone(this.end(sid), nothing), callback);
  }

  override createSession(req: object, stored: SessionLike): Session & SessionData {
    const baseline = this.#baselineOf(stored);
    const session = createSession(req, stored);
    if (baseline) setNote(session, baseline);
    return session;
  }

  #read(record: SessionRecord): Baseline | undefined {
    const values: StoredSession = { cookie: decodeCookie(record) };
    const { expires } = values.cookie;
    if (expires instanceof Date && expires.getTime() <= Date.now()) return undefined;
    addValues(values, record.fields);
    return new Baseline(this, record, values);
  }

  #baselineOf(session: object): Baseline | undefined {
    const note = noteOf(session);
    return note instanceof Baseline && note.store === this ? note : undefined;
  }

  #keyOf(sid: string): string {
    let key = this.#keys.get(sid);
    if (key === undefined) {
      key = keyOfId(sid);
      this.#keys.set(sid, key);
    }
    return key;
  }

  #create(sid: string, session: SessionLike): Awaitable<SaveResult> {
    const expiresAt = expiryOf(session.cookie as Cookie);
    const record = newRecordOf(session, { createdAt: Date.now(), expiresAt, owner: undefined });
    const baseline = new Baseline(this);
    const key = this.#keyOf(sid);
    const creating = this.#store.create(key, record);
    setNote(session, baseline);
    return whenDone(creating, (isCreated): Awaitable<SaveResult> => {
      if (isCreated) {
        baseline.noteRecord(record);
        return "saved";
      }
      // The caller's own ID is taken, as by a `genid` that repeats itself: what is stored becomes this session.
      return whenDone(this.#store.load(key), (found) => {
        if (found) baseline.noteRecord(found);
        return this.#commit(sid, session, baseline, baseline.changeOf(session, undefined));
      });
    });
  }

  #commit(
    sid: string,
    session: SessionLike,
    baseline: Baseline,
    dataChange: FieldChange | undefined,
  ): Awaitable<SaveResult> {
    const cookie = session.cookie as Cookie;
    const expiresAt = expiryOf(cookie);
    const change = baseline.withCookie(dataChange, cookie);
    if (!change && !isTouchDue(expiresAt - Date.now(), baseline.expiresAt, expiresAt)) return "saved";
    const { set, remove } = change ?? NO_CHANGE;
    return whenDone(this.#store.commit(this.#keyOf(sid), { set, remove, expiresAt }), (result): SaveResult => {
      if (result !== "committed") return "gone";
      baseline.noteCommit(change ?? NO_CHANGE, expiresAt);
      return "saved";
    });
  }
}

/** A copy for a caller of `get`, with what is known of it. */
function handOut(found: Baseline): SessionData {
  const session = { ...found.values } as object as SessionData;
  setNote(session, found);
  return session;
}

function refuseGone(result: SaveResult): void {
  if (result === "gone") throw new SessionGoneError();
}

function nothing(): void {}

/** Calls back outside of any promise, so that what the callback throws is an error like any other. */
function answer<Result>(work: () => Awaitable<Result>, callback: FoundCallback<Result>): void {
  const fail = (error: unknown): void => process.nextTick(callback, error);
  const tell = (result: Result): void => process.nextTick(callback, null, result);
  try {
    const working = work();
    if (working instanceof Promise) working.then(tell, fail);
    else tell(working);
  } catch (error) {
    fail(error);
  }
}
