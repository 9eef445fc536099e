// Sessions in Flask's own cookie, as a store of coatcheck's: the browser keeps all data, signed, and a Flask app with the
// same SECRET_KEY reads and writes the same session. What only a server can know, it can't: see `unkeptLaws`.
import { UnsupportedOperationError } from "../core/errors.ts";
import type { Clock } from "../core/record/store.ts";
import type { StoreWithOwnCookie } from "../core/request/session-id.ts";
import {
  checkOptions,
  functionOption,
  nameOption,
  type OptionChecks,
  wholeNumberOption,
} from "../core/util/option-checks.ts";
import { FLASK_LIFETIME } from "./cookie.ts";
import { KnownCookies } from "./known-cookies.ts";
import { OwnFields } from "./own-fields.ts";
import { FLASK_LOGIN_OWNER } from "./session-fields.ts";
import { type FlaskSignature, SIGNATURE_CHECKS, signerOf } from "./signer.ts";

export interface FlaskCookieStoreOptions extends FlaskSignature {
  /** The app's `PERMANENT_SESSION_LIFETIME` in seconds; default 2,678,400, which is 31 days. */
  readonly maxAge?: number | undefined;
  /** The key of the session that says who has logged in. Default `"_user_id"`, which is Flask-Login's. */
  readonly ownerKey?: string | undefined;
  /** By which cookies are signed and judged, whatever the manager's is; default the manager's `clock`. */
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

const CHECKS: OptionChecks<FlaskCookieStoreOptions> = {
  ...SIGNATURE_CHECKS,
  maxAge: wholeNumberOption(1),
  ownerKey: nameOption,
  clock: functionOption,
};

const SETUP = "Call flaskCookieStore({ secret: process.env.SECRET_KEY }).";

const UNKEPT_LAWS = [1, 2, 3, 5] as const;

/**
 * Keeps sessions where Flask does by default: in a signed cookie. Give the manager the cookie's name and attributes of the
 * Flask app; its own `secret` signs CSRF tokens, and what coatcheck notes in a session for itself.
 *
 * Logging out forgets the cookie and ends no copy of it, as with Flask. Where that matters, use a store on the server.
 *
 * @throws SecretError when there is no secret, SessionOptionError when an option is wrong or unknown. Writing throws a SessionValueError
 * for what Python could not have written, and for more than a cookie can hold.
 * @example
 * const store = flaskCookieStore({ secret: process.env.SECRET_KEY });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store, cookie: { name: "session" } });
 */
export function flaskCookieStore(options: FlaskCookieStoreOptions): FlaskCookieStore {
  const checked = checkOptions<FlaskCookieStoreOptions>(options, CHECKS, SETUP);
  signerOf(checked);
  const { maxAge = FLASK_LIFETIME, ownerKey = FLASK_LOGIN_OWNER, clock: ownClock, ...signature } = checked;
  let clock: Clock = ownClock ?? Date.now;
  const ownFields = new OwnFields();
  const known = new KnownCookies({ signature, maxAge, ownerKey, ownFields }, () => clock());

  return {
    name: "flask cookie",
    unkeptLaws: UNKEPT_LAWS,
    sharesRecords: true,

    ids(terms) {
      clock = ownClock ?? terms.clock;
      ownFields.use(terms.sealKeys);
      return {
        changesOnWrite: true,
        keysChange: true,
        lifetime: maxAge * 1000,
        prolongsPermanentOnly: true,
        create: () => known.newId(terms.random),
        sign: (id) => known.sign(id),
        verify: (text) => known.verify(text),
      };
    },

    load: (key) => known.load(key),
    create: (key, record) => known.create(key, record),
    commit: (key, change) => known.commit(key, change),
    replace: (oldKey, newKey, replacement) => known.replace(oldKey, newKey, replacement),
    destroy: (key, { ifVersion } = {}) => known.destroy(key, ifVersion),
    list: () => Promise.reject(new UnsupportedOperationError("flask cookie", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("flask cookie", "destroyAll")),
    sweep: () => 0,
    close() {},
  };
}
