// Flask-Session's records in Redis, as a store of coatcheck's: a Flask app that uses Flask-Session 0.7 or newer on the same
// server has the same sessions.
import { createHash } from "node:crypto";
import { SessionOptionError, UnsupportedOperationError } from "../core/errors.ts";
import { generateId, type IdSigner, keyOfId, type StoreWithOwnCookie } from "../core/id.ts";
import { checkOptionNames } from "../core/option-names.ts";
import { Recent } from "../core/recent.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord } from "../core/store.ts";
import { commandsOf, type RedisClient } from "../stores/redis/clients.ts";
import { type Script, script } from "../stores/redis/scripts.ts";
import { Server } from "../stores/redis/server.ts";
import { FLASK_LIFETIME } from "./cookie.ts";
import { changed, FLASK_LOGIN_OWNER, type FlaskData, fieldsOf, ownerOf } from "./session-fields.ts";
import { decodeRecord, encodeRecord, type RecordFormat } from "./session-records.ts";
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
  /** Default `Date.now`. */
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

const OPTIONS: readonly string[] = [
  "client",
  "prefix",
  "signWith",
  "format",
  "lifetime",
  "ownerKey",
  "clock",
] satisfies (keyof FlaskSessionRedisStoreOptions)[];

/** How many sessions of requests under way each half of the memory holds. */
const REMEMBERED = 10_000;

const UNKEPT_LAWS = [1, 2, 5] as const;
/** What an ID of Flask-Session looks like, of any version. */
const SID = /^[\w-]{20,128}$/;

/** Bytes go through every client alike as hexadecimal text. */
const HEX = `
local function hex(bytes) return (string.gsub(bytes, '.', function(c) return string.format('%02x', string.byte(c)) end)) end
local function bytes(hex) return (string.gsub(hex, '..', function(two) return string.char(tonumber(two, 16)) end)) end`;

const READ: Script = script(
  HEX,
  `
local record = redis.call('GET', KEYS[1])
if not record then return {} end
return { hex(record), string.format('%.0f', redis.call('PTTL', KEYS[1])) }`,
);

/** Arguments: what must be there now or "", what is to be there or "" for nothing, and its lifetime in seconds. */
const SWAP: Script = script(
  HEX,
  `
local record = redis.call('GET', KEYS[1])
if (record and hex(record) or '') ~= ARGV[1] then return { record and 'other' or 'gone' } end
if ARGV[2] == '' then redis.call('UNLINK', KEYS[1]) else redis.call('SET', KEYS[1], bytes(ARGV[2]), 'EX', ARGV[3]) end
return { 'swapped' }`,
);

interface Found {
  readonly hex: string;
  readonly data: FlaskData;
  readonly expiresAt: number;
}

/**
 * Sessions that a Flask app with Flask-Session has too. Give the manager the name and the attributes of that app's
 * cookie; its own `secret` signs nothing but CSRF tokens.
 *
 * The records are Flask-Session's in full: its server keeps session IDs in clear, so a dump of it logs in.
 *
 * @throws SessionOptionError when an option is wrong. Reading throws a SessionRecordError for a pickle.
 * @example
 * const store = flaskSessionRedisStore({ client, signWith: process.env.SECRET_KEY });
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store, cookie: { name: "session" } });
 */
