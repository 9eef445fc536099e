// What the store uses of `pg`, and one statement on one connection of a pool, within its time.
// It knows no table and no record.

/** A statement as the store sends it. */
export interface PgQuery {
  text: string;
  values?: unknown[];
  /** Given, the connection prepares the statement once and then names it. */
  name?: string;
  rowMode: "array";
  types: { getTypeParser: () => (value: unknown) => string };
}

/** Each column as PostgreSQL writes it. */
export type PgRow = readonly (string | null)[];

export interface PgResult {
  readonly rows: PgRow[];
  readonly rowCount: number | null;
}

/** What the store uses of a `pg.PoolClient`. */
export interface PgPoolClient {
  query(query: PgQuery): Promise<PgResult>;
  on(event: "error", listener: (error: Error) => void): unknown;
  removeListener(event: "error", listener: (error: Error) => void): unknown;
  /** `"I"` outside of a transaction. Newer versions of `pg` have it. */
  getTransactionStatus?(): string | null;
  /** With an error, the pool ends the connection instead of keeping it. */
  release(error?: Error | boolean): void;
}

/** What the store uses of a `pg.Pool`. */
export interface PgPool {
  readonly totalCount: number;
  readonly options: object;
  connect(): Promise<PgPoolClient>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

/** What the store uses of a `pg.Client`, for the connection that listens. */
export interface PgClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<unknown>;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  on(event: "notification", listener: (message: { channel: string; payload?: string | undefined }) => void): unknown;
  end(): Promise<void>;
  unref?(): void;
}

/** The transaction of who borrowed the connection before, when the pool does not know of it yet. */
const IN_FAILED_TRANSACTION = "25P02";

/** Whatever type parsers the user has set on `pg` or the pool, the store gets the texts. */
export const RAW: PgQuery["types"] = { getTypeParser: () => String };

/** The time of a statement was up. */
export class TimeoutError extends Error {}

/**
 * Runs a statement on a connection of the pool. When its time is up, a connection that it waited for goes back unused,
 * and one that does not answer is ended: neither blocks the pool, and nothing is sent later.
 *
 * @param timeout In ms, the wait for a connection included.
 */
export function execute(pool: PgPool, query: PgQuery, timeout: number): Promise<PgResult> {
  return new Promise((resolve, reject) => {
    let client: PgPoolClient | undefined;
    let settled = false;
    const timer = setTimeout(() => {
      const awaited = client ? "the server did not answer" : "no connection of the pool was free";
      fail(new TimeoutError(`${awaited} in time`));
    }, timeout);

    function settle(error?: Error): boolean {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      client?.removeListener("error", ignore);
      client?.release(error !== undefined && !leavesConnectionUsable(error) ? error : undefined);
      return true;
    }

    function fail(error: Error): void {
      if (settle(error)) reject(error);
    }

    function run(acquired: PgPoolClient): void {
      if (settled) {
        acquired.release();
        return;
      }
      if (isInTransaction(acquired)) {
        acquired.release(new Error("the connection was given back inside of a transaction"));
        pool.connect().then(run).catch(fail);
        return;
      }
      client = acquired;
      // A connection that breaks rejects its query and emits an error besides, which nobody but us would hear.
      client.on("error", ignore);
      client.query(query).then((result) => {
        if (settle()) resolve(result);
      }, fail);
    }

    pool.connect().then(run).catch(fail);
  });
}

/** Who borrowed it before has forgotten to end a transaction: what we wrote there would be theirs to undo. */
function isInTransaction(client: PgPoolClient): boolean {
  return ["T", "E"].includes(client.getTransactionStatus?.() ?? "");
}

/** The statement was undone, or not begun, for reasons of the moment: it may be tried again. */
export function mayTryAgain(error: unknown): boolean {
  return isConflict(error) || codeOf(error) === IN_FAILED_TRANSACTION;
}

/** Serialization failures and deadlocks. */
function isConflict(error: unknown): boolean {
  return ["40001", "40P01"].includes(codeOf(error) ?? "");
}

/** The SQLSTATE of an error that the server sent. */
export function codeOf(error: unknown): string | undefined {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The server is well, and refuses what the statement says: class 22, data exceptions, or 54, limits exceeded. */
export function isOfTheData(error: unknown): boolean {
  return /^(22|54)...$/.test(codeOf(error) ?? "");
}

/** Others cost a new connection, which leads to the new primary after a failover. */
function leavesConnectionUsable(error: Error): boolean {
  return isConflict(error) || isOfTheData(error);
}

function ignore(): void {}
