// A store of coatcheck's as the store of the drop-in. A save sends only the keys that this request has changed, so that
// parallel requests don't undo each other, and a session that has ended is never brought back.
import { whenDone } from "../core/awaitable.ts";
import { decodeValue, encodeValue } from "../core/codec.ts";
import { SessionGoneError, SessionRecordError, SessionValueError } from "../core/errors.ts";
import { fieldOfKey, keyOfField } from "../core/field-names.ts";
import { guardStore } from "../core/guarded-store.ts";
import { keyOfId } from "../core/id.ts";
import { Recent } from "../core/recent.ts";
import type { Awaitable, SessionRecord, SessionStore } from "../core/store.ts";
import { createSweeper, type Sweeper } from "../core/sweeper.ts";
import type { Cookie } from "./cookie.ts";
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
import { Store } from "./store.ts";

/** How long one call of the store may take, in ms. */
const DEADLINE = 2_000;
/** How long a session lives without activity whose cookie ends with the browser, in ms: a day, as in connect-redis. */
const BROWSER_SESSION = 24 * 60 * 60 * 1000;
/** Activity moves the expiry at most once in this time, in ms, or in a tenth of the session's life. */
const MAX_TOUCH_INTERVAL = 60_000;
/** How many keys each half of the memory holds. */
const KNOWN_KEYS = 5_000;
/** The cookie's settings lie in the record as a note of the library, beside the data. */
const COOKIE_FIELD = "$cookie";

type Fields = ReadonlyMap<string, string>;
const NO_FIELDS: Fields = new Map();

/** What is known to be stored of a session object. */
interface Baseline {
  fields: Fields;
  expiresAt: number;
  /** A save under way; the next one waits for it. */
  saving?: Promise<unknown> | undefined;
  /** As the session was loaded, if it was. */
  readonly loaded?: Loaded | undefined;
}

/** A session as it was loaded. */
interface Loaded {
  readonly fields: Fields;
  /** Its data; what is no object is still the same if it is equal. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly cookie: StoredSession["cookie"];
  /** Its cookie ends as the record does, or with the browser, and not at an earlier moment of its own. */
  readonly endsWithRecord: boolean;
  /** Stands for the text of all data, which most requests never need; loaded again and unchanged, it is the same. */
  readonly token: string;
}

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

  /** Stores what the session has changed since it was loaded or saved. */
  save(sid: string, session: SessionLike): Awaitable<SaveResult> {
    if (hasEnded(session)) return "gone";
    const baseline = this.#baselines.get(session);
    if (baseline?.saving) return baseline.saving.then(() => this.save(sid, session));
    const saving = baseline ? this.#commit(sid, session, baseline) : this.#create(sid, session);
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
    const cookie = encodeCookie(session.cookie as Cookie, baseline.expiresAt);
    const set = cookie === baseline.fields.get(COOKIE_FIELD) ? NO_FIELDS : new Map([[COOKIE_FIELD, cookie]]);
    if (set.size === 0 && !isDue) return "saved";
    return this.#send(sid, baseline, { set, remove: new Set() }, expiresAt);
  }

  /** Ends a session. */
  end(sid: string): Awaitable<boolean> {
    const destroy = (): Awaitable<boolean> => this.#store.destroy(this.#keyOf(sid));
    return this.#creating.get(sid)?.then(destroy, destroy) ?? destroy();
  }

  /** What `describe` says of a session that was just loaded. */
  describeLoaded(session: object): string | undefined {
    return this.#baselines.get(session)?.loaded?.token;
  }

  /** The data of a session as one text: as it would be stored, so that a change within a Map or a Date is seen. */
  describe(session: object): string {
    const loaded = this.#baselines.get(session)?.loaded;
    return loaded && isAsLoaded(session, loaded) ? loaded.token : joinFields(fieldsOf(session, loaded));
  }

  get(sid: string, callback: FoundCallback<SessionData | null>): void {
    answer(() => this.find(sid) as Awaitable<SessionData | undefined>, callback);
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
    const baseline = this.#baselines.get(stored);
    if (baseline) this.#baselines.set(session, baseline);
    return session;
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
    const { cookie, ...values } = session;
    const endsWithRecord = !(expires instanceof Date) || expires.getTime() === expiresAt;
    const loaded: Loaded = { fields, values, cookie, endsWithRecord, token: `version ${record.version}` };
    this.#baselines.set(session, { fields, expiresAt, loaded });
    return session;
  }

  #create(sid: string, session: SessionLike): Awaitable<SaveResult> {
    const expiresAt = expiryOf(session.cookie as Cookie);
    const record = newRecordOf(session, { createdAt: Date.now(), expiresAt, owner: undefined });
    const { fields } = record;
    const baseline: Baseline = { fields: NO_FIELDS, expiresAt: 0 };
    const key = this.#keyOf(sid);
    const creating = this.#store.create(key, record);
    this.#baselines.set(session, baseline);
    return whenDone(creating, (isCreated): Awaitable<SaveResult> => {
      if (isCreated) {
        Object.assign(baseline, { fields, expiresAt });
        return "saved";
      }
      // The caller's own ID is taken, as by a `genid` that repeats itself: what is stored becomes this session.
      return whenDone(this.#store.load(key), (record) => {
        Object.assign(baseline, { fields: record?.fields ?? NO_FIELDS, expiresAt: record?.expiresAt ?? 0 });
        return this.#commit(sid, session, baseline);
      });
    });
  }

  #commit(sid: string, session: SessionLike, baseline: Baseline): Awaitable<SaveResult> {
    const fields = fieldsOf(session, baseline.loaded);
    const cookie = session.cookie as Cookie;
    const asLoaded = isCookieAsLoaded(cookie, baseline) ? baseline.loaded?.fields.get(COOKIE_FIELD) : undefined;
    fields.set(COOKIE_FIELD, asLoaded ?? encodeCookie(cookie, baseline.expiresAt));
    const set = new Map([...fields].filter(([field, text]) => baseline.fields.get(field) !== text));
    const remove = new Set([...baseline.fields.keys()].filter((field) => !fields.has(field)));
    const expiresAt = expiryOf(cookie);
    const isTouch = set.size === 0 && remove.size === 0;
    if (isTouch && expiresAt - baseline.expiresAt < touchInterval(expiresAt)) return "saved";
    return this.#send(sid, baseline, { set, remove }, expiresAt);
  }

  #send(
    sid: string,
    baseline: Baseline,
    { set, remove }: { set: Fields; remove: ReadonlySet<string> },
    expiresAt: number,
  ): Awaitable<SaveResult> {
    return whenDone(this.#store.commit(this.#keyOf(sid), { set, remove, expiresAt }), (result): SaveResult => {
      if (result !== "committed") return "gone";
      const fields = new Map(baseline.fields);
      for (const field of remove) fields.delete(field);
      for (const [field, text] of set) fields.set(field, text);
      Object.assign(baseline, { fields, expiresAt: Math.max(baseline.expiresAt, expiresAt) });
      return "saved";
    });
  }
}

