// MessagePack with all types that Python writes: dicts whose keys are not text, integers past 2^53, floats that are whole.
// Lists and dicts are walked here, so that each member of a dict is known with its bytes; every other value is the
// library's work. It knows no session.
import { createRequire } from "node:module";
import type * as MsgpackLibrary from "@msgpack/msgpack";
import { SessionOptionError, SessionValueError } from "../core/errors.ts";

/** A member of a dict. */
export interface MapMember {
  readonly key: unknown;
  readonly value: unknown;
  /** Key and value, as they were written. */
  readonly bytes: Uint8Array;
}

/** As deep as a session of ours can be. */
const MAX_DEPTH = 100;

const MAX_INT64 = 2n ** 63n;
const MAX_UINT64 = 2n ** 64n;

let library: typeof MsgpackLibrary | undefined;

/** @throws SessionOptionError when the package is not installed. */
export function loadMsgpack(): typeof MsgpackLibrary {
  try {
    library ??= createRequire(import.meta.url)("@msgpack/msgpack") as typeof MsgpackLibrary;
    return library;
  } catch {
    const remedy = "Install it: npm install @msgpack/msgpack. Records in JSON need no package.";
    throw new SessionOptionError("format", "needs the package @msgpack/msgpack", remedy);
  }
}

/** @throws RangeError for bytes that are not exactly one dict. */
export function readMapMembers(bytes: Uint8Array): MapMember[] {
  const reader = new Reader(bytes);
  const container = reader.container();
  if (container?.kind !== "map") throw new RangeError("The bytes are no dict.");
  const members = Array.from({ length: container.size }, () => {
    const start = reader.position;
    const key = reader.value(1);
    const value = reader.value(1);
    return { key, value, bytes: bytes.subarray(start, reader.position) };
  });
  if (reader.position !== bytes.length) throw new RangeError("Bytes follow the dict.");
  return members;
}

/** Puts members together that `encodeMember` or `readMapMembers` gave. */
export function joinMembers(members: readonly Uint8Array[]): Buffer {
  return Buffer.concat([headerOf("map", members.length), ...members]);
}

/** @throws SessionValueError for what MessagePack or Python can't hold. */
export function encodeMember(key: string, value: unknown): Uint8Array {
  return Buffer.concat([encode(key, key, 0), encode(value, key, 0)]);
}

/** How many bytes follow the head, for those heads that say it alone. */
const FIXED_SIZES: ReadonlyMap<number, number> = new Map([
  [0xc0, 0],
  [0xc2, 0],
  [0xc3, 0],
  [0xca, 4],
  [0xcb, 8],
  [0xcc, 1],
  [0xcd, 2],
  [0xce, 4],
  [0xcf, 8],
  [0xd0, 1],
  [0xd1, 2],
  [0xd2, 4],
  [0xd3, 8],
  [0xd4, 2],
  [0xd5, 3],
  [0xd6, 5],
  [0xd7, 9],
  [0xd8, 17],
]);

/** Heads that a length of so many bytes follows, and what else comes before the content, in bytes. */
const SIZED: ReadonlyMap<number, readonly [lengthBytes: number, extra: number]> = new Map([
  [0xc4, [1, 0]],
  [0xc5, [2, 0]],
  [0xc6, [4, 0]],
  [0xc7, [1, 1]],
  [0xc8, [2, 1]],
  [0xc9, [4, 1]],
  [0xd9, [1, 0]],
  [0xda, [2, 0]],
  [0xdb, [4, 0]],
]);

type Kind = "map" | "list";

