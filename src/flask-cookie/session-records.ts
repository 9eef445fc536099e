// Flask-Session's records: the dict as MessagePack or as JSON, since 0.7. Before that they were Python pickles, which can
// run code, and are never read.
import { Packr } from "msgpackr";
import { SessionRecordError, SessionValueError } from "../core/errors.ts";
import type { FlaskData } from "./session-fields.ts";

/** `SESSION_SERIALIZATION_FORMAT`. */
export type RecordFormat = "msgpack" | "json";

/** The library knows it; its types do not. */
const AUTO = "auto" as "number";

// Plain maps and no extensions of the library's own; integers past 2^53 stay exact.
const packr = new Packr({ useRecords: false, variableMapSize: true, mapsAsObjects: true, int64AsType: AUTO });

const OPENING_BRACE = 0x7b;
const PICKLE = 0x80;
/** The protocols of pickles that begin with their number: 2 (2003) to 5. */
const PICKLE_PROTOCOLS = [2, 3, 4, 5];

/** @throws SessionValueError for an integer past 2^53, as JSON. */
export function encodeRecord(data: FlaskData, format: RecordFormat): Buffer {
  return format === "json" ? Buffer.from(JSON.stringify(data, refuseBigInt)) : packr.pack(withIntegers(data));
}

function refuseBigInt(key: string, value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  throw new SessionValueError(key, "is a bigint, which JSON would round", "Store it as text.");
}

/** Past 32 bits the library writes a number as a float, and Python would then find a float. */
function withIntegers(value: unknown): unknown {
  if (typeof value === "number") {
    return Number.isSafeInteger(value) && (value > 0xffff_ffff || value < -0x8000_0000) ? BigInt(value) : value;
  }
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(withIntegers);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withIntegers(member)]));
}

/**
 * Either format, whichever the app writes now.
 * @throws SessionRecordError for a pickle, and for what is no dict.
 */
export function decodeRecord(bytes: Buffer): FlaskData {
  if (isPickle(bytes)) {
    throw new SessionRecordError(
      "is a Python pickle of a Flask-Session before 0.7, which is never executed; let Flask-Session 0.7 or newer open the session once, and it writes MessagePack",
    );
  }
  const data = parse(bytes);
  if (typeof data !== "object" || data === null || Object.getPrototypeOf(data) !== Object.prototype) {
    throw new SessionRecordError("is no record of Flask-Session");
  }
  return data as FlaskData;
}

function parse(bytes: Buffer): unknown {
  try {
    return bytes[0] === OPENING_BRACE ? JSON.parse(bytes.toString()) : packr.unpack(bytes);
  } catch (cause) {
    throw new SessionRecordError("is no record of Flask-Session", cause);
  }
}

/** The same byte begins an empty MessagePack map, which ends there. */
function isPickle(bytes: Buffer): boolean {
  return bytes[0] === PICKLE && bytes.length > 1 && PICKLE_PROTOCOLS.includes(bytes[1] ?? 0);
}
