// Flask-Session's records in Redis, as a store of coatcheck's: a Flask app that uses Flask-Session 0.7 or newer on the same
// server has the same sessions.
import { UnsupportedOperationError } from "../core/errors.ts";
import type { Clock, SessionRecord } from "../core/record/store.ts";
import {
  generateId,
  type IdSigner,
  keyOfId,
  type RandomBytes,
  type StoreWithOwnCookie,
} from "../core/request/session-id.ts";
import {
  checkedWhereParsed,
  checkOptions,
  functionOption,
  nameOption,
  type OptionChecks,
  oneOfOption,
  stringOption,
  wholeNumberOption,
} from "../core/util/option-checks.ts";
import { commandsOf, type RedisClient } from "../stores/redis/clients.ts";
import { Server } from "../stores/redis/server.ts";
import { FLASK_LIFETIME } from "./cookie.ts";
import { KnownSids } from "./known-sids.ts";
import { loadMsgpack } from "./msgpack.ts";
import { OwnFields } from "./own-fields.ts";
import { createRedisRecords, type FoundRecord, type RedisRecords, versionOf } from "./redis-records.ts";
import { changed, type FieldRules, FLASK_LOGIN_OWNER, fieldsOf, ownerOf, withOwner } from "./session-fields.ts";
import type { RecordFormat } from "./session-records.ts";
import { type FlaskSecret, type FlaskSigner, sign, signerOf, unsign } from "./signer.ts";

export interface FlaskSessionRedisStoreOptions {
  /** A connected client of the package `redis` or `ioredis`. */
  readonly client: RedisClient;
  /** `SESSION_KEY_PREFIX`; default `"session:"`. */
  readonly prefix?: string | undefined;
  /**
   * `SESSION_USE_SIGNER`: give the app's secret, and cookies are signed as Flask-Session signs them. Without it the
   * cookie is the bare ID, as is Flask-Session's default, and every made-up one costs a look at the server.
   */
  readonly signWith?: FlaskSecret | undefined;
  /** `SESSION_SERIALIZATION_FORMAT` that is written; default `"msgpack"`. Both are read. */
  readonly format?: RecordFormat | undefined;
  /** `PERMANENT_SESSION_LIFETIME` in seconds; default 2,678,400, which is 31 days. Every write sets it anew. */
  readonly lifetime?: number | undefined;
  /** The key of the session that says who has logged in. Default `"_user_id"`, which is Flask-Login's. */
  readonly ownerKey?: string | undefined;
  /** From which what Redis says of a record's end is counted, whatever the manager's is; default the manager's `clock`. */
  readonly clock?: Clock | undefined;
}

/** A store whose records are Flask-Session's. */
export interface FlaskSessionRedisStore extends StoreWithOwnCookie {
  /**
   * 1: kept between processes of coatcheck's; Flask-Session itself overwrites whole sessions. 2: likewise, Flask-Session
   * brings a session back that it still holds. 5: nobody can find the sessions of an owner.
   */
  readonly unkeptLaws: readonly [1, 2, 5];
}

const CHECKS: OptionChecks<FlaskSessionRedisStoreOptions> = {
  client: checkedWhereParsed,
  prefix: stringOption,
  signWith: checkedWhereParsed,
  format: oneOfOption("msgpack", "json"),
  lifetime: wholeNumberOption(1),
  ownerKey: nameOption,
  clock: functionOption,
};

const UNKEPT_LAWS = [1, 2, 5] as const;
/** What an ID of Flask-Session looks like, of any version. */
const SID = /^[\w-]{20,128}$/;

/**
 * Sessions that a Flask app with Flask-Session has too. Give the manager the name and the attributes of that app's
 * cookie; its own `secret` signs CSRF tokens, and what coatcheck notes in a session for itself.
 *
 * The records are Flask-Session's in full: its server keeps session IDs in clear, so a dump of it logs in.
 *
 * @throws SessionOptionError when an option is wrong, or MessagePack is to be written and its package is missing. Reading throws a SessionRecordError for a pickle.
 * @example
 * const store = flaskSessionRedisStore({ client, signWith: process.env.SECRET_KEY });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store, cookie: { name: "session" } });
 */
