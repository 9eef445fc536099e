// Flask-Session's records on a Redis server: read, and changed only from what was read. They have no version, so the bytes
// of a record tell whether somebody else has written it meanwhile.
// It knows no cookie and no field of a session.
import { createHash } from "node:crypto";
import type { Clock, CommitResult } from "../core/record/store.ts";
import { keyOfId } from "../core/request/session-id.ts";
import { type Script, script } from "../stores/redis/scripts.ts";
import { type Server, textOf } from "../stores/redis/server.ts";
import type { KnownSids } from "./known-sids.ts";
import type { FlaskData } from "./session-fields.ts";
import { decodeRecord, encodeRecord, type FlaskRecord, type RecordFormat } from "./session-records.ts";

/** A record, as it was read. */
export interface FoundRecord extends FlaskRecord {
  readonly hex: string;
  /** In ms. */
  readonly expiresAt: number;
}

/** Where the records are, and how they are written. */
interface RecordPlace {
  readonly server: Server;
  readonly prefix: string;
  readonly format: RecordFormat;
  /** In seconds. */
  readonly lifetime: number;
  readonly clock: Clock;
  readonly sids: KnownSids;
}

export interface RedisRecords {
  find(key: string): Promise<FoundRecord | undefined>;
  /** Stores a new record where there is none. @returns whether it did. */
  create(key: string, data: FlaskData, from?: FlaskRecord): Promise<boolean>;
  /** Replaces a record, or removes it, unless somebody else has changed it. Nothing was done unless the answer is `swapped`. */
  swap(key: string, from: FoundRecord, to: FlaskData | undefined): Promise<SwapResult>;
  /** Notes where a session has moved. */
  noteMove(oldKey: string, move: Move): Promise<void>;
  findMove(oldKey: string): Promise<Move | undefined>;
  /** Changes what is there, again and again until nobody else has changed it meanwhile. */
  update(
    key: string,
    ifVersion: number | undefined,
    next: (data: FlaskData) => FlaskData | undefined,
  ): Promise<CommitResult>;
}

/** Where a session has moved, for those who work with its old key. */
interface Move {
  readonly newKey: string;
  /** How long that is kept, in ms. */
  readonly until: number;
}

/** `gone`: nothing is there; `other`: something else is. */
type SwapResult = "swapped" | "gone" | "other";

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

export function createRedisRecords(place: RecordPlace): RedisRecords {
  const { server, prefix, format, lifetime, clock, sids } = place;

  async function find(key: string): Promise<FoundRecord | undefined> {
    const sid = sids.get(key);
    if (sid === undefined) return undefined;
    const [hex, ttl] = await server.run(READ, prefix + sid, []);
    if (hex === undefined) return undefined;
    sids.remember(key, sid);
    const expiresAt = Number(ttl) < 0 ? clock() + lifetime * 1000 : clock() + Number(ttl);
    return { ...decodeRecord(Buffer.from(hex, "hex")), hex, expiresAt };
  }

  async function put(key: string, from: string, to: Buffer | undefined): Promise<SwapResult> {
    const sid = sids.get(key);
    if (sid === undefined) return "gone";
    const [outcome] = await server.run(SWAP, prefix + sid, [from, to?.toString("hex") ?? "", String(lifetime)]);
    if (outcome === "swapped" && to !== undefined) sids.remember(key, sid);
    return outcome === "swapped" || outcome === "other" ? outcome : "gone";
  }

  async function create(key: string, data: FlaskData, from?: FlaskRecord): Promise<boolean> {
    return (await put(key, "", encodeRecord(data, format, from))) === "swapped";
  }

  async function swap(key: string, from: FoundRecord, to: FlaskData | undefined): Promise<SwapResult> {
    return put(key, from.hex, to && encodeRecord(to, format, from));
  }

  // Outside of Flask-Session's prefix, whose names are IDs that it would open.
  const nameOfMove = (oldKey: string): string => `coatcheck:moved:${prefix}${oldKey}`;

  async function noteMove(oldKey: string, { newKey, until }: Move): Promise<void> {
    const [name, sid] = [nameOfMove(oldKey), sids.get(newKey)];
    const lifetime = Math.ceil(until - clock());
    if (sid === undefined || lifetime <= 0) return;
    await server.send(name, ["SET", name, `${until} ${sid}`, "PX", String(lifetime)]);
  }

  async function findMove(oldKey: string): Promise<Move | undefined> {
    const name = nameOfMove(oldKey);
    const [until, sid] = (textOf(await server.send(name, ["GET", name])) ?? "").split(" ");
    if (sid === undefined || Number(until) <= clock()) return undefined;
    const newKey = keyOfId(sid);
    sids.remember(newKey, sid);
    return { newKey, until: Number(until) };
  }

  async function update(
    key: string,
    ifVersion: number | undefined,
    next: (data: FlaskData) => FlaskData | undefined,
  ): Promise<CommitResult> {
    for (;;) {
      const found = await find(key);
      if (!found) return "gone";
      if (ifVersion !== undefined && ifVersion !== versionOf(found)) return "conflict";
      const outcome = await swap(key, found, next(found.data));
      if (outcome === "swapped") return "committed";
      if (outcome === "gone") return "gone";
    }
  }

  return { find, create, swap, update, noteMove, findMove };
}

/** A number for the bytes of a record. */
export function versionOf({ hex }: Pick<FoundRecord, "hex">): number {
  return createHash("sha256").update(hex).digest().readUIntBE(0, 6);
}