export function flaskSessionRedisStore(options: FlaskSessionRedisStoreOptions): FlaskSessionRedisStore {
  checkOptionNames("", options, OPTIONS);
  const { prefix = "session:", format = "msgpack", lifetime = FLASK_LIFETIME, ownerKey = FLASK_LOGIN_OWNER } = options;
  const { clock = Date.now, signWith } = options;
  if (!Number.isSafeInteger(lifetime) || lifetime < 1) {
    throw new SessionOptionError("lifetime", `is ${lifetime}`, "Give whole seconds above zero.");
  }
  const server = new Server(commandsOf(options.client));
  const signer = signWith === undefined ? undefined : signerOf({ secret: signWith, salt: "flask-session" });
  /** The IDs behind keys: Flask-Session's records lie under the ID itself, and keys show in events. */
  const sids = new Recent<string, string>(REMEMBERED);
  const ids = createIds(signer, sids);

  async function find(key: string): Promise<Found | undefined> {
    const sid = sids.get(key);
    if (sid === undefined) return undefined;
    const [hex, ttl] = await server.run(READ, prefix + sid, []);
    if (hex === undefined) return undefined;
    const expiresAt = Number(ttl) < 0 ? clock() + lifetime * 1000 : clock() + Number(ttl);
    return { hex, data: decodeRecord(Buffer.from(hex, "hex")), expiresAt };
  }

  async function swap(key: string, from: string, to: FlaskData | undefined): Promise<string> {
    const hex = to === undefined ? "" : encodeRecord(to, format).toString("hex");
    const [outcome = "gone"] = await server.run(SWAP, prefix + (sids.get(key) ?? ""), [from, hex, String(lifetime)]);
    return outcome;
  }

  /** Changes what is there, again and again until nobody else has changed it meanwhile. */
  async function update(
    key: string,
    ifVersion: number | undefined,
    next: (data: FlaskData) => FlaskData | undefined,
  ): Promise<CommitResult> {
    for (;;) {
      const found = await find(key);
      if (!found) return "gone";
      if (ifVersion !== undefined && ifVersion !== versionOf(found)) return "conflict";
      const outcome = await swap(key, found.hex, next(found.data));
      if (outcome === "swapped") return "committed";
      if (outcome === "gone") return "gone";
    }
  }

  const store: Omit<FlaskSessionRedisStore, "unkeptLaws" | "ids" | "name"> = {
    async load(key) {
      const found = await find(key);
      return found && recordOf(found, ownerKey, lifetime);
    },

    async create(key, { fields, owner }) {
      return (await swap(key, "", changed({}, { set: fields, remove: new Set() }, ownerKey, owner))) === "swapped";
    },

    commit: (key, change: Change) =>
      update(key, change.ifVersion, (data) => changed(data, change, ownerKey, ownerOf(data, ownerKey))),

    async replace(oldKey, newKey, replacement: Replacement) {
      for (;;) {
        const found = await find(oldKey);
        if (!found) return "gone";
        // The old one ends first: a crash in between logs out, and never leaves two IDs to one session.
        const outcome = await swap(oldKey, found.hex, undefined);
        if (outcome === "gone") return "gone";
        if (outcome !== "swapped") continue;
        await swap(newKey, "", changed(found.data, replacement, ownerKey, replacement.owner));
        return "committed";
      }
    },

    destroy: async (key, { ifVersion } = {}) => (await update(key, ifVersion, () => undefined)) === "committed",
    list: () => Promise.reject(new UnsupportedOperationError("flask-session redis", "list")),
    destroyAll: () => Promise.reject(new UnsupportedOperationError("flask-session redis", "destroyAll")),
    /** Redis drops what expires by itself. */
    sweep: () => 0,
    close: () => server.close(),
  };
  return {
    name: "flask-session redis",
    unkeptLaws: UNKEPT_LAWS,
    sharesRecords: true,
    ids: () => ids,
    ...withErrors(store, server),
  };
}

function createIds(signer: FlaskSigner | undefined, sids: Recent<string, string>): IdSigner {
  function known(sid: string): { id: string; key: string } {
    const key = keyOfId(sid);
    sids.set(key, sid);
    return { id: sid, key };
  }
  return {
    create: () => known(generateId()),
    sign: (sid) => (signer ? sign(signer, sid) : sid),
    verify(text) {
      const signed = signer ? unsign(signer, text.slice(0, 512)) : { text, place: 0 };
      if (!signed) return "signature";
      return SID.test(signed.text) ? { ...known(signed.text), newest: signed.place === 0 } : "malformed";
    },
  };
}

function recordOf(found: Found, ownerKey: string, lifetime: number): SessionRecord {
  const { data, expiresAt } = found;
  return {
    fields: fieldsOf(data, ownerKey),
    // Flask-Session notes no beginning; the last write is what there is.
    createdAt: expiresAt - lifetime * 1000,
    expiresAt,
    owner: ownerOf(data, ownerKey),
    version: versionOf(found),
  };
}

/** These records have no version; their bytes tell one from another. */
function versionOf({ hex }: Found): number {
  return createHash("sha256").update(hex).digest().readUIntBE(0, 6);
}

type Calls = Omit<FlaskSessionRedisStore, "unkeptLaws" | "ids" | "name">;

/** Every failure of the server becomes a StoreUnavailableError that names the call. */
function withErrors(store: Calls, server: Server): Calls {
  return {
    ...store,
    load: (key) => server.call("load", async () => store.load(key)),
    create: (key, record) => server.call("create", async () => store.create(key, record)),
    commit: (key, change) => server.call("commit", async () => store.commit(key, change)),
    replace: (oldKey, newKey, replacement) =>
      server.call("replace", async () => store.replace(oldKey, newKey, replacement)),
    destroy: (key, options) => server.call("destroy", async () => store.destroy(key, options)),
  };
}
