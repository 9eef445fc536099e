// The pages of an owner's sessions. The index is fetched once for all pages of a listing: to fetch it for each page would
// cost the square of the number of sessions. A page whose listing is not known any more, or was begun by another process,
// fetches the index again.
import { randomBytes } from "node:crypto";
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import type { ListedRecord, ListPage, SessionRecord } from "../../core/record/store.ts";
import { isNoRecord } from "./errors.ts";
import type { OwnerIndex } from "./owner-index.ts";
import type { Records } from "./records.ts";

/** How many sessions of an owner are asked for at a time. */
const BATCH = 100;
/** How many listings are remembered between their pages, and for how long, in ms. */
const MAX_LISTINGS = 8;
const MAX_AGE = 30_000;
/** The length of a listing's name in a cursor. */
const NAME_LENGTH = 8;

interface Listing {
  readonly name: string;
  readonly owner: string;
  /** In their order. */
  readonly keys: readonly string[];
  readonly begunAt: number;
}

export class Listings {
  readonly #index: OwnerIndex;
  readonly #records: Records;
  readonly #known = new Map<string, Listing>();

  constructor(index: OwnerIndex, records: Records) {
    this.#index = index;
    this.#records = records;
  }

  async page(
    owner: string,
    { limit = DEFAULT_PAGE, cursor }: { limit?: number | undefined; cursor?: string | undefined },
  ): Promise<ListPage> {
    const after = cursor?.slice(NAME_LENGTH);
    const listing = this.#find(owner, cursor) ?? (await this.#begin(owner));
    const { keys } = listing;
    const page: { sessions: ListedRecord[]; unreadable: string[] } = { sessions: [], unreadable: [] };
    for (let at = after === undefined ? 0 : firstAfter(keys, after); at < keys.length; ) {
      const found = page.sessions.length + page.unreadable.length;
      if (found >= limit) {
        this.#remember(listing);
        return { ...page, next: listing.name + keys[at - 1] };
      }
      const batch = keys.slice(at, at + Math.min(BATCH, limit - found));
      await this.#addAll(owner, batch, page);
      at += batch.length;
    }
    this.#known.delete(listing.name);
    return page;
  }

  async #addAll(
    owner: string,
    keys: readonly string[],
    page: { sessions: ListedRecord[]; unreadable: string[] },
  ): Promise<void> {
    const records = await Promise.all(keys.map((key) => this.#read(key)));
    for (const [i, key] of keys.entries()) {
      const record = records[i];
      if (record === "unreadable") page.unreadable.push(key);
      else if (record !== undefined && record.owner === owner) page.sessions.push({ key, record });
    }
  }

  async #read(key: string): Promise<SessionRecord | undefined | "unreadable"> {
    try {
      return await this.#records.load(key);
    } catch (error) {
      if (isNoRecord(error)) return "unreadable";
      throw error;
    }
  }

  #find(owner: string, cursor: string | undefined): Listing | undefined {
    if (cursor === undefined) return undefined;
    const listing = this.#known.get(cursor.slice(0, NAME_LENGTH));
    return listing?.owner === owner && performance.now() - listing.begunAt < MAX_AGE ? listing : undefined;
  }

  async #begin(owner: string): Promise<Listing> {
    const keys = (await this.#index.keysOf(owner)).sort();
    return { name: randomBytes(6).toString("base64url"), owner, keys, begunAt: performance.now() };
  }

  #remember(listing: Listing): void {
    this.#known.set(listing.name, listing);
    const now = performance.now();
    for (const [name, { begunAt }] of this.#known) {
      if (this.#known.size <= MAX_LISTINGS && now - begunAt < MAX_AGE) break;
      this.#known.delete(name);
    }
  }
}

/** The place of the first key that comes after this one. */
function firstAfter(keys: readonly string[], key: string): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? "") > key) high = middle;
    else low = middle + 1;
  }
  return low;
}
