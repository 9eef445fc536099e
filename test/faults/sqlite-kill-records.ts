// The records that the kill test and its workers agree on.

import type { SessionRecord } from "../../src/core/record/store.ts";
import { generateId } from "../../src/core/request/session-id.ts";

/** The records that all workers write to; the test makes them. */
export const SHARED: readonly string[] = Array.from({ length: 20 }, (_, i) => `shared-${i}`);
export const COUNTER = "counter";
export const OWNERS: readonly string[] = ["ann", "bob", "O'Brien\n\0; DROP", "x".repeat(10_000)];
export const LATER: number = Date.now() + 3_600_000;

/** A record of up to 8 KB whose two fields are alike: half of it would show. */
export function wholeRecord(owner: string | undefined): SessionRecord {
  const text = JSON.stringify(generateId().repeat(Math.floor(Math.random() * 100)));
  const fields = new Map([
    ["left", text],
    ["right", text],
  ]);
  return { fields, createdAt: Date.now(), expiresAt: LATER, owner, version: 1 };
}
