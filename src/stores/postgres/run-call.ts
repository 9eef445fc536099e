// The calls of one store: the table is read before the first one, conflicts are tried again, errors are explained.
// It knows no record.
import { setTimeout as sleep } from "node:timers/promises";
import {
  DataRefusedError,
  SessionError,
  SessionOptionError,
  SessionRecordError,
  StoreUnavailableError,
} from "../../core/errors.ts";
import { CallRunner, type Deadline } from "../shared/run-call.ts";
import {
  codeOf,
  execute,
  isOfTheData,
  mayTryAgain,
  type PgPool,
  type PgQuery,
  type PgResult,
  RAW,
  TimeoutError,
} from "./pool.ts";
import {
  assertEncoding,
  assertUsable,
  channelOf,
  type FoundTable,
  INSPECT,
  isComplete,
  lockedMigrationSqlOf,
  parseFound,
  type TableName,
} from "./table.ts";

const STORE = "postgres";
/** Where the database's default is to serialize, parallel commits of one session meet often. */
const TRIES = 20;
const LONGEST_PAUSE = 50;
/** How long the migration may take, in ms: it may have to wait for that of another server. */
const MIGRATION_TIMEOUT = 60_000;

/** Undefined table, schema, column, function or operator; wrong type; no such constraint. */
const TABLE_ERRORS = new Set(["42P01", "3F000", "42703", "42883", "42804", "42P10"]);
/** A prepared statement is unknown, or known already: another server connection than the last time. */
const PREPARE_ERRORS = new Set(["26000", "42P05"]);
const INSUFFICIENT_PRIVILEGE = "42501";
const OUT_OF_RANGE = "22003";
/** The functions of the server that refuse a row, or a query, by a policy. Unlike messages, they are not translated. */
const ROW_SECURITY = new Set(["ExecWithCheckOptions", "check_enable_rls"]);

export class Calls {
  readonly #pool: PgPool;
  readonly #table: TableName;
  readonly #runner: CallRunner;
  #channel: Promise<string> | undefined;

  constructor(pool: PgPool, table: TableName, timeout: number | undefined) {
    this.#pool = pool;
    this.#table = table;
    this.#runner = new CallRunner(STORE, timeout, (error, operation) => this.#explained(error, operation));
  }

  /** How long a call may take, in ms. */
  get timeout(): number {
    return this.#runner.timeout;
  }

  limitTime(timeout: number): void {
    this.#runner.limitTime(timeout);
  }

  /**
   * Runs a call, which sends its statements by `run` and notifies on the channel.
   * @throws SessionOptionError when the table is not as it must be; StoreUnavailableError for all else.
   */
  call<Result>(
    operation: string,
    call: (run: Run, channel: string, deadline: Deadline) => Promise<Result>,
  ): Promise<Result> {
    return this.#runner.run(operation, async (deadline) => {
      const channel = await this.channel();
      return call((query) => this.#run(query, deadline), channel, deadline);
    });
  }

  /** The channel on which the table's ends are told; asks the database once. */
  channel(): Promise<string> {
    this.#channel ??= this.#check().catch((error: unknown) => {
      this.#channel = undefined;
      throw error;
    });
    return this.#channel;
  }

  migrate(): Promise<void> {
    return this.#runner.run("migrate", async () => {
      const found = await this.#inspect();
      assertEncoding(found);
      if (found.schema !== undefined) assertUsable(this.#table, found);
      if (!isComplete(this.#table, found)) {
        const text = lockedMigrationSqlOf(this.#table);
        await execute(this.#pool, { text, rowMode: "array", types: RAW }, MIGRATION_TIMEOUT);
      }
      this.#channel = undefined;
      await this.channel();
    });
  }

  close(): void {
    this.#runner.close();
  }

  async #check(): Promise<string> {
    const found = await this.#inspect();
    assertUsable(this.#table, found);
    return channelOf(this.#table, found);
  }

  async #inspect(): Promise<FoundTable> {
    const query: PgQuery = { text: INSPECT, values: [this.#table.quoted], rowMode: "array", types: RAW };
    const { rows } = await execute(this.#pool, query, this.timeout);
    return parseFound(rows[0] ?? []);
  }

  async #run(query: PgQuery, deadline: Deadline): Promise<PgResult> {
    let conflict: unknown;
    for (let tries = 1; ; tries++) {
      try {
        return await execute(this.#pool, query, deadline.left);
      } catch (error) {
        // That time was up in the end says less than why it had to be tried again.
        if (!mayTryAgain(error)) throw error instanceof TimeoutError ? (conflict ?? error) : error;
        if (tries === TRIES || deadline.left <= 0) throw error;
        conflict = error;
        await sleep(Math.random() * Math.min(2 ** tries, LONGEST_PAUSE));
      }
    }
  }

  /** An error that the table's state explains, when it does. */
  async #explained(error: unknown, operation: string): Promise<SessionError> {
    if (!TABLE_ERRORS.has(codeOf(error) ?? "")) return asSessionError(error, operation, this.#table);
    this.#channel = undefined;
    try {
      await this.channel();
    } catch (explanation) {
      if (explanation instanceof SessionError) return explanation;
    }
    return asSessionError(error, operation, this.#table);
  }
}

/** Sends one statement, again where it met a conflict, and answers its result. */
export type Run = (query: PgQuery) => Promise<PgResult>;

function asSessionError(error: unknown, operation: string, table: TableName): SessionError {
  if (error instanceof SessionError) return error;
  const code = codeOf(error) ?? "";
  if (code === INSUFFICIENT_PRIVILEGE && ROW_SECURITY.has(String(Reflect.get(Object(error), "routine")))) {
    return rowSecurityError(table);
  }
  if (code === INSUFFICIENT_PRIVILEGE) {
    const named = `names ${JSON.stringify(table.written)}, which the pool's database user may not`;
    if (operation === "migrate") {
      const remedy = "Run the SQL in `store.migrationSql` as a user that may make tables there.";
      return new SessionOptionError("table", `${named} make or alter`, remedy);
    }
    const grant = `GRANT SELECT, INSERT, UPDATE, DELETE ON ${table.quoted}`;
    return new SessionOptionError("table", `${named} use`, `Run \`${grant} TO …\` as its owner.`);
  }
  if (PREPARE_ERRORS.has(code)) {
    return new SessionOptionError(
      "prepare",
      "is true, and a prepared statement was not where it was made",
      "A proxy gives each transaction another connection: set `prepare: false`, or let the proxy follow prepared statements.",
    );
  }
  if (isOfTheData(error)) return dataError(error, operation, code);
  return new StoreUnavailableError(STORE, operation, error);
}

function rowSecurityError({ written, quoted }: TableName): SessionOptionError {
  return new SessionOptionError(
    "table",
    `names ${JSON.stringify(written)}, whose row-level security hides or refuses rows of the pool's database user`,
    `Let that user see all rows: \`CREATE POLICY sessions ON ${quoted} TO … USING (true) WITH CHECK (true)\` as the table's owner, or \`ALTER TABLE ${quoted} DISABLE ROW LEVEL SECURITY\`.`,
  );
}

/** The server is well: other sessions are not concerned. */
function dataError(error: unknown, operation: string, code: string): SessionError {
  const changesVersion = operation === "commit" || operation === "replace";
  if (code === OUT_OF_RANGE && changesVersion) {
    return new SessionRecordError("has a version that can't grow any more", error);
  }
  const reason = `PostgreSQL answers SQLSTATE ${code}: the database's encoding must be UTF8, and a session must fit into one row.`;
  return new DataRefusedError(STORE, operation, reason, error);
}
