// Pages of everyone's live sessions: by the index by expiry from its end or, where a prefix of keys is asked for, by key.
// A record that can't be read is left out, so that it hides no other.
import { DEFAULT_PAGE } from "../../core/page-size.ts";
import { decodeRecord } from "../../core/record.ts";
import type { BrowseOptions, ListedRecord, ListPage, SessionRecord } from "../../core/store.ts";
import { cursorOf, type Place, placeOf } from "../cursors.ts";
import type { Environment } from "./environment.ts";
import { bytesOf, expiredEnd, expiryKey, FIRST, keyInExpiryKey, LAST, timeInExpiryKey } from "./keys.ts";

const NOTHING: ListPage = { sessions: [] };

/** @param now From when on records are expired, in ms. */
export function browse(environment: Environment, options: BrowseOptions, now: number): ListPage {
  const { limit = DEFAULT_PAGE, cursor, keyPrefix } = options;
  const after = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && after === undefined) return NOTHING;
  environment.refresh();
  return keyPrefix === undefined
    ? byExpiry(environment, { after, limit, now })
    : byKey(environment, { after, limit, now, keyPrefix });
}

/** What a page is asked for with. */
interface Asked {
  readonly after: Place | undefined;
  readonly limit: number;
  readonly now: number;
}

/** The latest expiry first, down to what has expired. */
function byExpiry({ expiries, records }: Environment, { after, limit, now }: Asked): ListPage {
  const start = after === undefined ? expiryKey(Number.POSITIVE_INFINITY, LAST) : startAt(after);
  if (start === undefined) return NOTHING;
  const range = { start, exclusiveStart: true, end: expiredEnd(now), reverse: true, limit: limit + 1 };
  const places = Array.from(expiries.getKeys(range));
  const sessions = places.slice(0, limit).flatMap((place) => {
    const bytes = keyInExpiryKey(place);
    return listed(bytes.toString(), records.get(bytes), now);
  });
  const last = places[limit - 1];
  if (places.length <= limit || last === undefined) return { sessions };
  return { sessions, next: cursorOf({ time: timeInExpiryKey(last), key: keyInExpiryKey(last).toString() }) };
}

function startAt({ time, key }: Place): Buffer | undefined {
  const bytes = bytesOf(key);
  return time === undefined || bytes === undefined ? undefined : expiryKey(time, bytes);
}

function byKey({ records }: Environment, { after, limit, now, keyPrefix }: Asked & { keyPrefix: string }): ListPage {
  const prefix = keyPrefix === "" ? FIRST.subarray(1) : bytesOf(keyPrefix);
  if (prefix === undefined || (after !== undefined && !isWithin(after, keyPrefix))) return NOTHING;
  const start = (after && bytesOf(after.key)) ?? (prefix.length > 0 ? prefix : FIRST);
  const end = Buffer.concat([prefix, LAST]);
  const range = { start, exclusiveStart: after !== undefined, end, limit: limit + 1 };
  const entries = Array.from(records.getRange(range), ({ key, value }) => ({ key: key.toString(), text: value }));
  const sessions = entries.slice(0, limit).flatMap(({ key, text }) => listed(key, text, now));
  const last = entries[limit - 1];
  if (entries.length <= limit || last === undefined) return { sessions };
  return { sessions, next: cursorOf({ time: undefined, key: last.key }) };
}

function isWithin({ time, key }: Place, keyPrefix: string): boolean {
  return time === undefined && key.startsWith(keyPrefix) && bytesOf(key) !== undefined;
}

/** The session, if it is one and is live. */
function listed(key: string, text: string | undefined, now: number): ListedRecord[] {
  const record = text === undefined ? undefined : readable(text);
  const isLive = record !== undefined && record.expiresAt > now && record.movedTo === undefined;
  return isLive ? [{ key, record }] : [];
}

function readable(text: string): SessionRecord | undefined {
  try {
    return decodeRecord(text);
  } catch {
    return undefined;
  }
}
