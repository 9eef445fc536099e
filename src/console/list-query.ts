// What a list shows, as its address says it. Whatever is not exactly as expected counts as left out.

export type SearchBy = "owner" | "key" | "device";
export type SortBy = "active" | "began" | "ends" | "owner";

export interface ListQuery {
  readonly by: SearchBy;
  /** What is searched for; `""` for everything. */
  readonly text: string;
  readonly sort: SortBy | undefined;
  readonly isDescending: boolean;
  /** Where the page begins. */
  readonly after: string | undefined;
}

const SEARCHES: readonly string[] = ["owner", "key", "device"] satisfies SearchBy[];
const SORTS: readonly string[] = ["active", "began", "ends", "owner"] satisfies SortBy[];

export function parseListQuery(address: URLSearchParams): ListQuery {
  const by = address.get("by") ?? "";
  const sort = address.get("sort") ?? "";
  const name = sort.replace(/^-/, "");
  const text = address.get("q") ?? "";
  return {
    by: SEARCHES.includes(by) ? (by as SearchBy) : "owner",
    // An owner is found by the whole name alone, spaces and all.
    text: by === "key" || by === "device" ? text.trim() : text,
    sort: SORTS.includes(name) ? (name as SortBy) : undefined,
    isDescending: sort.startsWith("-"),
    after: address.get("after") || undefined,
  };
}

/** The query's part of an address, `?` included; `""` for the first page of everything. */
export function formatListQuery(query: ListQuery, others: Readonly<Record<string, string>> = {}): string {
  const { by, text, sort, isDescending, after } = query;
  const address = new URLSearchParams();
  if (text !== "") {
    address.set("by", by);
    address.set("q", text);
  }
  if (sort !== undefined) address.set("sort", isDescending ? `-${sort}` : sort);
  if (after !== undefined) address.set("after", after);
  for (const [name, value] of Object.entries(others)) address.set(name, value);
  return address.size === 0 ? "" : `?${address}`;
}

/** The list of one owner. */
export function ownerQuery(owner: string): ListQuery {
  return { by: "owner", text: owner, sort: undefined, isDescending: false, after: undefined };
}
