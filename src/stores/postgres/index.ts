// Sessions in PostgreSQL, through the `pg` pool that the app has anyway; `postgres/` has the parts of it.
// It knows no cookie and no ID.

import { DEFAULT_PAGE } from "../../core/admin/page-size.ts";
import { SessionOptionError, SessionRecordError, StoreUnavailableError } from "../../core/errors.ts";
import type {
  AsynchronousStore,
  BrowseOptions,
  Change,
  Clock,
  CommitResult,
  DestroyAllOptions,
  EndListener,
  ListedRecord,
  ListPage,
  Replacement,
  SessionCount,
  SessionRecord,
} from "../../core/record/store.ts";
import {
  booleanOption,
  checkedWhereParsed,
  checkOptions,
  functionOption,
  methodsOption,
  millisecondsOption,
  type OptionChecks,
  required,
} from "../../core/util/option-checks.ts";
import { processWide } from "../../core/util/process-wide.ts";
import { Browsing } from "./browse.ts";
import { decodeText, encodeText, successorOf } from "./codec.ts";
import { clientOf, Ends, payloadOf } from "./end-notifications.ts";
import type { PgClient, PgPool, PgResult, PgRow } from "./pool.ts";
import { encodeFields, encodeNames, encodeOptional, encodeTime, recordOf } from "./records.ts";
import { Calls } from "./run-call.ts";
import { createStatements, type Statements } from "./statements.ts";
import { DEFAULT_TABLE, migrationSqlOf, parseTableName, type TableName } from "./table.ts";

export type { PgClient, PgPool, PgPoolClient, PgQuery, PgResult, PgRow } from "./pool.ts";

export interface PostgresStoreOptions {
  /**
   * A `pg.Pool` (8.11 or newer) that you made, and end when the sessions are closed. Its "error" event is yours; so that
   * an idle connection that breaks does not end the process where you don't listen, the store listens too and does nothing.
   */
  readonly pool: PgPool;
  /** The table, of letters, digits and underscores, with its schema or without: `"app.sessions"`. Default `"coatcheck_sessions"`. */
  readonly table?: string | undefined;
  /** By which clock sessions expire, in ms. Default: the database's, the same for all servers of the app. */
  readonly clock?: Clock | undefined;
  /**
   * Whether connections keep the statements prepared, which makes each call cheaper. Default `true`. Say `false` behind
   * a proxy that gives each transaction another connection and does not follow prepared statements (PgBouncer before 1.21).
   */
  readonly prepare?: boolean | undefined;
  /**
   * How long a call may wait for a connection and the server, in ms. Default: the `storeTimeout` of the manager, which is
   * also the most; 2,000 without a manager.
   */
  readonly timeout?: number | undefined;
  /**
   * Makes the client of the one connection that listens for ended sessions, when someone subscribes. Default: one with
   * the pool's settings, beside the pool's own. Give one that goes straight to the server where the pool's leads to a
   * proxy that gives each transaction another connection: LISTEN does not work there.
   */
  readonly listenClient?: (() => PgClient) | undefined;
}

/**
 * Sessions in a table of PostgreSQL. Each call is one statement, but for `destroyAll`, `sweep` and, above 10,000 rows,
 * `count`.
 */
export interface PostgresStore extends AsynchronousStore {
  readonly name: "postgres";
  /** The SQL that {@link migrate} runs, for those who run migrations by a tool of their own. */
  readonly migrationSql: string;
  /**
   * Makes the table and its indexes where they are missing. Servers that start at once wait for each other.
   * @throws SessionOptionError when a table of that name has other columns, or the database user may not make one.
   */
  migrate(): Promise<void>;
  readonly browseOrder: "recent";
  /**
   * By the column `sweep_at`, the latest first: those first that began, logged in or got a new ID last. A mere use moves
   * a session in this order only when a sweep has met it, at the end of the life that it had at first. With a
   * `keyPrefix`, by key.
   */
  browse(options?: BrowseOptions): Promise<ListPage>;
  /** Exactly up to 10,000 rows; above that, what the database's planner estimates, with what has expired. */
  count(): Promise<SessionCount>;
  /** Ends the connection that listens, and never the pool. Every other call then rejects with a {@link StoreUnavailableError}. */
  close(): Promise<void>;
}

const CHECKS: OptionChecks<PostgresStoreOptions> = {
  pool: required(poolOption),
  table: checkedWhereParsed,
  clock: functionOption,
  prepare: booleanOption,
  timeout: millisecondsOption,
  listenClient: functionOption,
};
/** How many rows of an owner one statement ends sessions in. */
const END_BATCH = 1_000;
/** How long sessions that are moved all the time are followed, in ms. */
const MOVING_LIMIT = 10_000;
/** How many records one statement of a sweep looks at; each is short, and others get their turn in between. */
const SWEEP_BATCH = 500;

