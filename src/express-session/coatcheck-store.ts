// A store of coatcheck's as the store of the drop-in. A save sends only the keys that this request has changed, so that
// parallel requests don't undo each other, and a session that has ended is never brought back.
import { whenDone } from "../core/awaitable.ts";
import { decodeValue } from "../core/codec.ts";
import { SessionGoneError } from "../core/errors.ts";
import { keyOfField } from "../core/field-names.ts";
import type { FieldChange } from "../core/fields.ts";
import { guardStore } from "../core/guarded-store.ts";
import { keyOfId } from "../core/id.ts";
import { Recent } from "../core/recent.ts";
import { applyToFields } from "../core/record.ts";
import type { Awaitable, SessionRecord, SessionStore } from "../core/store.ts";
import { createSweeper, type Sweeper } from "../core/sweeper.ts";
import type { Cookie } from "./cookie.ts";
import { COOKIE_FIELD, decodeCookie, encodeCookie, expiryOf, hasSettingsOf, touchInterval } from "./cookie-field.ts";
import {
  type Callback,
  createSession,
  type FoundCallback,
  hasEnded,
  type Session,
  type SessionLike,
  type StoredSession,
} from "./session.ts";
import type { SessionData } from "./session-data.ts";
import { changeOf, type Fields, fieldsOf, type LoadedData, NO_FIELDS } from "./session-fields.ts";
import { Store } from "./store.ts";
import type { Description } from "./tracker.ts";

/** How long one call of the store may take, in ms. */
const DEADLINE = 2_000;
/** How many keys each half of the memory holds. */
const KNOWN_KEYS = 5_000;

/** What is known to be stored of a session object. */
interface Baseline {
  /** With `unapplied`, as they were before that. */
  fieldsBefore: Fields;
  /** The last change that was stored. Most requests end with it, and then it need not be applied here too. */
  unapplied?: FieldChange | undefined;
  expiresAt: number;
  /** A save under way; the next one waits for it. */
  saving?: Promise<unknown> | undefined;
  /** As the session was loaded, if it was. */
  readonly loaded?: Loaded | undefined;
}

/** A session as it was loaded. */
interface Loaded extends LoadedData {
  readonly cookie: StoredSession["cookie"];
  /** Its cookie ends as the record does, or with the browser, and not at an earlier moment of its own. */
  readonly endsWithRecord: boolean;
  /** Stands for the text of all data; loaded again and unchanged, it is the same. */
  readonly token: string;
}

