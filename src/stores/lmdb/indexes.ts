// The two indexes of the records, by expiry and by owner. They are written in the transaction of their record, so that
// after every crash they name exactly the records that are there. A key in them stands for a record of that expiry.
import type { SessionRecord } from "../../core/store.ts";
import type { Environment, Write } from "./environment.ts";
import {
  expiredEnd,
  expiryKey,
  FIRST,
  keyInExpiryKey,
  keyInOwnerKey,
  NOTHING,
  ownerHash,
  ownerKey,
  ownerRange,
} from "./keys.ts";

/** What the indexes need when a record becomes another one, begins or ends. */
export function indexWrites(
  { expiries, owners }: Environment,
  key: Buffer,
  before: SessionRecord | undefined,
  after: SessionRecord | undefined,
): Write[] {
  if (before?.expiresAt === after?.expiresAt && before?.owner === after?.owner) return [];
  const writes: Write[] = [];
  if (before) {
    writes.push({ table: expiries, key: expiryKey(before.expiresAt, key) });
    if (before.owner !== undefined) writes.push({ table: owners, key: ownerKey(ownerHash(before.owner), key) });
  }
  if (after) {
    const hash = after.owner === undefined ? NOTHING : ownerHash(after.owner);
    writes.push({ table: expiries, key: expiryKey(after.expiresAt, key), value: hash });
    if (hash !== NOTHING) writes.push({ table: owners, key: ownerKey(hash, key), value: NOTHING });
  }
  return writes;
}

/** The keys of an owner's records in order, from the one after `after`. Some may have expired or be gone by now. */
export function keysOf(environment: Environment, owner: string, after: string, limit: number): string[] {
  environment.refresh();
  return Array.from(environment.owners.getKeys({ ...ownerRange(owner, after), limit }), keyInOwnerKey);
}

/**
 * Drops up to `limit` records that expired by `now`; answers for each whether it was dropped. Only the index is read: it
 * costs what expired, and a damaged record goes as well.
 */
export function dropExpired(environment: Environment, now: number, limit: number): Promise<boolean[]> {
  environment.refresh();
  const { records, expiries, owners } = environment;
  const drops: Promise<boolean>[] = [];
  for (const { key: place, value: hash } of expiries.getRange({ start: FIRST, end: expiredEnd(now), limit })) {
    const key = keyInExpiryKey(place);
    const writes: Write[] = [
      { table: records, key },
      { table: expiries, key: place },
    ];
    if (hash.length > 0) writes.push({ table: owners, key: ownerKey(hash, key) });
    // A record that was touched meanwhile stands at another place.
    drops.push(environment.write({ table: expiries, key: place, version: "any" }, writes));
  }
  return Promise.all(drops);
}
