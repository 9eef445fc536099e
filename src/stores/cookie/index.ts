// Sessions in an encrypted cookie, with no server to keep them: the browser holds all data and can read none of it.
// What only a server can know, this store can't: see `unkeptLaws`.
import { CookieTooLargeError, type KeySize, UnsupportedOperationError } from "../../core/errors.ts";
import type { Clock, SessionRecord } from "../../core/record/store.ts";
import { generateId, keyOfId, type StoreWithOwnCookie } from "../../core/request/session-id.ts";
import { keyOfField } from "../../core/session/reserved-fields.ts";
import { checkOptions } from "../../core/util/option-checks.ts";
import { KnownSessions } from "./known-sessions.ts";
import { createSealer, sealedLength } from "./sealing.ts";

/** It takes none: the secret, the clock and the cookie's name are the manager's. */
export type CookieStoreOptions = Readonly<Record<never, never>>;

/** A store that keeps nothing: its sessions are in their cookies. */
export interface CookieStore extends StoreWithOwnCookie {
  /**
   * 1: parallel changes of one session, and 2: a logout beside them, are kept within one process; a browser takes the
   * last cookie. 3: a copied cookie is good until it expires. 5: nobody can find the sessions of an owner.
   */
  readonly unkeptLaws: readonly [1, 2, 3, 5];
}

const UNKEPT_LAWS = [1, 2, 3, 5] as const;

/**
 * Bytes of `name=value`. RFC 6265bis 5.6 has browsers keep 4096 of name and value; Safari was measured to keep 4093, the
 * sign between them included.
 */
const MAX_COOKIE = 4_093;

/** How many keys the error for a session that is too large names. */
const NAMED_KEYS = 3;

/**
 * Keeps each session in its cookie, encrypted and authenticated with AES-256-GCM by a key of the manager's `secret`: no
 * server, no file, and the same sessions on every process that has the secret. About 2,900 bytes of JSON fit.
 *
 * A logout takes the cookie from the browser and ends no copy of it, but in the process where it happened. Sessions can't
 * be listed, and nobody can be logged out from outside; the options `maxSessionsPerOwner` and `encryption` are refused.
 * Where that matters, use a store on the server.
 *
 * Writing throws a CookieTooLargeError for more than a cookie can hold (SECURITY-BAR S21); nothing was changed then.
 * @example
 * import { createSessions } from "coatcheck";
 * import { cookieStore } from "coatcheck/cookie";
 *
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store: cookieStore() });
 */
export function cookieStore(options: CookieStoreOptions = {}): CookieStore {
  checkOptions<CookieStoreOptions>(options, {}, "Call cookieStore().");
  let clock: Clock = Date.now;
  /** Of the managers that share this store, the longest. */
  let nameLength = 0;
  const known = new KnownSessions(
    () => clock(),
    (record) => refuseTooLarge(record, nameLength),
  );

  return {
    name: "cookie",
    unkeptLaws: UNKEPT_LAWS,
    encryptsRecords: true,

    ids(terms) {
      const sealer = createSealer(terms.cookieName, terms.sealKeys);
      clock = terms.clock;
      nameLength = Math.max(nameLength, terms.cookieName.length);
      return {
        changesOnWrite: true,
        create() {
          const id = generateId(terms.random);
          return { id, key: keyOfId(id) };
        },
        sign(id) {
          const record = known.live(keyOfId(id));
          // Another request ended it meanwhile. The browser gets what opens nothing, as with a store on the server.
          return record ? sealer.seal(id, record) : "";
        },
        verify(text) {
          const opened = sealer.open(text);
          if (typeof opened === "string") return opened;
          const { id, record, isNewest } = opened;
          const key = keyOfId(id);
          return { id, key, newest: !known.take(key, record) && isNewest };
        },
      };
    },

    load: (key) => known.load(key),
    create: (key, record) => known.create(key, record),
    commit: (key, change) => known.commit(key, change),
    replace: (oldKey, newKey, replacement) => known.replace(oldKey, newKey, replacement),
    destroy: (key, { ifVersion } = {}) => known.destroy(key, ifVersion),
    list: () => Promise.reject(new UnsupportedOperationError("cookie", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("cookie", "destroyAll")),
    sweep: () => 0,
    close() {},
  };
}

/** @throws CookieTooLargeError. */
function refuseTooLarge(record: SessionRecord, nameLength: number): void {
  const size = nameLength + 1 + sealedLength(record);
  if (size > MAX_COOKIE) throw new CookieTooLargeError(size, MAX_COOKIE, largestKeys(record));
}

function largestKeys({ fields, owner }: SessionRecord): readonly KeySize[] {
  const sizes: KeySize[] = owner === undefined ? [] : [{ key: "session.owner", bytes: Buffer.byteLength(owner) }];
  for (const [field, text] of fields) {
    // What the library keeps for itself is named as it is stored: `$flash:…`.
    const key = keyOfField(field) ?? field;
    sizes.push({ key, bytes: Buffer.byteLength(key) + Buffer.byteLength(text) });
  }
  return sizes.sort((a, b) => b.bytes - a.bytes).slice(0, NAMED_KEYS);
}
