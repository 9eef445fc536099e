// Pages of everyone's live sessions: by when a sweep next looks at them or, where a prefix of keys is asked for, by key.
// A record that can't be read is left out, so that it hides no other.
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import type { BrowseOptions, ListedRecord, ListPage } from "../../core/record/store.ts";
import { cursorOf, placeOf } from "../shared/cursors.ts";
import { isUsable, type KeyedRow, type SessionRows } from "./session-rows.ts";

const NOTHING: ListPage = { sessions: [] };

/** @param now From when on records are expired, in ms. */
export function browse(rows: SessionRows, options: BrowseOptions, now: number): ListPage {
  return options.keyPrefix === undefined ? byTime(rows, options, now) : byKey(rows, options, options.keyPrefix, now);
}

function byTime(rows: SessionRows, { limit = DEFAULT_PAGE, cursor }: BrowseOptions, now: number): ListPage {
  const place = cursor === undefined ? undefined : placeOf(cursor);
  const [time, id] = cursor === undefined ? [Number.MAX_VALUE, 0] : [place?.time, Number(place?.key)];
  if (time === undefined || !Number.isSafeInteger(id)) return NOTHING;
  // One more than asked for tells whether there is a page after this one.
  const found = rows.beforeTime(time, id, limit + 1);
  return pageOf(found, limit, now, ({ sweepAt, id }) => cursorOf({ time: sweepAt, key: String(id) }));
}

function byKey(
  rows: SessionRows,
  { limit = DEFAULT_PAGE, cursor }: BrowseOptions,
  keyPrefix: string,
  now: number,
): ListPage {
  const place = cursor === undefined ? undefined : placeOf(cursor);
  if (cursor !== undefined && !isPlaceWithin(place, keyPrefix)) return NOTHING;
  if (keyPrefix !== "" && !isUsable(keyPrefix)) return NOTHING;
  const found = place === undefined ? rows.fromKey(keyPrefix, limit + 1) : rows.afterKey(place.key, limit + 1);
  const matching = found.filter(({ key }) => key.startsWith(keyPrefix));
  return pageOf(matching, limit, now, ({ key }) => cursorOf({ time: undefined, key }));
}

function isPlaceWithin(place: ReturnType<typeof placeOf>, keyPrefix: string): boolean {
  return place !== undefined && place.time === undefined && isUsable(place.key) && place.key.startsWith(keyPrefix);
}

function pageOf(
  rows: readonly KeyedRow[],
  limit: number,
  now: number,
  cursorAfter: (row: KeyedRow) => string,
): ListPage {
  const sessions = rows.slice(0, limit).flatMap(({ key, record }): ListedRecord[] => {
    const isLive = record !== undefined && record.expiresAt > now && record.movedTo === undefined;
    return isLive ? [{ key, record }] : [];
  });
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return last ? { sessions, next: cursorAfter(last) } : { sessions };
}