class Reader {
  readonly #bytes: Buffer;
  position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new RangeError("The record nests too deep.");
    const container = this.container();
    if (container?.kind === "map") return this.#map(container.size, depth + 1);
    if (container) return Array.from({ length: container.size }, () => this.value(depth + 1));
    const size = this.#scalarSize();
    const scalar = this.#bytes.subarray(this.position, this.position + size);
    this.position += size;
    return safeInteger(loadMsgpack().decode(scalar, { useBigInt64: true }));
  }

  /** Reads the head of a dict or a list; `undefined`, and nothing read, for any other value. */
  container(): { readonly kind: Kind; readonly size: number } | undefined {
    const head = this.#bytes.readUInt8(this.position);
    if (head >= 0x80 && head <= 0x9f) return this.#skip(head < 0x90 ? "map" : "list", head & 0x0f, 1);
    if (head < 0xdc || head > 0xdf) return undefined;
    const lengthBytes = head % 2 === 0 ? 2 : 4;
    return this.#skip(
      head >= 0xde ? "map" : "list",
      this.#bytes.readUIntBE(this.position + 1, lengthBytes),
      1 + lengthBytes,
    );
  }

  #skip(kind: Kind, size: number, headLength: number): { kind: Kind; size: number } {
    this.position += headLength;
    // Each member has a byte at least: a false size must not cost memory.
    if (size > this.#bytes.length - this.position) throw new RangeError("The record breaks off.");
    return { kind, size };
  }

  /** A dict as an object where all keys are text, as a Map otherwise: of 5 and "5", JavaScript would make one key. */
  #map(size: number, depth: number): unknown {
    const entries = Array.from({ length: size }, (): [unknown, unknown] => [this.value(depth), this.value(depth)]);
    return entries.every(([key]) => typeof key === "string")
      ? Object.fromEntries(entries as [string, unknown][])
      : new Map(entries);
  }

  #scalarSize(): number {
    const head = this.#bytes.readUInt8(this.position);
    if (head < 0x80 || head >= 0xe0) return 1;
    if (head >= 0xa0 && head <= 0xbf) return 1 + (head & 0x1f);
    const sized = SIZED.get(head);
    if (!sized) return 1 + (FIXED_SIZES.get(head) ?? fail());
    const [lengthBytes, extra] = sized;
    return 1 + lengthBytes + extra + this.#bytes.readUIntBE(this.position + 1, lengthBytes);
  }
}

function fail(): never {
  throw new RangeError("The record has a byte that begins no value.");
}

function safeInteger(value: unknown): unknown {
  return typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function encode(value: unknown, path: string, depth: number): Uint8Array {
  if (depth > MAX_DEPTH) throw new SessionValueError(path, "nests too deep", "Keep it flatter.");
  if (Array.isArray(value)) return encodeList(value, path, depth);
  if (value instanceof Set) return encodeList([...value], path, depth);
  if (value instanceof Map) return encodeMap([...value], path, depth);
  if (isPlainObject(value)) {
    return encodeMap(
      Object.entries(value).filter(([, member]) => member !== undefined),
      path,
      depth,
    );
  }
  return encodeScalar(value, path);
}

function isPlainObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Date) && !ArrayBuffer.isView(value);
}

function encodeList(items: readonly unknown[], path: string, depth: number): Uint8Array {
  const parts = items.map((item, i) => encode(item, `${path}[${i}]`, depth + 1));
  return Buffer.concat([headerOf("list", parts.length), ...parts]);
}

function encodeMap(entries: readonly (readonly [unknown, unknown])[], path: string, depth: number): Uint8Array {
  const parts = entries.flatMap(([key, member]) => [
    encode(key, path, depth + 1),
    encode(member, `${path}.${String(key)}`, depth + 1),
  ]);
  return Buffer.concat([headerOf("map", entries.length), ...parts]);
}

function encodeScalar(value: unknown, path: string): Uint8Array {
  if (typeof value === "string" && !value.isWellFormed()) {
    throw new SessionValueError(path, "has half a surrogate pair", "Python can't read it: store well-formed text.");
  }
  if (typeof value === "bigint" && (value < -MAX_INT64 || value >= MAX_UINT64)) {
    throw new SessionValueError(path, "is an integer of more than 64 bits", "Store it as text.");
  }
  const forceIntegerToFloat = Object.is(value, -0);
  return loadMsgpack().encode(value, { useBigInt64: true, forceIntegerToFloat });
}

function headerOf(kind: Kind, size: number): Buffer {
  const isMap = kind === "map";
  if (size < 16) return Buffer.from([(isMap ? 0x80 : 0x90) + size]);
  const lengthBytes = size < 0x1_0000 ? 2 : 4;
  const header = Buffer.alloc(1 + lengthBytes);
  header[0] = (isMap ? 0xde : 0xdc) + (lengthBytes === 2 ? 0 : 1);
  header.writeUIntBE(size, 1, lengthBytes);
  return header;
}