export function flaskSessionRedisStore(options: FlaskSessionRedisStoreOptions): FlaskSessionRedisStore {
  const checked = checkOptions<FlaskSessionRedisStoreOptions>(
    options,
    CHECKS,
    "Call flaskSessionRedisStore({ client }).",
  );
  const { prefix = "session:", format = "msgpack", lifetime = FLASK_LIFETIME, ownerKey = FLASK_LOGIN_OWNER } = checked;
  const { client, clock: ownClock, signWith } = checked;
  if (format === "msgpack") loadMsgpack();
  const ownFields = new OwnFields();
  const rules = { ownerKey, ownFields };
  const server = new Server(commandsOf(client));
  const signer = signWith === undefined ? undefined : signerOf({ secret: signWith, salt: "flask-session" });
  const sids = new KnownSids();
  let clock: Clock = ownClock ?? Date.now;
  const place = { server, prefix, format, lifetime, clock: () => clock(), sids };

  return {
    name: "flask-session redis",
    unkeptLaws: UNKEPT_LAWS,
    sharesRecords: true,
    ids(terms) {
      clock = ownClock ?? terms.clock;
      ownFields.use(terms.sealKeys);
      return { ...createIds(signer, sids, terms.random), lifetime: lifetime * 1000 };
    },
    ...withErrors(createCalls(createRedisRecords(place), rules, lifetime), server),
    list: () => Promise.reject(new UnsupportedOperationError("flask-session redis", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("flask-session redis", "destroyAll")),
    /** Redis drops what expires by itself. */
    sweep: () => 0,
    limitTime: (timeout) => server.limitTime(timeout),
    close: () => server.close(),
  };
}

function createIds(signer: FlaskSigner | undefined, sids: KnownSids, random: RandomBytes | undefined): IdSigner {
  return {
    create() {
      const id = generateId(random);
      return sids.hold({ id, key: keyOfId(id) });
    },
    sign: (sid) => (signer ? sign(signer, sid) : sid),
    verify(text) {
      const signed = signer ? unsign(signer, text.slice(0, 512)) : { text, place: 0 };
      if (!signed) return "signature";
      if (!SID.test(signed.text)) return "malformed";
      return sids.hold({ id: signed.text, key: keyOfId(signed.text), newest: signed.place === 0 });
    },
  };
}

/** What asks the server. */
type Calls = Pick<FlaskSessionRedisStore, "load" | "create" | "commit" | "replace" | "destroy">;

function createCalls(records: RedisRecords, rules: FieldRules, lifetime: number): Calls {
  return {
    async load(key) {
      const found = await records.find(key);
      if (found) return recordOf(found, rules, lifetime);
      const move = await records.findMove(key);
      return move && pointerOf(move.newKey, move.until);
    },

    async create(key, { fields, owner }) {
      const data = changed({}, { set: fields, remove: new Set() }, rules);
      return records.create(key, withOwner(data, owner, rules));
    },

    commit: (key, change) => records.update(key, change.ifVersion, (data) => changed(data, change, rules)),

    async replace(oldKey, newKey, replacement) {
      for (;;) {
        const found = await records.find(oldKey);
        if (!found) return "gone";
        // The old one ends first: a crash in between logs out, and never leaves two IDs to one session.
        const outcome = await records.swap(oldKey, found, undefined);
        if (outcome === "gone") return "gone";
        if (outcome !== "swapped") continue;
        const data = withOwner(changed(found.data, replacement, rules), replacement.owner, rules);
        await records.create(newKey, data, found);
        const { keepOldUntil: until } = replacement;
        // The session has moved already, so a failure here is none of the move.
        if (until !== undefined) await records.noteMove(oldKey, { newKey, until }).catch(() => {});
        return "committed";
      }
    },

    destroy: async (key, { ifVersion } = {}) => (await records.update(key, ifVersion, () => undefined)) === "committed",
  };
}

function recordOf(found: FoundRecord, rules: FieldRules, lifetime: number): SessionRecord {
  const { data, expiresAt } = found;
  return {
    fields: fieldsOf(data, rules),
    // Flask-Session notes no beginning; the last write is what there is.
    createdAt: expiresAt - lifetime * 1000,
    expiresAt,
    owner: ownerOf(data, rules),
    version: versionOf(found),
  };
}

function pointerOf(movedTo: string, expiresAt: number): SessionRecord {
  return { fields: new Map(), createdAt: expiresAt, expiresAt, owner: undefined, version: 0, movedTo };
}

/** Every failure of the server becomes a StoreUnavailableError that names the call. */
function withErrors(calls: Calls, server: Server): Calls {
  return {
    load: (key) => server.call("load", async () => calls.load(key)),
    create: (key, record) => server.call("create", async () => calls.create(key, record)),
    commit: (key, change) => server.call("commit", async () => calls.commit(key, change)),
    replace: (oldKey, newKey, replacement) =>
      server.call("replace", async () => calls.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => server.call("destroy", async () => calls.destroy(key, options)),
  };
}
