// Flask-Session's records on a Redis server: read, and changed only from what was read. They have no version, so the bytes
// of a record tell whether somebody else has written it meanwhile.
// It knows no cookie and no field of a session.
import { createHash } from "node:crypto";
import type { Clock, CommitResult } from "../core/store.ts";
import { type Script, script } from "../stores/redis/scripts.ts";
import type { Server } from "../stores/redis/server.ts";
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
  /** Changes what is there, again and again until nobody else has changed it meanwhile. */
  update(
    key: string,
    ifVersion: number | undefined,
    next: (data: FlaskData) => FlaskData | undefined,
  ): Promise<CommitResult>;
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

  return { find, create, swap, update };
}

/** A number for the bytes of a record. */
export function versionOf({ hex }: Pick<FoundRecord, "hex">): number {
  return createHash("sha256").update(hex).digest().readUIntBE(0, 6);
}
