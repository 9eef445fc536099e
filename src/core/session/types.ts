// What users see of a session: the dictionary's type and its controls. Types alone; the work is in active-session.ts.

import type { LoginDevice } from "../admin/device.ts";
import type { SessionValue } from "../record/codec.ts";
import type { Duration } from "../time.ts";
import type { ControlCallback } from "./callback.ts";

/**
 * The keys of your sessions, when they are declared once for the whole program instead of by the generic of
 * `createSessions<Data>`.
 *
 * @example
 * declare module "coatcheck" {
 *   interface SessionData { username?: string; cart?: string[] }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be augmented.
export interface SessionData {}

/** A message for the visitor's next page, with a category for its looks. */
export interface FlashMessage {
  readonly category: string;
  readonly message: SessionValue;
}

type Stored<Data, Key extends keyof Data> = Exclude<Data[Key], undefined>;

/** The methods and properties of a session that are not data. Their names can't be keys. */
export interface SessionControls<Data> {
  /** The value of a key; `fallback`, or `undefined`, when it is absent. */
  get<Key extends keyof Data>(key: Key): Data[Key] | undefined;
  get<Key extends keyof Data, Fallback>(key: Key, fallback: Fallback): Stored<Data, Key> | Fallback;
  /**
   * Sets a key, as assigning it does; `undefined` removes it.
   * @throws SessionKeyError for the name of a control, SessionValueError for what can't be stored; the old value then stays.
   * @example
   * session.set("username", "ada");
   */
  set<Key extends keyof Data>(key: Key, value: Data[Key]): void;
  /** Removes a key and gives its value; `fallback`, or `undefined`, when it is absent. */
  pop<Key extends keyof Data>(key: Key): Data[Key] | undefined;
  pop<Key extends keyof Data, Fallback>(key: Key, fallback: Fallback): Stored<Data, Key> | Fallback;
  /** The value of a key, which is set to `value` first when it is absent. */
  setDefault<Key extends keyof Data>(key: Key, value: Stored<Data, Key>): Stored<Data, Key>;
  /** Sets several keys; all of them, or none when one can't be stored. */
  update(values: Partial<Data>): void;
  /** Removes all keys and flashed messages. The session goes on if it has an owner; otherwise it ends with the request. */
  clear(): void;

  /** Leaves a message for the visitor's next page. Default category: `"message"`. */
  flash(message: SessionValue, category?: string): void;
  /** Takes the messages left so far, the oldest first, or only those of the given categories. */
  takeFlashes(categories?: readonly string[]): FlashMessage[];

  /** Whether the cookie outlives the browser. Assignable. Default: the option `permanent`, which is `false`. */
  permanent: boolean;
  /** No session was stored for this visitor when the request came. */
  readonly isNew: boolean;
  /** The request changed the data, nested values included. */
  readonly modified: boolean;
  /** The request read or wrote the data. */
  readonly accessed: boolean;

  /** The session ID: whoever knows it, and the secret, is this visitor. Never log it; `key` is there for that. */
  readonly id: string;
  /** SHA-256 of the ID: names the session in stores, logs and `sessions.revoke(key)`, and opens nothing. */
  readonly key: string;
  /** When the session began: at its first write, and again at `login`. The absolute limit is counted from here. */
  readonly createdAt: Date;
  /** When it ends if nothing else happens. */
  readonly expiresAt: Date;
  /** The user who has logged in. */
  readonly owner: string | undefined;
  /** When the owner logged in; `undefined` where nobody has, or where the store can't tell. */
  readonly authenticatedAt: Date | undefined;
  /**
   * Lets only a recent login pass: for changes of a password, an address, a payment (ASVS 7.5.1, 7.5.3). Ask for the
   * password again and call `login` with the same owner to make the session fresh.
   * @param maxAge How old the login may be at most, such as `"10m"`.
   * @throws FreshLoginRequiredError, status 403, when it is older, or nobody has logged in.
   * @example
   * session.requireFresh("10m");
   */
  requireFresh(maxAge: Duration): void;
  /**
   * A token for forms that no other session has; compare with `verifyCsrfToken`. Reading it stores the session. It changes
   * at `login`, `logout` and `regenerate`, and not when an ID is renewed.
   */
  readonly csrfToken: string;
  /** Whether a token is this session's, compared in constant time. */
  verifyCsrfToken(token: unknown): boolean;
  /** Fires when the session ends, here or on another server: hand it to streams and sockets. */
  readonly signal: AbortSignal;

