// What a store of session records must do: the contract and its laws.
// It knows no cookie, no ID and no request; a store sees only keys, and a key opens nothing.

/** A value, or a promise of it. A store that can answer at once (memory) answers at once. */
export type Awaitable<T> = T | Promise<T>;

/** Milliseconds since 1970, as `Date.now` gives them. Every limit is measured by one such clock. */
export type Clock = () => number;

/** What a store keeps for a key. A store hands out snapshots: a later commit never changes one. */
export interface SessionRecord {
  /** Each top-level key of the session with its encoded value. To a store, both are opaque text. */
  readonly fields: ReadonlyMap<string, string>;
  /** When this session began, in ms. The absolute limit is counted from here. */
  readonly createdAt: number;
  /** From this millisecond on, the record is absent. */
  readonly expiresAt: number;
  /** The user to whom the session belongs; any well-formed text. */
  readonly owner: string | undefined;
  /** Grows by one with every commit that sets or removes a field; never with a mere touch. */
  readonly version: number;
  /**
   * Only on what a move keeps under an old key: where the session goes on. Such a record has no fields and no owner,
   * answers `load` alone, and is gone to every other call.
   */
  readonly movedTo?: string | undefined;
}

/** What one request did to a record. No field is both set and removed. */
export interface Change {
  /** Fields to write. */
  readonly set: ReadonlyMap<string, string>;
  /** Fields to remove. Removing an absent field is no error, and a change like any other. */
  readonly remove: ReadonlySet<string>;
  /** The record lives at least until then: the later of this and what is stored wins. */
  readonly expiresAt: number;
  /** When given, the change applies only to a record of exactly this version. */
  readonly ifVersion?: number | undefined;
}

/** What becomes of a record when its session gets a new ID. */
export interface Replacement extends Omit<Change, "ifVersion" | "expiresAt"> {
  /** When the new record ends, whenever the old one would have. */
  readonly expiresAt: number;
  /** The new record's owner, whatever the old one's was. */
  readonly owner: string | undefined;
  /** The new record's beginning, in ms. */
  readonly createdAt: number;
  /**
   * When given, `load` of the old key answers until that moment, in ms, with a record that has `movedTo`: for requests
   * already under way, and for those who end the session by its old key. Otherwise the old key is gone at once.
   */
  readonly keepOldUntil?: number | undefined;
}

/**
 * `committed`: the change is stored, whole. `gone`: there is no live record, and nothing was stored.
 * `conflict`: the record is live but not of the version asked for, and nothing was stored.
 */
export type CommitResult = "committed" | "gone" | "conflict";

/** A live session of an owner, as `list` finds it. */
export interface ListedRecord {
  readonly key: string;
  readonly record: SessionRecord;
}

/** A page of live sessions. `next`, when present, is the cursor of the page after it. */
export interface ListPage {
  readonly sessions: readonly ListedRecord[];
  /**
   * Only from `list`: keys of the owner's records that can't be read, such as those of another version of the library.
   * They count towards the page's limit.
   */
  readonly unreadable?: readonly string[] | undefined;
  readonly next?: string | undefined;
}

/** What to browse: everything, or what begins with a prefix. */
export interface BrowseOptions {
  /** How many sessions at most; default 100. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
  /** Only sessions whose key begins so, or all for `""`; plain text, never a pattern. Their order is then any. */
  readonly keyPrefix?: string | undefined;
}

/** Which sessions of an owner are ended. */
export interface DestroyAllOptions {
  /** The key of a session that is left. */
  readonly except?: string | undefined;
  /**
   * Called after each batch, with how many sessions have been ended so far. The time limit of the call is counted anew
   * from there, and if the call fails later, its error says the number.
   */
  readonly onProgress?: ((ended: number) => void) | undefined;
}

/** How many live sessions a store holds. */
export interface SessionCount {
  readonly sessions: number;
  /** Counted cheaply, and so not exactly: sessions that have expired and were not swept yet may be in it, for example. */
  readonly isEstimate: boolean;
}

/**
 * A session under this key has ended; or, when it was replaced and kept its owner, it goes on under `movedTo`. A
 * replacement that changes the owner ends the old session: who watched it has not logged in.
 */
export type EndListener = (key: string, movedTo: string | undefined) => void;

/**
 * Where records live. Every store keeps these laws, and `coatcheck/testing/conformance` has the suite that holds it to them:
 *
 * 1. A change is applied whole or not at all, to the fields that it names: changes to different fields commute.
 * 2. Commit never creates. A record that is gone answers `gone`, and nothing brings it back. Create never overwrites.
 * 3. Acknowledged means kept: what a resolved call wrote survives the death of this process at any later moment.
 * 4. Expired means absent, from the first millisecond. A sweep costs in proportion to what expired.
 * 5. `list` and `destroyAll` find every live session of an owner, whatever crashed in between.
 * 6. Each call is bounded in time; an outage is a `StoreUnavailableError`: no hang, no half state, no data lost.
 * 7. Nothing in a key, an owner, a field name or a value is ever interpreted as a query, a path, a script or a pattern.
 *
 * Any method may also throw or reject with a {@link StoreUnavailableError}; nothing was then reported as stored.
 */
