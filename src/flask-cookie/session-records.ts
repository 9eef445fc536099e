// Flask-Session's records: the dict as MessagePack or as JSON, since 0.7. Before that they were Python pickles, which can
// run code, and are never read.
import { SessionOptionError, SessionRecordError, SessionValueError } from "../core/errors.ts";
import { splitMembers } from "./json-members.ts";
import { encodeMember, joinMembers, readMapMembers } from "./msgpack.ts";
import type { FlaskData } from "./session-fields.ts";
import { parseJson } from "./tagged-json.ts";

/** `SESSION_SERIALIZATION_FORMAT`. */
export type RecordFormat = "msgpack" | "json";

/** A record as it was read, with the bytes of each member, so that what nobody assigns is written as it was. */
export interface FlaskRecord {
  readonly format: RecordFormat;
  readonly data: FlaskData;
  readonly members: ReadonlyMap<string, Uint8Array>;
  /** Members whose keys are not text: no session of ours can reach them. */
  readonly unreachable: readonly Uint8Array[];
}

const OPENING_BRACE = 0x7b;
const PICKLE = 0x80;
/** The protocols of pickles that begin with their number: 2 (2003) to 5. */
const PICKLE_PROTOCOLS = [2, 3, 4, 5];

/**
 * @param from The record that is replaced: its format stays, and so do the bytes of each value that is still the same.
 * @throws SessionValueError for what the format can't hold.
 */
export function encodeRecord(data: FlaskData, format: RecordFormat, from?: FlaskRecord): Buffer {
  const written = from?.format ?? format;
  const encode = written === "json" ? encodeJsonMember : encodeMember;
  const members = Object.entries(data).map(([key, value]) => keptBytes(from, key, value) ?? encode(key, value));
  return written === "json" ? joinJson(members) : joinMembers([...members, ...(from?.unreachable ?? [])]);
}

function keptBytes(from: FlaskRecord | undefined, key: string, value: unknown): Uint8Array | undefined {
  return from && Object.is(from.data[key], value) ? from.members.get(key) : undefined;
}

function joinJson(members: readonly Uint8Array[]): Buffer {
  const comma = Buffer.from(",");
  const separated = members.flatMap((member, i) => (i === 0 ? [member] : [comma, member]));
  return Buffer.concat([Buffer.from("{"), ...separated, Buffer.from("}")]);
}

function encodeJsonMember(key: string, value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(key)}:${JSON.stringify(value, (name, inner) => jsonValue(name || key, inner))}`);
}

function jsonValue(key: string, value: unknown): unknown {
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new SessionValueError(key, "has half a surrogate pair", "Python can't read it: store well-formed text.");
  }
  if (typeof value === "bigint")
    throw new SessionValueError(key, "is a bigint, which JSON would round", "Store it as text.");
  if (value instanceof Uint8Array || value instanceof Map || value instanceof Set) {
    throw new SessionValueError(key, "is a value that JSON lacks", "Store text, lists and plain objects.");
  }
  return value;
}

/**
 * Either format, whichever the app writes now.
 * @throws SessionRecordError for a pickle, and for what is no dict.
 */
export function decodeRecord(bytes: Buffer): FlaskRecord {
  if (isPickle(bytes)) {
    throw new SessionRecordError(
      "is a Python pickle of a Flask-Session before 0.7, which is never executed; let Flask-Session 0.7 or newer open the session once, and it writes MessagePack",
    );
  }
  try {
    return bytes[0] === OPENING_BRACE ? decodeJson(bytes.toString()) : decodeMsgpack(bytes);
  } catch (cause) {
    if (cause instanceof SessionOptionError) throw cause;
    throw new SessionRecordError("is no record of Flask-Session", cause);
  }
}

function decodeJson(text: string): FlaskRecord {
  const data = parseJson(text) as FlaskData;
  const members = new Map([...splitMembers(text)].map(([key, member]) => [key, Buffer.from(member)]));
  return { format: "json", data, members, unreachable: [] };
}

function decodeMsgpack(bytes: Buffer): FlaskRecord {
  const all = readMapMembers(bytes);
  const reachable = all.filter((member): member is typeof member & { key: string } => typeof member.key === "string");
  return {
    format: "msgpack",
    data: Object.fromEntries(reachable.map(({ key, value }) => [key, value])),
    members: new Map(reachable.map((member) => [member.key, member.bytes])),
    unreachable: all.filter(({ key }) => typeof key !== "string").map((member) => member.bytes),
  };
}

/** The same byte begins an empty MessagePack map, which ends there. */
function isPickle(bytes: Buffer): boolean {
  return bytes[0] === PICKLE && bytes.length > 1 && PICKLE_PROTOCOLS.includes(bytes[1] ?? 0);
}
