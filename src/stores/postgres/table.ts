// The table: its name, the SQL that makes it, and what is there instead.
// It knows no record and no call of the store.
import { createHash } from "node:crypto";
import { SessionOptionError } from "../../core/errors.ts";
import { described } from "../../core/util/format-value.ts";
import { stringOption } from "../../core/util/option-checks.ts";

/** A table's name, checked and quoted: nothing in it can be read as SQL. */
export interface TableName {
  /** As the user wrote it: `"app.sessions"`. */
  readonly written: string;
  /** For SQL: `"app"."sessions"`. */
  readonly quoted: string;
  readonly ownerIndex: string;
  readonly sweepIndex: string;
}

/** What the database has under the table's name. */
export interface FoundTable {
  /** For example 150018. */
  readonly serverVersion: number;
  /** Of the database: `"UTF8"`. */
  readonly encoding: string;
  /** `undefined` where there is no table. */
  readonly schema: string | undefined;
  /** `name type` of each column, in order of their names. */
  readonly columns: readonly string[];
  readonly indexes: readonly string[];
}

/** The table's name where none is given. */
export const DEFAULT_TABLE = "coatcheck_sessions";

const IDENTIFIER = /^[A-Za-z_]\w*$/;
/** PostgreSQL cuts longer identifiers; the indexes' names are the table's with 6 more. */
const MAX_LENGTH = 57;
/** The oldest release that its makers still support. */
const MIN_SERVER_VERSION = 140_000;

const COLUMNS = [
  "created_at bigint",
  "expires_at bigint",
  "fields jsonb",
  "key text",
  "moved_to text",
  "owner text",
  "sweep_at bigint",
  "version bigint",
];

/** @throws SessionOptionError when it is not an identifier, or two with a dot between: schema and table. */
export function parseTableName(written: string): TableName {
  stringOption("table", written);
  const parts = written.split(".");
  const table = parts.at(-1) ?? "";
  if (parts.length > 2 || !parts.every((part) => IDENTIFIER.test(part) && part.length <= MAX_LENGTH)) {
    const requirement = `must be a name of letters, digits and underscores, at most ${MAX_LENGTH}, or "schema.table"`;
    throw new SessionOptionError("table", requirement, `It is ${described(written)}.`);
  }
  return {
    written,
    quoted: parts.map((part) => `"${part}"`).join("."),
    ownerIndex: `${table}_owner`,
    sweepIndex: `${table}_sweep`,
  };
}

/** What makes the table where it is missing; it changes nothing where it is there. */
export function migrationSqlOf({ quoted, ownerIndex, sweepIndex }: TableName): string {
  return `-- Sessions of coatcheck. Times are milliseconds since 1970.
CREATE TABLE IF NOT EXISTS ${quoted} (
  created_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  -- At most expires_at; a sweep looks here. It stays as it is when a session is used, so that no index changes.
  sweep_at bigint NOT NULL,
  version bigint NOT NULL,
  key text COLLATE "C" PRIMARY KEY,
  owner text COLLATE "C",
  moved_to text COLLATE "C",
  fields jsonb NOT NULL
) WITH (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.05);
-- By hash, since an owner may be longer than an index takes.
CREATE INDEX IF NOT EXISTS "${ownerIndex}" ON ${quoted} (hashtextextended(owner, 0), key) WHERE owner IS NOT NULL;
CREATE INDEX IF NOT EXISTS "${sweepIndex}" ON ${quoted} (sweep_at);
`;
}

/** The migration as one transaction that waits for others of its kind. */
export function lockedMigrationSqlOf(name: TableName): string {
  // Statements of one simple query are one transaction, which holds the lock to its end.
  return `SELECT pg_advisory_xact_lock(hashtextextended('coatcheck ${name.written}', 0));\n${migrationSqlOf(name)}`;
}

/** Asks what is there, by the quoted name as $1. */
export const INSPECT = `
SELECT current_setting('server_version_num'), n.nspname::text,
  (SELECT json_agg(a.attname::text || ' ' || format_type(a.atttypid, NULL) ORDER BY a.attname COLLATE "C")
    FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)::text,
  (SELECT json_agg(i.relname::text) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
    WHERE x.indrelid = c.oid AND x.indisvalid)::text,
  current_setting('server_encoding')
FROM (SELECT to_regclass($1)) AS named (oid)
LEFT JOIN pg_class c ON c.oid = named.oid
LEFT JOIN pg_namespace n ON n.oid = c.relnamespace`;

export function parseFound([version, schema, columns, indexes, encoding]: readonly (string | null)[]): FoundTable {
  return {
    serverVersion: Number(version),
    encoding: encoding ?? "",
    schema: schema ?? undefined,
    columns: JSON.parse(columns ?? "null") ?? [],
    indexes: JSON.parse(indexes ?? "null") ?? [],
  };
}

/** What holds every text: SQL_ASCII keeps the bytes as they come. */
const ENCODINGS = ["UTF8", "SQL_ASCII"];

/** @throws SessionOptionError when the database can't hold every text. */
export function assertEncoding({ encoding }: FoundTable): void {
  if (ENCODINGS.includes(encoding)) return;
  throw new SessionOptionError(
    "pool",
    `leads to a database whose encoding is ${encoding}, and it must be UTF8: others can't hold every text`,
    "Make one: `CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0`.",
  );
}

/** @throws SessionOptionError when the store can't work with what is there. */
export function assertUsable(name: TableName, found: FoundTable): void {
  if (found.serverVersion < MIN_SERVER_VERSION) {
    throw new SessionOptionError(
      "pool",
      `leads to a PostgreSQL server of version ${Math.floor(found.serverVersion / 10_000)}`,
      "Use PostgreSQL 14 or newer.",
    );
  }
  if (found.schema === undefined) {
    throw new SessionOptionError(
      "table",
      `names ${JSON.stringify(name.written)}, and the database has no such table`,
      "Call `await store.migrate()` once before the first request, or run the SQL in `store.migrationSql` yourself.",
    );
  }
  const missing = COLUMNS.filter((column) => !found.columns.includes(column));
  if (missing.length === 0) return;
  throw new SessionOptionError(
    "table",
    `names ${JSON.stringify(name.written)}, which has other columns than this version needs: ${missing.join(", ")}`,
    "Name another table and call `await store.migrate()`, or drop this one first: its sessions end.",
  );
}

/** Whether a migration has nothing left to do. */
export function isComplete(name: TableName, found: FoundTable): boolean {
  return found.schema !== undefined && [name.ownerIndex, name.sweepIndex].every((each) => found.indexes.includes(each));
}

/** The channel of the table's ends: one for each table of a database, however its name was written. */
export function channelOf({ written }: TableName, { schema }: FoundTable): string {
  const digest = createHash("sha256")
    .update(`${schema}.${written.split(".").at(-1)}`)
    .digest("hex");
  return `coatcheck_${digest.slice(0, 32)}`;
}
