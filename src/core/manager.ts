// The manager: what `createSessions` gives. Opens the session of a request, and looks after all sessions from outside.

import { createRevocations } from "./admin/revocation.ts";
import { detailsOf, infoOf, type SessionDetails, type SessionInfo, type SessionPage } from "./admin/session-info.ts";
import { sessionsOf } from "./admin/session-limit.ts";
import { createSweeper } from "./admin/sweeper.ts";
import { StoreUnavailableError, UnsupportedOperationError } from "./errors.ts";
import { createEvents, type SessionEventListener } from "./events.ts";
import { checkOptions, type SessionOptions } from "./options.ts";
import { guardStore } from "./record/guarded-store.ts";
import { endMoved } from "./record/moves.ts";
import type { Awaitable, BrowseOptions, Clock, SessionCount, SessionStore } from "./record/store.ts";
import { openSession } from "./request/open-session.ts";
import { createIdSigner, type IdSigner, ownSignerOf } from "./request/session-id.ts";
import { keysFor } from "./secrets.ts";
import type { ResponseDuties } from "./session/active-session.ts";
import type { Session } from "./session/types.ts";
import type { SessionContext } from "./session-context.ts";
import type { Limits } from "./time.ts";
import { createKeyedQueue } from "./util/keyed-queue.ts";

/** The session of one request, as an adapter holds it. */
export interface RequestSession<Data> {
  readonly session: Session<Data>;
  /**
   * Stores what the request changed and tells what the response must say. Call it once, just before the headers go out:
   * what the response then acknowledges is kept. When it throws, answer with the error's `status`.
   * @param isSecureRequest Whether the request came by https; asked only when a cookie is written.
   * @throws SessionGoneError, StoreUnavailableError, SessionValueError; nothing was stored then.
   */
  finish(isSecureRequest: () => boolean): Awaitable<ResponseDuties>;
  /**
   * The duties of the answer when `finish` or the app has failed: the cookie of a new ID that the request had stored
   * before, such as by a login. The answer must not be cached (`Cache-Control: no-store`).
   */
  failureDuties(isSecureRequest: () => boolean): Awaitable<ResponseDuties>;
  /** While `finish` is at work: what its response will probably have to say, the cookie apart. */
  readonly expectedDuties: ResponseDuties;
  /**
   * Stores what has changed since `finish`. Call it when a response ends whose head was sent earlier.
   * @throws The errors of `finish`, and HeadersSentError where only a new cookie could keep the change.
   */
  finishLate(): Awaitable<void>;
  /**
   * Whether a change after `finish` may go unseen until `finishLate`: the request has used the session, and the session
   * holds lists or other objects.
   */
  readonly mayChangeUnseen: boolean;
  /**
   * Instead of `finish`, where no response of ours will carry a cookie, such as for a WebSocket: a session that is
   * stored takes changes from then on and stores them by itself; a new one refuses them.
   */
  detach(): void;
}

/** All sessions of one cookie and one store. */
export interface SessionManager<Data> {
  /** The name of the cookie. */
  readonly cookieName: string;
  /**
   * The session of a request; adapters call it. Answers at once where the store does.
   * @throws StoreUnavailableError when the session can't be read, unless `whenStoreUnavailable` is `"anonymous"`.
   */
  open(cookieHeader: string | null | undefined): Awaitable<RequestSession<Data>>;
  /** The live sessions of an owner. What can't be read is left out; an `error` event names its key. */
  list(owner: string): Promise<SessionInfo[]>;
  /**
   * Live sessions of everyone, page by page: see `browseOrder`. Over all pages each session that was not used meanwhile
   * comes, exactly once in the order `"recent"`, at least once in any; a page may hold fewer than `limit` (default 100),
   * even none, although `next` says that more follow.
   * @param options `keyPrefix`: only sessions whose key begins so.
   * @throws UnsupportedOperationError when the store can't.
   */
  browse(options?: BrowseOptions): Promise<SessionPage>;
  /** Whether `browse` gives those that were used last first, or in any order. */
  readonly browseOrder: "recent" | "any";
  /** How many live sessions there are, counted cheaply. @throws UnsupportedOperationError when the store can't. */
  count(): Promise<SessionCount>;
  /** One live session and what it holds; `undefined` where there is none. @throws SessionRecordError when it is broken. */
  inspect(key: string): Promise<SessionDetails<Data> | undefined>;
  /** What the store is: `"memory"`, `"redis"`. */
  readonly storeName: string;
  /** Tells a listener, beside the option `onEvent`, what happens from now on. Answers a function that ends it. */
  onEvent(listener: SessionEventListener): () => void;
  /** Ends the session of this key, also under the key to which it has moved in the last minutes. `true` when it was live. */
  revoke(key: string): Promise<boolean>;
  /** Ends all sessions of an owner, but for the key `except`, and tells how many they were (ASVS 7.4.2, 7.4.3). */
  revokeAll(owner: string, options?: { except?: string | undefined }): Promise<number>;
  /** Drops expired records, which happens by itself once a minute while requests come. Tells how many they were. */
  sweep(): Promise<number>;
  /** Ends the work in the background and closes the store. */
  close(): Promise<void>;
}