/** Whether the data is what was loaded. Objects are encoded again, since they may have changed inside. */
function isAsLoaded(session: object, { fields, values }: Loaded): boolean {
  let count = 0;
  for (const key of Object.keys(session)) {
    if (key === "cookie") continue;
    const value: unknown = Reflect.get(session, key);
    const mayDiffer = typeof value === "object" || !Object.is(value, values[key]);
    if (mayDiffer && encode(value, key) !== fields.get(fieldOfKey(key))) return false;
    count++;
  }
  return count === Object.keys(values).length;
}

const COOKIE_SETTINGS = [
  "originalMaxAge",
  "path",
  "domain",
  "httpOnly",
  "secure",
  "sameSite",
  "priority",
  "partitioned",
] as const;

/** Whether the cookie's settings are those that were loaded, and its end no earlier. */
function isCookieAsLoaded(cookie: Cookie, { loaded, expiresAt }: Baseline): boolean {
  if (!loaded?.endsWithRecord || loaded.fields.get(COOKIE_FIELD) === undefined) return false;
  const { cookie: before } = loaded;
  if (!cookie.expires !== !before.expires) return false;
  if (cookie.expires && expiryOf(cookie) < expiresAt) return false;
  return COOKIE_SETTINGS.every((name) => cookie[name] === before[name]);
}

function joinFields(fields: Fields): string {
  let text = "";
  for (const [field, value] of fields) if (field !== COOKIE_FIELD) text += `${field.length}:${field}=${value}\n`;
  return text;
}

/** @param loaded What is no object, and equal to what was loaded, has the text that it had then. */
function fieldsOf(session: object, loaded?: Loaded | undefined): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [key, value] of Object.entries(session) as [string, unknown][]) {
    if (key === "cookie" || key === "__proto__") continue;
    const isKnown = loaded && typeof value !== "object" && Object.is(value, loaded.values[key]);
    const text = isKnown ? loaded.fields.get(fieldOfKey(key)) : encode(value, key);
    if (text !== undefined) fields.set(fieldOfKey(key), text);
  }
  return fields;
}

/** What the codec refuses is kept as JSON would keep it, since express-session's users may store it: undefined is dropped. */
function encode(value: unknown, key: string): string | undefined {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") return undefined;
  try {
    return encodeValue(value, key);
  } catch (error) {
    if (!(error instanceof SessionValueError)) throw error;
    const json = JSON.stringify(value) as string | undefined;
    return json === undefined ? undefined : encodeValue(JSON.parse(json), key);
  }
}

/** The moment until which the session lives. */
function expiryOf(cookie: Cookie): number {
  return cookie.expires ? new Date(cookie.expires).getTime() : Date.now() + BROWSER_SESSION;
}

function touchInterval(expiresAt: number): number {
  return Math.min(MAX_TOUCH_INTERVAL, (expiresAt - Date.now()) / 10);
}

/** The cookie's settings. Its end is the record's own, unless it comes earlier, which no commit can say. */
function encodeCookie(cookie: Cookie, storedExpiry: number): string {
  const { expires, ...settings } = cookie.data ?? cookie;
  const expiresAt = expiryOf(cookie);
  const isEarlier = expiresAt < storedExpiry - Math.max(touchInterval(expiresAt), 0);
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  const end = expires ? (isEarlier ? expiresAt : true) : false;
  return encodeValue(Object.fromEntries([...given, ["expires", end]]), "cookie");
}

function decodeCookie(record: SessionRecord): StoredSession["cookie"] {
  const text = record.fields.get(COOKIE_FIELD);
  const cookie = text === undefined ? undefined : decodeValue(text);
  if (typeof cookie !== "object" || cookie === null) throw new SessionRecordError("was not written by the drop-in");
  const end: unknown = Reflect.get(cookie, "expires");
  const expires = end === true ? new Date(record.expiresAt) : typeof end === "number" ? new Date(end) : null;
  return { ...cookie, expires };
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