  /**
   * Makes the session the owner's: same data, new ID, the old ID ended at once (ASVS 7.2.4), the limits started anew.
   * @param owner Whatever identifies the user, as text.
   * @param device From where, for the user's own list of sessions: what the request says, as far as you want it kept.
   * @throws SessionGoneError when the session ended meanwhile, SessionLimitError when the owner has too many; nobody is
   * logged in then.
   * @example
   * await session.login(user.id, { userAgent: request.headers.get("user-agent"), address });
   */
  login(owner: string, device?: LoginDevice): Promise<void>;
  /** Ends the session for good. What is written afterwards begins a new one. */
  logout(): Promise<void>;
  /** Same data, new ID; the old ID is ended at once. For every change of privilege. */
  regenerate(callback?: ControlCallback): Promise<void>;
  /** Ends the session for good. What is written afterwards begins a new one. */
  destroy(callback?: ControlCallback): Promise<void>;
  /** Stores the changes now, instead of just before the response. Needed only in long responses and sockets. */
  save(callback?: ControlCallback): Promise<void>;
  /** Reads the session again from the store, and forgets what was not saved. */
  reload(callback?: ControlCallback): Promise<void>;
  /**
   * Read-modify-write that no other request comes between: `work` runs on the stored data of this moment, again and
   * again until nobody changed it meanwhile. It stores other changes of this request too. When `work` throws, nothing
   * is stored and the data is as before.
   * @param work Gets this session; should be quick and do nothing but change it, as it may run several times.
   * @throws TransactionConflictError if it waits for another transaction, or conflicts, for 10 s; SessionGoneError.
   * @example
   * await session.transaction((s) => { s.visits = (s.visits ?? 0) + 1 });
   */
  transaction<Result>(work: (session: Session<Data>) => Result | Promise<Result>): Promise<Result>;
}

/** A visitor's dictionary: its own enumerable properties are the data and nothing else. */
export type Session<Data = SessionData> = Data & SessionControls<Data>;

type Leaf = null | undefined | boolean | number | string | bigint | Date | Uint8Array;

/** Storable as it stands, without a look inside; this also ends the recursion at SessionValue itself. */
type Known = SessionValue | undefined;

/** What a type becomes when everything in it that can't be stored is forbidden. */
type Storable<T> = unknown extends T
  ? T
  : [T] extends [Known]
    ? T
    : T extends Leaf
      ? T
      : T extends (...args: never[]) => unknown
        ? never
        : T extends symbol
          ? never
          : T extends ReadonlyMap<infer Key, infer Value>
            ? ReadonlyMap<Storable<Key>, Storable<Value>>
            : T extends ReadonlySet<infer Value>
              ? ReadonlySet<Storable<Value>>
              : { [Key in keyof T]: Storable<T[Key]> };

/** Holds for types of session data: values that can be stored, under names that are not controls. */
export type ValidSessionData<Data> = {
  [Key in keyof Data]: Key extends keyof SessionControls<Data> & string
    ? ReservedName<Key, Data[Key]>
    : Storable<Data[Key]>;
};

/** What the compiler names in its error where data has the name of a control. `any` would pass for everything but never. */
type ReservedName<Name extends string, Value> = 0 extends 1 & Value
  ? never
  : `${Name} is a control of the session: choose another name for the key`;