/**
 * Sessions in PostgreSQL 14 or newer.
 *
 * What a resolved call wrote survives what the server's `synchronous_commit` promises: by default (`on`) its crash.
 *
 * @throws SessionOptionError when the pool is no `pg.Pool`, or another option is not what it must be. The first call
 *   rejects with one that names `migrate()` when the table is missing. Then {@link StoreUnavailableError}, when the server
 *   does not do what it is asked, for whatever reason.
 * @example
 * import pg from "pg";
 * import { createSessions } from "coatcheck";
 * import { postgresStore } from "coatcheck/postgres";
 *
 * const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL });
 * const store = postgresStore({ pool });
 * await store.migrate();
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store });
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  const checked = checkOptions<PostgresStoreOptions>(options, CHECKS, "Call postgresStore({ pool }).");
  const { pool, table = DEFAULT_TABLE } = checked;
  const name = parseTableName(table);
  surviveIdleErrors(pool);
  return new Postgres(name, checked);
}

class Postgres implements PostgresStore {
  readonly name = "postgres";
  readonly browseOrder = "recent";
  readonly migrationSql: string;
  readonly #calls: Calls;
  readonly #statements: Statements;
  readonly #browsing: Browsing;
  readonly #ends: Ends;
  readonly #clock: Clock | undefined;

  constructor(table: TableName, { pool, timeout, prepare = true, clock, listenClient }: PostgresStoreOptions) {
    this.migrationSql = migrationSqlOf(table);
    const calls = new Calls(pool, table, timeout);
    this.#calls = calls;
    this.#statements = createStatements(table.quoted, prepare);
    this.#browsing = new Browsing(this.#statements);
    const makeClient = listenClient ?? (() => clientOf(pool, calls.timeout));
    this.#ends = new Ends(
      makeClient,
      (channel, payload) => calls.call("subscribe", (run) => run(this.#statements.notify(channel, payload))),
      () => calls.channel(),
      () => calls.timeout,
    );
    this.#clock = clock;
  }

  /** `false` while the server's notifications don't reach the connection that listens. */
  get hearsEnds(): boolean {
    return !this.#ends.isDeaf;
  }

  limitTime(timeout: number): void {
    this.#calls.limitTime(timeout);
  }

  /** Null stands for the database's clock. */
  get #now(): number | null {
    return this.#clock?.() ?? null;
  }

  migrate(): Promise<void> {
    return this.#calls.migrate();
  }

  load(key: string): Promise<SessionRecord | undefined> {
    return this.#calls.call("load", async (run) => {
      const { rows } = await run(this.#statements.load(encodeText(key), this.#now));
      return rows[0] && recordOf(rows[0]);
    });
  }

  create(key: string, { fields, createdAt, expiresAt, version, owner }: SessionRecord): Promise<boolean> {
    const columns = [
      encodeFields(fields),
      encodeTime(createdAt),
      encodeTime(expiresAt),
      version,
      encodeOptional(owner),
    ];
    return this.#calls.call("create", async (run) => {
      const { rowCount } = await run(this.#statements.create(encodeText(key), this.#now, ...columns));
      return rowCount === 1;
    });
  }

  commit(key: string, { set, remove, expiresAt, ifVersion }: Change): Promise<CommitResult> {
    const isTouch = set.size === 0 && remove.size === 0;
    const changes = isTouch ? [encodeTime(expiresAt)] : [encodeFields(set), encodeNames(remove), encodeTime(expiresAt)];
    const { commit, commitIf, touch, touchIf } = this.#statements;
    return this.#calls.call("commit", async (run) => {
      if (ifVersion === undefined) {
        const { rowCount } = await run((isTouch ? touch : commit)(encodeText(key), this.#now, ...changes));
        return rowCount === 1 ? "committed" : "gone";
      }
      const statement = isTouch ? touchIf : commitIf;
      const { rows } = await run(statement(encodeText(key), this.#now, ...changes, ifVersion));
      const [found, done] = numbersOf(rows[0]);
      if (found === 0) return "gone";
      return done === 1 ? "committed" : "conflict";
    });
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const { set, remove, owner, createdAt, expiresAt, keepOldUntil } = replacement;
    const [fields, names, ownerText] = [encodeFields(set), encodeNames(remove), encodeOptional(owner)];
    const columns = [encodeText(newKey), fields, names, ownerText, encodeTime(createdAt), encodeTime(expiresAt)];
    const payloads = [payloadOf(oldKey, newKey), payloadOf(oldKey)];
    return this.#calls.call("replace", async (run, channel) => {
      const values = [encodeText(oldKey), this.#now, ...columns, channel, ...payloads];
      const { replace, replaceAndKeep } = this.#statements;
      const statement =
        keepOldUntil === undefined ? replace(...values) : replaceAndKeep(...values, encodeTime(keepOldUntil));
      return (await run(statement)).rows.length === 1 ? "committed" : "gone";
    });
  }

  destroy(key: string, options?: { ifVersion?: number | undefined }): Promise<boolean> {
    return this.#calls.call("destroy", async (run, channel) => {
      const values = [encodeText(key), this.#now, options?.ifVersion ?? null, channel, payloadOf(key)];
      return (await run(this.#statements.destroy(...values))).rows.length === 1;
    });
  }

  list(owner: string, page: { limit?: number | undefined; cursor?: string | undefined } = {}): Promise<ListPage> {
    const { limit = DEFAULT_PAGE, cursor } = page;
    return this.#calls.call("list", async (run) => {
      const found: PgRow[] = [];
      let from: string | undefined = cursor === undefined ? "" : successorOf(encodeText(cursor));
      // One more than asked for tells whether there is a page after this one.
      while (from !== undefined && found.length <= limit) {
        const { rows }: PgResult = await run(this.#statements.list(encodeText(owner), this.#now, from, limit + 1));
        for (const [key = null, isListed, ...columns] of rows) if (isListed === "true") found.push([key, ...columns]);
        from = rows.length > limit ? successorOf(rows.at(-1)?.[0] ?? "") : undefined;
      }
      const page = found.slice(0, limit);
      const next = found.length > limit ? decodeText(page.at(-1)?.[0] ?? "") : undefined;
      return { ...listedIn(page), next };
    });
  }

  destroyAll(owner: string, { except, onProgress }: DestroyAllOptions = {}): Promise<number> {
    return this.#calls.call("destroyAll", async (run, channel, deadline) => {
      const latest = performance.now() + MOVING_LIMIT;
      const values = [encodeText(owner), this.#now, encodeOptional(except), channel];
      let total = 0;
      for (let hasMissed = true; hasMissed; ) {
        hasMissed = false;
        for (let from: string | undefined = ""; from !== undefined; ) {
          const { rows }: PgResult = await run(this.#statements.destroyAll(...values, from, END_BATCH));
          const [ended = 0, seen = 0] = numbersOf(rows[0]);
          const last = rows[0]?.[2] ?? undefined;
          total += ended;
          // A session that was seen and escaped, or that was in a later batch, may go on under a new key in an earlier one.
          hasMissed ||= ended !== seen || (from !== "" && seen > 0);
          from = last && successorOf(last);
          deadline.renew();
          onProgress?.(total);
        }
        if (hasMissed && performance.now() > latest) throw new Error("sessions of this owner are moved all the time");
      }
      return total;
    });
  }

  browse(options: BrowseOptions = {}): Promise<ListPage> {
    return this.#calls.call("browse", (run) => this.#browsing.page(run, options, this.#now));
  }

  count(): Promise<SessionCount> {
    return this.#calls.call("count", (run) => this.#browsing.count(run, this.#now));
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.#calls.call("sweep", async (run) => {
      // What is left when the time is up is swept the next time.
      const deadline = performance.now() + this.#calls.timeout / 2;
      let total = 0;
      while (total < limit && performance.now() < deadline) {
        const batch = Math.min(limit - total, SWEEP_BATCH);
        const { rows } = await run(this.#statements.sweep(encodeTime(now), this.#now, batch));
        const [dropped = 0, due = 0] = numbersOf(rows[0]);
        total += dropped;
        if (due < batch) break;
      }
      return total;
    });
  }

  subscribe(listener: EndListener, resumed?: () => void): Promise<() => void> {
    return this.#calls.call("subscribe", () => this.#ends.subscribe(listener, resumed));
  }

  async close(): Promise<void> {
    this.#calls.close();
    this.#ends.close();
  }
}