export interface SessionStore {
  /** What this store is, for messages and events: `"memory"`, `"redis"`. */
  readonly name: string;

  /** The laws that this store can't keep, if any, because of what it is built on. */
  readonly unkeptLaws?: readonly number[];

  /** Its records are another program's, in that program's format: `createdAt` is a guess, and fields can't be encrypted. */
  readonly sharesRecords?: true;

  /** It encrypts whole records by itself; to encrypt their fields before would only make them longer. */
  readonly encryptsRecords?: true;

  /**
   * `false` while the store has `subscribe` but is known not to hear of ends, so that signals fire late. Its value may change
   * with each try to subscribe.
   */
  readonly hearsEnds?: boolean;

  /** The live record of a key; `undefined` where there is none, or where it has expired. */
  load(key: string): Awaitable<SessionRecord | undefined>;

  /** Stores a new record. `false`, and nothing stored, when the key is taken by a live record. */
  create(key: string, record: SessionRecord): Awaitable<boolean>;

  /** Applies a change to a live record in one atomic step. */
  commit(key: string, change: Change): Awaitable<CommitResult>;

  /**
   * Moves a live record to a new key that no record ever had, changed, with its version one higher. `gone` when there
   * was none: then nothing was stored. At no moment, and after no crash, do both keys open the changed record.
   */
  replace(oldKey: string, newKey: string, replacement: Replacement): Awaitable<"committed" | "gone">;

  /** Ends a session for good, if it is live and, when `ifVersion` is given, of exactly that version. `true` when it did. */
  destroy(key: string, options?: { ifVersion?: number | undefined }): Awaitable<boolean>;

  /**
   * The live sessions of an owner, at most `limit` (default 100) a page, each exactly once over all pages. A record that
   * can't be read hides no other: the page names its key in `unreadable`.
   */
  list(owner: string, page?: { limit?: number | undefined; cursor?: string | undefined }): Awaitable<ListPage>;

  /** Ends all live sessions of an owner but the excepted one, and tells how many they were. */
  destroyAll(owner: string, options?: DestroyAllOptions): Awaitable<number>;

  /**
   * Live sessions of everyone, for a console: page by page, at a cost that does not grow with how many there are. Over
   * all pages each session that neither began, ended nor was used meanwhile comes, and exactly once, unless the order is
   * `"any"`: then one may come again. Records that a renewal keeps never come. A page may hold fewer than `limit`, even
   * none, although more follow. A cursor that this store did not make answers some page, or none; it is never interpreted.
   */
  browse?(options?: BrowseOptions): Awaitable<ListPage>;

  /**
   * Whether `browse` gives those that were used last first, or in any order. `"recent"` goes by the expiry, the latest
   * first; where a store notes a mere touch later than the session, a place in this order may be as old as the last sweep
   * that met the session, and its docs say so. Default `"any"`.
   */
  readonly browseOrder?: "recent" | "any";

  /** How many live sessions there are, at a cost that does not grow with their number. */
  count?(): Awaitable<SessionCount>;

  /** Drops up to `limit` records whose expiry has come at `now`, and tells how many they were. */
  sweep(now: number, limit: number): Awaitable<number>;

  /**
   * Tells the listener, within a second, of every session that is destroyed or replaced from now on, in this process or
   * another one. Expiry is not told. Returns a function that ends the subscription.
   * @param resumed Called each time the store hears again after a break in which it may have missed ends.
   */
  subscribe?(listener: EndListener, resumed?: () => void): Awaitable<() => void>;

  /**
   * Sets how long a call may take, in ms, for a store that ends its calls itself: it knows why one takes long, and whoever
   * only waits does not. A manager calls this once, with its `storeTimeout`, and gives up a moment later by itself. Of
   * several managers of one store, the longest time counts.
   */
  limitTime?(timeout: number): void;

  /**
   * A secret for development, kept beside the records and the same for every process that shares them; `generate` is
   * called where none is kept yet. Only a store with a private place of its own has this.
   */
  developmentSecret?(generate: () => string): string;

  /** Releases what the store itself opened; never a client or pool that was handed to it. */
  close(): Awaitable<void>;
}

/** The methods of the contract, those that a store may lack included. */
type Methods = Required<
  Pick<
    SessionStore,
    | "load"
    | "create"
    | "commit"
    | "replace"
    | "destroy"
    | "list"
    | "destroyAll"
    | "browse"
    | "count"
    | "sweep"
    | "subscribe"
    | "close"
  >
>;

/** A store with every method of the contract. Those named by `AtOnce` return values, and all others promises. */
export type StoreWith<AtOnce extends keyof Methods> = Omit<SessionStore, keyof Methods> & {
  [Name in keyof Methods]: (
    ...args: Parameters<Methods[Name]>
  ) => Name extends AtOnce ? Awaited<ReturnType<Methods[Name]>> : Promise<Awaited<ReturnType<Methods[Name]>>>;
};

/** A store that returns no promise. */
export type SynchronousStore = StoreWith<keyof Methods>;
/** A store that returns a promise from every method. */
export type AsynchronousStore = StoreWith<never>;
