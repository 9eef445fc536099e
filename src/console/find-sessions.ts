// Finds the sessions of one page of the list: everyone's, an owner's, those of a key's beginning, or those whose device
// has a text in it. What it asks of the store is bounded, however many sessions there are; only an owner's are all loaded
// for each page of them, since the manager lists them whole, and the page counts them and sorts them by last use.

import type { SessionInfo } from "../core/admin/session-info.ts";
import { UnsupportedOperationError } from "../core/errors.ts";
import { deviceText } from "./device-names.ts";
import type { ListQuery } from "./list-query.ts";
import type { Sessions } from "./visitor.ts";

/** Sessions on one page. */
const PAGE_SIZE = 50;
/** How many calls of the store one page may take; each is bounded by the store, and may find nothing though more follows. */
const MAX_CALLS = 3;
/** And how many for a search by device, which looks through everything. */
const MAX_DEVICE_CALLS = 10;
/** How many sessions a search by device looks through in one call. */
const DEVICE_BATCH = 200;
/** A key of the library's own has this length; then there is one session to look at and none to look for. */
const KEY_LENGTH = 43;

export interface FoundSessions {
  readonly sessions: readonly SessionInfo[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string | undefined;
  /** How many sessions there are over all pages, where that is known. */
  readonly total?: number | undefined;
  /** How many sessions a search by device has looked through for this page. */
  readonly lookedThrough?: number | undefined;
  /** The store can't list everyone's sessions, but an owner's; or it can't list those of anyone. */
  readonly cannotList?: "everyone" | "anyone";
}

/** @throws StoreUnavailableError. */
export async function findSessions(sessions: Sessions, query: ListQuery): Promise<FoundSessions> {
  try {
    return await find(sessions, query);
  } catch (error) {
    if (!(error instanceof UnsupportedOperationError)) throw error;
    return { sessions: [], cannotList: (await canListOwners(sessions)) ? "everyone" : "anyone" };
  }
}

/** Asks for the sessions of an owner who has none: a store tells what it can't do only when it is asked. */
async function canListOwners(sessions: Sessions): Promise<boolean> {
  try {
    await sessions.list("");
    return true;
  } catch (error) {
    if (error instanceof UnsupportedOperationError) return false;
    throw error;
  }
}

function find(sessions: Sessions, query: ListQuery): Promise<FoundSessions> {
  const { by, text } = query;
  if (text === "") return collect(sessions, query, {});
  if (by === "owner") return findOwner(sessions, query);
  if (by === "key")
    return text.length === KEY_LENGTH ? findKey(sessions, text) : collect(sessions, query, { keyPrefix: text });
  const wanted = text.toLowerCase();
  return collect(sessions, query, { matches: ({ device }) => deviceText(device).includes(wanted) });
}

async function findOwner(sessions: Sessions, { text, after }: ListQuery): Promise<FoundSessions> {
  const all = await sessions.list(text);
  const recentFirst = all.sort((a, b) => b.lastActiveAt.getTime() - a.lastActiveAt.getTime());
  const start = /^\d{1,9}$/.test(after ?? "") ? Number(after) : 0;
  const end = start + PAGE_SIZE;
  const next = end < all.length ? String(end) : undefined;
  return { sessions: recentFirst.slice(start, end), total: all.length, next };
}

async function findKey(sessions: Sessions, key: string): Promise<FoundSessions> {
  const found = await sessions.inspect(key);
  return { sessions: found ? [found] : [], total: found ? 1 : 0 };
}

interface Search {
  readonly keyPrefix?: string;
  readonly matches?: (session: SessionInfo) => boolean;
}

/** Browses until the page is full, nothing follows, or enough was asked of the store. */
async function collect(
  sessions: Sessions,
  { after }: ListQuery,
  { keyPrefix, matches }: Search,
): Promise<FoundSessions> {
  // Where the store lists in any order, one may come again.
  const found = new Map<string, SessionInfo>();
  let cursor = after;
  let lookedThrough = 0;
  const calls = matches ? MAX_DEVICE_CALLS : MAX_CALLS;
  for (let call = 0; call < calls && found.size < PAGE_SIZE; call++) {
    const limit = matches ? DEVICE_BATCH : PAGE_SIZE - found.size;
    const page = await sessions.browse({ limit, cursor, keyPrefix });
    lookedThrough += page.sessions.length;
    for (const session of matches ? page.sessions.filter(matches) : page.sessions) found.set(session.key, session);
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return { sessions: [...found.values()], next: cursor, ...(matches ? { lookedThrough } : {}) };
}