/** The sessions of some rows, and the keys of those that can't be read. */
function listedIn(rows: readonly PgRow[]): { sessions: ListedRecord[]; unreadable: string[] } {
  const [sessions, unreadable]: [ListedRecord[], string[]] = [[], []];
  for (const [encodedKey, ...columns] of rows) {
    const key = decodeText(encodedKey ?? "");
    try {
      sessions.push({ key, record: recordOf(columns) });
    } catch (error) {
      if (!(error instanceof SessionRecordError)) throw error;
      unreadable.push(key);
    }
  }
  return { sessions, unreadable };
}

function numbersOf(row: PgRow = []): number[] {
  return row.map(Number);
}

/** @throws SessionOptionError unless it is a pool of `pg`; a single `pg.Client` is none. */
function poolOption(option: string, value: unknown): void {
  const requirement = "must be a pg.Pool, which a single pg.Client is not";
  const remedy = "Give a pool of the package `pg`: `new pg.Pool({ connectionString })`.";
  methodsOption(["connect", "on"], requirement, remedy)(option, value);
  if (typeof Reflect.get(Object(value), "totalCount") !== "number") {
    throw new SessionOptionError(option, requirement, remedy);
  }
}

const survivors = processWide("postgres.survivors", () => new WeakSet<PgPool>());

/** Without a listener, a pool ends the process when a connection breaks that is not in use. */
function surviveIdleErrors(pool: PgPool): void {
  if (survivors.has(pool)) return;
  survivors.add(pool);
  pool.on("error", () => {});
}
