// Follows a session whose key has changed. Every move leaves a pointer under the old key for a while; what a pointer is
// good for depends on the reader: see docs/decisions/019-life-of-a-revocation.md.
import { RENEWED_AT } from "../session/reserved-fields.ts";
import type { SessionRecord, SessionStore } from "./store.ts";

/** How long the pointer under an old key is kept, in ms: for as long as requests may still work with that key. */
export const POINTER_LIFETIME: number = 5 * 60_000;
/** How many moves in a row are followed. */
const MAX_MOVES = 8;

/**
 * Ends a session, wherever it has moved to.
 * @returns The key under which it was live; `undefined` when it had ended, or its pointer has expired.
 */
export async function endMoved(store: SessionStore, key: string): Promise<string | undefined> {
  let current: string | undefined = key;
  for (let moves = 0; current !== undefined && moves <= MAX_MOVES; moves++) {
    if (await store.destroy(current)) return current;
    current = (await store.load(current))?.movedTo;
  }
  return undefined;
}

/**
 * Whether a session came to its present key by a renewal. Only then may a request go on that knows the key before: a login
 * or `regenerate` ends the old ID at once.
 */
export function wasRenewed(record: SessionRecord): boolean {
  return record.movedTo === undefined && record.fields.has(RENEWED_AT);
}
