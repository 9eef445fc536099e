// The sessions of this measurement: the same on every store, each by its number. A user has 20 of them.
import { createHash } from "node:crypto";
import type { SessionRecord } from "../../src/core/record/store.ts";

const HOUR = 3_600_000;
export const SESSIONS_PER_OWNER = 20;
/** So often progress is told, in ms. */
const TELL_INTERVAL = 2_000;
const NOTE = JSON.stringify("x".repeat(300));

export function keyOf(number: number): string {
  return createHash("sha256").update(String(number)).digest("base64url");
}

export function ownerOf(number: number): string {
  return `user-${Math.floor(number / SESSIONS_PER_OWNER)}`;
}

/** @param now When all began, in ms. */
export function recordOf(number: number, now: number): SessionRecord {
  const fields = new Map([
    ["username", JSON.stringify(ownerOf(number))],
    ["note", NOTE],
  ]);
  return { fields, createdAt: now, expiresAt: now + 24 * HOUR + number, owner: ownerOf(number), version: 1 };
}

/** Makes sessions in batches, and tells how far it has come, how fast, and how long it will take. */
export async function fill(
  total: number,
  batch: number,
  make: (from: number, to: number) => Promise<unknown>,
): Promise<void> {
  const startedAt = performance.now();
  let toldAt = startedAt;
  for (let done = 0; done < total; done += batch) {
    await make(done, Math.min(done + batch, total));
    const now = performance.now();
    if (now - toldAt < TELL_INTERVAL) continue;
    toldAt = now;
    const made = Math.min(done + batch, total);
    const rate = (1_000 * made) / (now - startedAt);
    const left = Math.ceil((total - made) / rate);
    process.stderr.write(`${made.toLocaleString("en")} sessions, ${Math.round(rate)} a second, ${left} s left\n`);
  }
  process.stderr.write(`${total.toLocaleString("en")} sessions in ${seconds(startedAt)} s\n`);
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1_000).toFixed(1);
}
