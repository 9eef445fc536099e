// Times the calls of a console on a store, each beside the bare work of its database, in turn. It knows no store.
import type { ListPage, SessionStore } from "../../src/core/record/store.ts";
import { median } from "../statistics.ts";
import { keyOf, ownerOf } from "./sessions.ts";

/** How often each call is timed. */
const ROUNDS = 51;
/** How many pages lie before the one in the middle. */
const PAGES = 300;
const LIMIT = 100;

/** The bare work that a call of the store makes its database do. */
export interface Bare {
  firstPage(): Promise<unknown>;
  /** The page that this one's cursor leads to. */
  pageAfter(before: ListPage): Promise<unknown>;
  byOwner(owner: string): Promise<unknown>;
  byPrefix(prefix: string): Promise<unknown>;
  count(): Promise<unknown>;
}

/** Medians, in ms. */
export interface Line {
  readonly call: string;
  readonly store: number;
  readonly bare: number;
  readonly found: string;
}

export async function measure(store: SessionStore, bare: Bare, total: number): Promise<Line[]> {
  const browse = async (options: object): Promise<ListPage> => (await store.browse?.(options)) ?? { sessions: [] };
  const middle = await pageBefore(browse, PAGES);
  const { next: cursor } = middle;
  // Owners and keys from all over.
  const numberAt = (round: number): number => Math.floor((total / ROUNDS) * round);
  const prefixes = (round: number): string => keyOf(numberAt(round)).slice(0, 4);
  const keys = (round: number): string => keyOf(numberAt(round));
  const owners = (round: number): string => ownerOf(numberAt(round));
  const lines = [
    await timed(
      "first page",
      () => browse({ limit: LIMIT }),
      () => bare.firstPage(),
    ),
    await timed(
      `page ${PAGES + 1}`,
      () => browse({ limit: LIMIT, cursor }),
      () => bare.pageAfter(middle),
    ),
    await timed(
      "by owner",
      async (i) => store.list(owners(i)),
      (i) => bare.byOwner(owners(i)),
    ),
    await timed(
      "4 letters of a key",
      (i) => browse({ keyPrefix: prefixes(i) }),
      (i) => bare.byPrefix(prefixes(i)),
    ),
    await timed(
      "a whole key",
      (i) => browse({ keyPrefix: keys(i) }),
      (i) => bare.byPrefix(keys(i)),
    ),
  ];
  lines.push(await timedCount(store, bare));
  return lines;
}

async function pageBefore(browse: (options: object) => Promise<ListPage>, pages: number): Promise<ListPage> {
  let page = await browse({ limit: LIMIT });
  for (let i = 1; i < pages && page.next !== undefined; i++) page = await browse({ limit: LIMIT, cursor: page.next });
  return page;
}

async function timedCount(store: SessionStore, bare: Bare): Promise<Line> {
  const counted = await store.count?.();
  const line = await timed(
    "count",
    async () => {
      await store.count?.();
      return undefined;
    },
    () => bare.count(),
  );
  return { ...line, found: `${counted?.isEstimate ? "about " : ""}${counted?.sessions.toLocaleString("en")}` };
}

async function timed(
  call: string,
  ofStore: (round: number) => Promise<ListPage | undefined>,
  ofDatabase: (round: number) => Promise<unknown>,
): Promise<Line> {
  const [store, bare]: [number[], number[]] = [[], []];
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const page = await ofStore(round);
    const between = performance.now();
    await ofDatabase(round);
    store.push(between - startedAt);
    bare.push(performance.now() - between);
    if (page) found = Math.max(found, page.sessions.length);
  }
  return { call, store: median(store), bare: median(bare), found: `up to ${found}` };
}

export function report(name: string, lines: readonly Line[]): void {
  console.log(`\n${name}: medians of ${ROUNDS} calls, in ms`);
  console.table(
    lines.map(({ call, store, bare, found }) => ({
      call,
      store: store.toFixed(2),
      "the database alone": bare.toFixed(2),
      found,
    })),
  );
}

/** What a walk over all pages takes, in seconds, and how many sessions it finds. */
export async function walk(store: SessionStore, options: { limit: number; keyPrefix?: string }): Promise<string> {
  const startedAt = performance.now();
  let [cursor, pages, sessions]: [string | undefined, number, number] = [undefined, 0, 0];
  do {
    const page: ListPage = (await store.browse?.({ ...options, cursor })) ?? { sessions: [] };
    pages++;
    sessions += page.sessions.length;
    cursor = page.next;
  } while (cursor !== undefined);
  const took = ((performance.now() - startedAt) / 1_000).toFixed(1);
  return `${pages} pages, ${sessions.toLocaleString("en")} sessions, ${took} s`;
}