/** A manager whose default store is made by `defaultStore`, with the manager's clock. */
export function createManager<Data>(
  options: SessionOptions<Data>,
  defaultStore: (options: { clock: Clock }) => SessionStore,
): SessionManager<Data> {
  const {
    store: givenStore,
    secrets,
    storeTimeout,
    whenStoreUnavailable,
    random,
    onEvent,
    ...settings
  } = checkOptions(options, defaultStore);
  const { limits, cookie } = settings;
  const events = createEvents(cookie.name, onEvent);
  const { emit } = events;
  const store = guardStore(givenStore, storeTimeout, emit);
  const revocations = createRevocations(store, limits.clock, emit);
  const sweeper = createSweeper(store, limits.clock, emit);
  const ownSigner = ownSignerOf(givenStore, {
    cookieName: cookie.name,
    sealKeys: keysFor("seal", secrets),
    clock: limits.clock,
    random,
  });
  const context: SessionContext = {
    ...settings,
    limits: limitsOf(ownSigner, limits),
    store,
    emit,
    revocations,
    signer: ownSigner ?? createIdSigner(cookie.name, secrets, random),
    csrfKeys: keysFor("csrf", secrets),
    transactions: createKeyedQueue(),
  };

  return {
    cookieName: cookie.name,
    storeName: store.name,
    browseOrder: store.browseOrder ?? "any",
    onEvent: events.listen,

    open(cookieHeader) {
      const now = limits.clock();
      sweeper.sweepWhenDue(now);
      // The dictionary is Data by the word of the app: nothing at run time tells one type of data from another.
      return openSession(context, whenStoreUnavailable, cookieHeader, now) as Awaitable<unknown> as Awaitable<
        RequestSession<Data>
      >;
    },

    async list(owner) {
      const sessions: SessionInfo[] = [];
      for await (const { key, record } of sessionsOf(store, owner, emit)) {
        if (record !== undefined) sessions.push(infoOf(context, { key, record }));
      }
      return sessions;
    },

    async browse(options) {
      if (!store.browse) throw new UnsupportedOperationError(store.name, "browse");
      const { sessions, next } = await store.browse(options);
      return { sessions: sessions.map((listed) => infoOf(context, listed)), next };
    },

    async count() {
      if (!store.count) throw new UnsupportedOperationError(store.name, "count");
      return await store.count();
    },

    async inspect(key) {
      const record = await store.load(key);
      return record && record.movedTo === undefined ? detailsOf<Data>(context, { key, record }) : undefined;
    },

    async revoke(key) {
      const endedKey = await endMoved(store, key);
      revocations.end(key);
      if (endedKey === undefined) return false;
      revocations.end(endedKey);
      emit({ type: "revoked", key: endedKey, count: 1 });
      return true;
    },

    async revokeAll(owner, { except } = {}) {
      try {
        const count = await store.destroyAll(owner, { except });
        emit({ type: "revoked", owner, count });
        return count;
      } catch (error) {
        const { ended = 0 } = error instanceof StoreUnavailableError ? error : {};
        if (ended > 0) emit({ type: "revoked", owner, count: ended });
        throw error;
      } finally {
        if (!store.subscribe) await revocations.lookAtAll();
      }
    },

    sweep: () => sweeper.sweep(),

    async close() {
      revocations.close();
      await store.close();
    },
  };
}

/** Sessions that another program shares last as long as that program says. */
function limitsOf(ownSigner: IdSigner | undefined, limits: Limits): Limits {
  const lifetime = ownSigner?.lifetime;
  return lifetime === undefined ? limits : { clock: limits.clock, idle: lifetime, absolute: Number.POSITIVE_INFINITY };
}
