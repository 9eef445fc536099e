// Session IDs in advance: with express-session every visitor gets one at once, kept or not, and to ask the system for a
// few random bytes takes as long as for many.
import { randomFillSync } from "node:crypto";

/** 192 bits in 32 characters: the length for which the tables of stores of express-session's kind were made. */
export const SHORT_ID_BYTES = 24;

const IDS = 128;

/** @returns Gives an ID of so many random bytes, as base64url. */
export function createIdPool(bytes: number): () => string {
  const pool = Buffer.alloc(IDS * bytes);
  let place = pool.length;

  return () => {
    if (place === pool.length) {
      randomFillSync(pool);
      place = 0;
    }
    const end = place + bytes;
    const id = pool.toString("base64url", place, end);
    // Nothing is left behind of an ID that was given out.
    pool.fill(0, place, end);
    place = end;
    return id;
  };
}
