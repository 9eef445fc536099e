// How keys, owners and times are spelled in LMDB, whose keys are bytes, sorted, and at most about 2,000 of them.
import { createHash } from "node:crypto";

/** Room is left for what an index puts before a key. */
const MAX_KEY_BYTES = 1_000;
const TIME_BYTES = 8;
const HASH_BYTES = 32;
const LONE_SURROGATE = /\p{Surrogate}/u;

export const NOTHING: Buffer = Buffer.alloc(0);
/** Smaller than every key of an index. */
export const FIRST: Buffer = Buffer.alloc(1);
/** Greater than every byte of UTF-8: with a prefix, the end of all keys that have it. */
export const LAST: Buffer = Buffer.from([0xff]);

/** The bytes of a key; `undefined` for a text under which no record can be. */
export function bytesOf(key: string): Buffer | undefined {
  if (key === "" || key.length > MAX_KEY_BYTES || LONE_SURROGATE.test(key)) return undefined;
  const bytes = Buffer.from(key);
  return bytes.length > MAX_KEY_BYTES ? undefined : bytes;
}

/** @throws RangeError for a text under which no record can be. */
export function usableBytesOf(key: string): Buffer {
  const bytes = bytesOf(key);
  if (bytes !== undefined) return bytes;
  throw new RangeError(`A key is empty, longer than ${MAX_KEY_BYTES} bytes or no Unicode text`);
}

/** A key of the index by expiry. Of positive numbers, the bytes of a double sort as the numbers do. */
export function expiryKey(expiresAt: number, key: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(TIME_BYTES + key.length);
  bytes.writeDoubleBE(Math.max(expiresAt, 0));
  bytes.set(key, TIME_BYTES);
  return bytes;
}

/** The end of what has expired by then. */
export function expiredEnd(now: number): Buffer {
  return expiryKey(now, LAST);
}

export function timeInExpiryKey(bytes: Buffer): number {
  return bytes.readDoubleBE();
}

export function keyInExpiryKey(bytes: Buffer): Buffer {
  return bytes.subarray(TIME_BYTES);
}

/** Owners are any text of any length. UTF-16 tells apart what UTF-8 would not. */
export function ownerHash(owner: string): Buffer {
  return createHash("sha256").update(owner, "utf16le").digest();
}

/** A key of the index by owner. */
export function ownerKey(hash: Buffer, key: Buffer): Buffer {
  return Buffer.concat([hash, key]);
}

/** The part of the index by owner that comes after a key; after `""`, all of it. */
export function ownerRange(owner: string, after: string): { start: Buffer; end: Buffer; exclusiveStart: true } {
  const hash = ownerHash(owner);
  const start = ownerKey(hash, Buffer.from(after).subarray(0, MAX_KEY_BYTES));
  return { start, end: ownerKey(hash, LAST), exclusiveStart: true };
}

export function keyInOwnerKey(bytes: Buffer): string {
  return bytes.toString("utf8", HASH_BYTES);
}
