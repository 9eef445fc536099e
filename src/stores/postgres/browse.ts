// Pages of everyone's live sessions, and how many they are: by the indexes that the table has anyway, from the place of a
// cursor on and never by OFFSET. A record that can't be read is left out, so that it hides no other.
import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import type { BrowseOptions, ListedRecord, ListPage, SessionCount } from "../../core/record/store.ts";
import { cursorOf, type Place, placeOf } from "../shared/cursors.ts";
import { decodeText, encodeText, successorOf } from "./codec.ts";
import type { PgRow } from "./pool.ts";
import { recordOf } from "./records.ts";
import type { Run } from "./run-call.ts";
import type { Statements } from "./statements.ts";

/** How many rows are counted one by one; above that the planner's estimate is near enough. */
const COUNTED = 10_000;
const NOTHING: ListPage = { sessions: [] };
/** Before the first place: no time is as late. */
const START: Place = { time: Number.MAX_SAFE_INTEGER, key: "" };

export class Browsing {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** @param now From when on records are expired, in ms; null for the database's clock. */
  async page(run: Run, options: BrowseOptions, now: number | null): Promise<ListPage> {
    const { limit = DEFAULT_PAGE, cursor, keyPrefix } = options;
    const after = cursor === undefined ? undefined : placeOf(cursor);
    if (cursor !== undefined && after === undefined) return NOTHING;
    return keyPrefix === undefined
      ? this.#byTime(run, after, limit, now)
      : this.#byKey(run, after, { limit, now, keyPrefix });
  }

  async count(run: Run, now: number | null): Promise<SessionCount> {
    const counted = await run(this.#statements.countSome(COUNTED + 1, now));
    const [rows = 0, live = 0] = counted.rows[0]?.map(Number) ?? [];
    if (rows <= COUNTED) return { sessions: live, isEstimate: false };
    const { rows: plan } = await run(this.#statements.estimate());
    return { sessions: Math.max(live, estimateIn(plan[0]?.[0])), isEstimate: true };
  }

  async #byTime(run: Run, after: Place | undefined, limit: number, now: number | null): Promise<ListPage> {
    const { time, key } = after ?? START;
    if (!Number.isSafeInteger(time)) return NOTHING;
    // One more than asked for tells whether there is a page after this one.
    const { rows } = await run(this.#statements.browse(time, now, encodeText(key), limit + 1));
    const last = rows.length > limit ? rows[limit - 1] : undefined;
    const sessions = rows.slice(0, limit).flatMap(listed);
    return last ? { sessions, next: cursorOf({ time: Number(last[1]), key: keyOf(last) }) } : { sessions };
  }

  async #byKey(
    run: Run,
    after: Place | undefined,
    { limit, now, keyPrefix }: { limit: number; now: number | null; keyPrefix: string },
  ): Promise<ListPage> {
    if (after !== undefined && (after.time !== undefined || !after.key.startsWith(keyPrefix))) return NOTHING;
    const [from, prefix] = [encodeText(after?.key ?? keyPrefix), encodeText(keyPrefix)];
    const place = after === undefined ? from : successorOf(from);
    const { rows } = await run(this.#statements.browseByKey(place, now, prefix, limit + 1));
    const matching = rows.filter((row) => row[0]?.startsWith(prefix));
    const last = matching.length > limit ? matching[limit - 1] : undefined;
    const sessions = matching.slice(0, limit).flatMap(listed);
    return last ? { sessions, next: cursorOf({ time: undefined, key: keyOf(last) }) } : { sessions };
  }
}

function keyOf([key]: PgRow): string {
  return decodeText(key ?? "");
}

/** The session of a row: key, sweep_at, fields or null, and the other columns. */
function listed(row: PgRow): ListedRecord[] {
  const [, , ...columns] = row;
  if (columns[0] === null) return [];
  try {
    return [{ key: keyOf(row), record: recordOf(columns) }];
  } catch {
    return [];
  }
}

/** How many rows a plan says that it will give. */
function estimateIn(plan: string | null | undefined): number {
  const [{ Plan: top }] = JSON.parse(plan ?? "null") as [{ readonly Plan: { readonly "Plan Rows": number } }];
  return top["Plan Rows"];
}
