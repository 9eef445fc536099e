// Sessions in Flask's own cookie, as a store of coatcheck's: the browser keeps all data, signed, and a Flask app with the
// same SECRET_KEY reads and writes the same session. What only a server can know, it can't: see `unkeptLaws`.
import { SessionValueError, UnsupportedOperationError } from "../core/errors.ts";
import { generateId, type IdSigner, keyOfId, type StoreWithOwnCookie } from "../core/id.ts";
import { checkOptionNames } from "../core/option-names.ts";
import { Recent } from "../core/recent.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord } from "../core/store.ts";
import { FLASK_LIFETIME, MAX_COOKIE_LENGTH, readFlaskCookie, writeFlaskCookie } from "./cookie.ts";
import { changed, FLASK_LOGIN_OWNER, type FlaskData, fieldsOf, ownerOf } from "./session-fields.ts";
import { type FlaskSignature, signerOf } from "./signer.ts";

export interface FlaskCookieStoreOptions extends FlaskSignature {
  /** The app's `PERMANENT_SESSION_LIFETIME` in seconds; default 2,678,400, which is 31 days. */
  readonly maxAge?: number | undefined;
  /** The key of the session that says who has logged in. Default `"_user_id"`, which is Flask-Login's. */
  readonly ownerKey?: string | undefined;
  /** Default `Date.now`. */
  readonly clock?: Clock | undefined;
}

/** A store that keeps nothing: its sessions are in their cookies. */
export interface FlaskCookieStore extends StoreWithOwnCookie {
  /**
   * 1: parallel changes of one session, and 2: a logout beside them, are kept within one process; the browser takes the
   * last cookie. 3: a copied cookie is good until it expires. 5: nobody can find the sessions of an owner.
   */
  readonly unkeptLaws: readonly [1, 2, 3, 5];
}

/** A session, as the newest cookie that this process knows of has it. */
interface State {
  readonly text: string;
  readonly data: FlaskData;
  /** In seconds. */
  readonly signedAt: number;
  readonly version: number;
  /** Nobody brings it back, in this process. */
  readonly hasEnded: boolean;
  /** The browser's cookie was signed by a fallback, and `text` is by the newest secret. */
  readonly isSignatureOld: boolean;
}

const OPTIONS: readonly string[] = [
  "secret",
  "fallbacks",
  "salt",
  "keyDerivation",
  "digest",
  "maxAge",
  "ownerKey",
  "clock",
] satisfies (keyof FlaskCookieStoreOptions)[];

/** How many sessions of requests under way each half of the memory holds. */
const REMEMBERED = 10_000;

const UNKEPT_LAWS = [1, 2, 3, 5] as const;

/** Browsers drop a longer cookie in silence: with its name and attributes it may have 4096 bytes (RFC 6265bis 5.6). */
const MAX_COOKIE = 3_800;

/**
 * Keeps sessions where Flask does by default: in a signed cookie. Give the manager the cookie's name and attributes of the
 * Flask app; its own `secret` signs nothing but CSRF tokens.
 *
 * Logging out forgets the cookie and ends no copy of it, as with Flask. Where that matters, use a store on the server.
 *
 * @throws SecretError when there is no secret, SessionOptionError for an unknown option. Writing throws a SessionValueError
 * for what Python could not have written, and for more than a cookie can hold.
 * @example
 * const store = flaskCookieStore({ secret: process.env.SECRET_KEY });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store, cookie: { name: "session" } });
 */
export function flaskCookieStore(options: FlaskCookieStoreOptions): FlaskCookieStore {
  checkOptionNames("", options, OPTIONS);
  signerOf(options);
  const { maxAge = FLASK_LIFETIME, ownerKey = FLASK_LOGIN_OWNER, clock = Date.now, ...signature } = options;
  const states = new Recent<string, State>(REMEMBERED);
  const seconds = (): number => Math.floor(clock() / 1000);

  function write(data: FlaskData, version: number): State {
    const sign = (now: number): string => writeFlaskCookie(data, { ...signature, now });
    let signedAt = seconds();
    let text = sign(signedAt);
    // The same data signed in the same second is the same text, and one that was ended must not come back as the new one.
    while (states.get(keyOfId(text))?.hasEnded) text = sign(--signedAt);
    if (text.length > MAX_COOKIE) {
      const problem = `needs a cookie of ${text.length} bytes, of which browsers keep about ${MAX_COOKIE}`;
      throw new SessionValueError("session", problem, "Keep less in it, or keep it on the server.");
    }
    return { text, data, signedAt, version, hasEnded: false, isSignatureOld: false };
  }

  function liveState(key: string): State | undefined {
    const state = states.get(key);
    return state && !state.hasEnded && state.signedAt + maxAge >= seconds() ? state : undefined;
  }

  function recordOf({ data, signedAt, version }: State): SessionRecord {
    return {
      fields: fieldsOf(data, ownerKey),
      createdAt: signedAt * 1000,
      expiresAt: (signedAt + maxAge + 1) * 1000,
      owner: ownerOf(data, ownerKey),
      version,
    };
  }

  const ids: IdSigner = {
    changesOnWrite: true,
    create() {
      const id = generateId();
      return { id, key: keyOfId(id) };
    },
    sign: (id) => states.get(keyOfId(id))?.text ?? id,
    verify(text) {
      // Before it costs a hash.
      if (text.length > MAX_COOKIE_LENGTH) return "malformed";
      // Of what shows in events, nothing is a cookie.
      const key = keyOfId(text);
      const known = states.get(key);
      if (known) return { id: text, key, newest: !known.isSignatureOld };
      const cookie = readFlaskCookie(text, { ...signature, maxAge, now: seconds() });
      if (cookie.verdict !== "valid") return cookie.verdict === "bad_payload" ? "malformed" : "signature";
      const { data, signedAt, isSignatureOld } = cookie;
      const newest = isSignatureOld ? write(data, 1).text : text;
      states.set(key, { text: newest, data, signedAt, version: 1, hasEnded: false, isSignatureOld });
      return { id: text, key, newest: !isSignatureOld };
    },
  };

  return {
    name: "flask cookie",
    unkeptLaws: UNKEPT_LAWS,
    sharesRecords: true,
    ids: () => ids,

    load(key) {
      const state = liveState(key);
      return state && recordOf(state);
    },

    create(key, record) {
      states.set(key, write(changed({}, { set: record.fields, remove: new Set() }, ownerKey, record.owner), 1));
      return true;
    },

    commit(key, change: Change): CommitResult {
      const state = liveState(key);
      if (!state) return "gone";
      if (change.ifVersion !== undefined && change.ifVersion !== state.version) return "conflict";
      const isTouch = change.set.size + change.remove.size === 0;
      const data = isTouch ? state.data : changed(state.data, change, ownerKey, ownerOf(state.data, ownerKey));
      states.set(key, write(data, isTouch ? state.version : state.version + 1));
      return "committed";
    },

    replace(oldKey, newKey, replacement: Replacement) {
      const state = liveState(oldKey);
      if (!state) return "gone";
      states.set(newKey, write(changed(state.data, replacement, ownerKey, replacement.owner), state.version + 1));
      states.set(oldKey, { ...state, hasEnded: true });
      return "committed";
    },

    destroy(key, { ifVersion } = {}) {
      const state = liveState(key);
      if (!state || (ifVersion !== undefined && ifVersion !== state.version)) return false;
      states.set(key, { ...state, hasEnded: true });
      return true;
    },

    list: () => Promise.reject(new UnsupportedOperationError("flask cookie", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("flask cookie", "destroyAll")),
    sweep: () => 0,
    close() {},
  };
}