const NO_CHANGE: FieldChange = { set: NO_FIELDS, remove: new Set() };

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
  readonly #baselines = new WeakMap<object, Baseline>();
  /** A request asks for the same key again and again, and a hash takes longer than a look. */
  readonly #keys = new Recent<string, string>(KNOWN_KEYS);
  /** First saves under way, by ID: a session must not end before it begins. */
  readonly #creating = new Map<string, Promise<unknown>>();

  constructor(store: SessionStore) {
    super();
    this.#store = guardStore(store, DEADLINE, () => {});
    this.#sweeper = createSweeper(this.#store, Date.now, () => {});
  }

  /** The session of an ID as it is stored. */
  find(sid: string): Awaitable<StoredSession | undefined> {
    this.#sweeper.sweepWhenDue(Date.now());
    return whenDone(this.#store.load(this.#keyOf(sid)), (record) => record && this.#toSession(record));
  }

  /**
   * Stores what the session has changed since it was loaded or saved.
   * @param described What `describe` has just said of it.
   */
  save(sid: string, session: SessionLike, described?: Description | undefined): Awaitable<SaveResult> {
    if (hasEnded(session)) return "gone";
    const baseline = this.#baselines.get(session);
    if (baseline?.saving) return baseline.saving.then(() => this.save(sid, session));
    const saving = baseline ? this.#commit(sid, session, baseline, described) : this.#create(sid, session);
    if (!(saving instanceof Promise)) return saving;
    if (!baseline) this.#creating.set(sid, saving);
    const known = this.#baselines.get(session) as Baseline;
    known.saving = saving
      .catch(() => {
        // Nothing is known to be stored: the next save tries again.
        if (!baseline) this.#baselines.delete(session);
      })
      .then(() => {
        known.saving = undefined;
        if (this.#creating.get(sid) === saving) this.#creating.delete(sid);
      });
    return saving;
  }

  /** Moves the expiry, when it is worth a write, and stores a changed cookie. */
  prolong(sid: string, session: SessionLike): Awaitable<SaveResult> {
    const baseline = this.#baselines.get(session);
    if (!baseline) return "saved";
    const expiresAt = expiryOf(session.cookie as Cookie);
    const isDue = expiresAt - baseline.expiresAt >= touchInterval(expiresAt);
    if (!isDue && isCookieAsLoaded(session.cookie as Cookie, baseline)) return "saved";
    const change = this.#withCookie(session.cookie as Cookie, baseline, undefined);
    if (!change && !isDue) return "saved";
    return this.#send(sid, baseline, expiresAt, change);
  }

  /** Ends a session. */
  end(sid: string): Awaitable<boolean> {
    const destroy = (): Awaitable<boolean> => this.#store.destroy(this.#keyOf(sid));
    return this.#creating.get(sid)?.then(destroy, destroy) ?? destroy();
  }

  /** What `describe` says of a session that was just loaded. */
  describeLoaded(session: object): Description | undefined {
    const token = this.#baselines.get(session)?.loaded?.token;
    return token === undefined ? undefined : { text: token };
  }

  /** The data of a session as it would be stored, so that a change within a Map or a Date is seen. */
  describe(session: object): Description {
    const loaded = this.#baselines.get(session)?.loaded;
    const change = changeOf(session, loaded?.fields ?? NO_FIELDS, loaded);
    const text = loaded?.token ?? "";
    return change ? { text: text + textOf(change), change } : { text };
  }

  get(sid: string, callback: FoundCallback<SessionData | null>): void {
    const find = (): Awaitable<unknown> => whenDone(this.find(sid), (found) => found && this.#copyOf(found));
    answer(find as () => Awaitable<SessionData>, callback);
  }

  set(sid: string, session: SessionLike, callback: Callback = () => {}): void {
    const save = (): Awaitable<void> => whenDone(this.save(sid, session), refuseGone);
    answer(save, callback);
  }

  override touch(sid: string, session: SessionLike, callback: Callback = () => {}): void {
    answer(
      () => this.prolong(sid, session),
      (error) => callback(error),
    );
  }

  destroy(sid: string, callback: Callback = () => {}): void {
    answer(
      () => this.end(sid),
      (error) => callback(error),
    );
  }

  override createSession(req: object, stored: SessionLike): Session & SessionData {
    const session = createSession(req, stored);
    this.#shareBaseline(stored, session);
    return session;
  }

  /** What was loaded is compared with later: who asked for it may change the copy. */
  #copyOf(found: StoredSession): StoredSession {
    const copy = { ...found };
    this.#shareBaseline(found, copy);
    return copy;
  }

  #shareBaseline(of: object, session: object): void {
    const baseline = this.#baselines.get(of);
    if (baseline) this.#baselines.set(session, baseline);
  }

  #keyOf(sid: string): string {
    let key = this.#keys.get(sid);
    if (key === undefined) {
      key = keyOfId(sid);
      this.#keys.set(sid, key);
    }
    return key;
  }

  #toSession(record: SessionRecord): StoredSession | undefined {
    const session: StoredSession = { cookie: decodeCookie(record) };
    const { expires } = session.cookie;
    if (expires instanceof Date && expires.getTime() <= Date.now()) return undefined;
    for (const [field, text] of record.fields) {
      const key = keyOfField(field);
      if (key !== undefined) session[key] = decodeValue(text);
    }
    const { fields, expiresAt } = record;
    const { cookie } = session;
    const endsWithRecord = !(expires instanceof Date) || expires.getTime() === expiresAt;
    const loaded: Loaded = { fields, values: session, cookie, endsWithRecord, token: `version ${record.version}\n` };
    this.#baselines.set(session, { fieldsBefore: fields, expiresAt, loaded });
    return session;
  }

  #create(sid: string, session: SessionLike): Awaitable<SaveResult> {
    const expiresAt = expiryOf(session.cookie as Cookie);
    const record = newRecordOf(session, { createdAt: Date.now(), expiresAt, owner: undefined });
    const { fields } = record;
    const baseline: Baseline = { fieldsBefore: NO_FIELDS, expiresAt: 0 };
    const key = this.#keyOf(sid);
    const creating = this.#store.create(key, record);
    this.#baselines.set(session, baseline);
    return whenDone(creating, (isCreated): Awaitable<SaveResult> => {
      if (isCreated) {
        Object.assign(baseline, { fieldsBefore: fields, expiresAt });
        return "saved";
      }
      // The caller's own ID is taken, as by a `genid` that repeats itself: what is stored becomes this session.
      return whenDone(this.#store.load(key), (record) => {
        Object.assign(baseline, { fieldsBefore: record?.fields ?? NO_FIELDS, expiresAt: record?.expiresAt ?? 0 });
        return this.#commit(sid, session, baseline);
      });
    });
  }

  #commit(
    sid: string,
    session: SessionLike,
    baseline: Baseline,
    described?: Description | undefined,
  ): Awaitable<SaveResult> {
    const { loaded } = baseline;
    const isFirst = loaded !== undefined && storedFields(baseline) === loaded.fields;
    // What is described is the change since the session was loaded.
    const change = described && isFirst ? described.change : changeOf(session, storedFields(baseline), loaded);
    const whole = this.#withCookie(session.cookie as Cookie, baseline, change);
    const expiresAt = expiryOf(session.cookie as Cookie);
    if (!whole && expiresAt - baseline.expiresAt < touchInterval(expiresAt)) return "saved";
    return this.#send(sid, baseline, expiresAt, whole);
  }

  /** A change with what has become of the cookie's settings. */
  #withCookie(cookie: Cookie, baseline: Baseline, change: FieldChange | undefined): FieldChange | undefined {
    const stored = storedFields(baseline).get(COOKIE_FIELD);
    const asLoaded = isCookieAsLoaded(cookie, baseline) ? baseline.loaded?.fields.get(COOKIE_FIELD) : undefined;
    const text = asLoaded ?? encodeCookie(cookie, baseline.expiresAt);
    if (text === stored) return change;
    const { set, remove } = change ?? NO_CHANGE;
    return { set: new Map(set).set(COOKIE_FIELD, text), remove };
  }

  #send(sid: string, baseline: Baseline, expiresAt: number, change: FieldChange = NO_CHANGE): Awaitable<SaveResult> {
    const { set, remove } = change;
    return whenDone(this.#store.commit(this.#keyOf(sid), { set, remove, expiresAt }), (result): SaveResult => {
      if (result !== "committed") return "gone";
      baseline.fieldsBefore = storedFields(baseline);
      baseline.unapplied = change;
      baseline.expiresAt = Math.max(baseline.expiresAt, expiresAt);
      return "saved";
    });
  }
}

function storedFields(baseline: Baseline): Fields {
  if (baseline.unapplied) baseline.fieldsBefore = applyToFields(baseline.fieldsBefore, baseline.unapplied);
  baseline.unapplied = undefined;
  return baseline.fieldsBefore;
}

/** Whether the cookie's settings are those that were loaded, and its end no earlier. */
function isCookieAsLoaded(cookie: Cookie, { loaded, expiresAt }: Baseline): boolean {
  if (!loaded?.endsWithRecord || (cookie.expires && expiryOf(cookie) < expiresAt)) return false;
  return hasSettingsOf(cookie, loaded.cookie);
}

/** The same for equal changes. */
function textOf({ set, remove }: FieldChange): string {
  let text = "";
  for (const [field, value] of set) text += `${field.length}:${field}=${value}\n`;
  for (const field of remove) text += `${field.length}:${field}-\n`;
  return text;
}

function refuseGone(result: SaveResult): void {
  if (result === "gone") throw new SessionGoneError();
}

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
