// The SQL of each call: one statement, which is one transaction. Every value is a parameter.
// It knows no connection. docs/decisions/012-postgres-table.md says why the table and the statements are as they are.
import { createHash } from "node:crypto";
import { type PgQuery, RAW } from "./pool.ts";

/** A statement that waits for its parameters. */
export type Statement = (...values: readonly unknown[]) => PgQuery;

/** Every statement's $1 is where it looks: a key, an owner, a place; and $2 the time, or null for the database's own clock. */
export interface Statements {
  readonly load: Statement;
  readonly create: Statement;
  readonly commit: Statement;
  readonly commitIf: Statement;
  readonly touch: Statement;
  readonly touchIf: Statement;
  readonly replace: Statement;
  readonly replaceAndKeep: Statement;
  readonly destroy: Statement;
  readonly list: Statement;
  readonly destroyAll: Statement;
  readonly browse: Statement;
  readonly browseByKey: Statement;
  readonly countSome: Statement;
  readonly estimate: Statement;
  readonly sweep: Statement;
  /** $1 is the channel, $2 the text. */
  readonly notify: Statement;
}

/** Not the start of the transaction: who waited for a lock is judged by the time at which it was free. */
const NOW = "COALESCE($2::bigint, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)";
/** The same for a condition that an index answers, which may not change within a statement. */
const STABLE_NOW = "COALESCE($2::bigint, floor(extract(epoch FROM statement_timestamp()) * 1000)::bigint)";
const LIVE = `moved_to IS NULL AND expires_at > ${NOW}`;
const IS_LISTED = `(owner = $1 AND ${LIVE})::text`;
const RECORD = "fields::text, created_at::text, expires_at::text, version::text, owner, moved_to";
const COLUMNS = "key, fields, created_at, expires_at, sweep_at, version, owner";
/** A notification takes 8,000 bytes. A key of a session is 43 characters; others may be longer. */
const BYTES_A_NOTIFICATION = 2_000;

/** @param prepare Whether connections may keep prepared statements. */
export function createStatements(table: string, prepare: boolean): Statements {
  const statement = (text: string): Statement => {
    const name = prepare ? { name: `coatcheck_${createHash("sha256").update(text).digest("hex").slice(0, 32)}` } : {};
    return (...values) => ({ text, values: [...values], ...name, rowMode: "array", types: RAW });
  };
  return {
    load: statement(`SELECT ${RECORD} FROM ${table} WHERE key = $1 AND expires_at > ${NOW}`),
    create: statement(create(table)),
    commit: statement(`UPDATE ${table} SET ${patched("", "$3", "$4", "$5")} WHERE key = $1 AND ${LIVE}`),
    commitIf: statement(ifVersion(table, "$6", patched("stored.", "$3", "$4", "$5"))),
    touch: statement(`UPDATE ${table} SET ${touched("", "$3")} WHERE key = $1 AND ${LIVE}`),
    touchIf: statement(ifVersion(table, "$4", touched("stored.", "$3"))),
    replace: statement(
      replace(table, `DELETE FROM ${table} WHERE key = $1 AND ${LIVE} RETURNING fields, version, owner`, ""),
    ),
    replaceAndKeep: statement(
      replace(
        table,
        `SELECT fields, version, owner FROM ${table} WHERE key = $1 AND ${LIVE} FOR UPDATE`,
        `kept AS (UPDATE ${table} SET fields = '{}', owner = NULL, version = 0, created_at = $7::bigint,
          expires_at = $12::bigint, sweep_at = $12::bigint, moved_to = $3 FROM old WHERE key = $1),`,
      ),
    ),
    destroy: statement(`
WITH ended AS (
  DELETE FROM ${table} WHERE key = $1 AND ${LIVE} AND ($3::bigint IS NULL OR version = $3::bigint) RETURNING 1
)
SELECT ${tell("$4", "$5")} FROM ended`),
    list: statement(`
SELECT key, ${IS_LISTED}, ${RECORD} FROM (${ownersRows(table, "*", "$3", "$4")}) AS page`),
    destroyAll: statement(destroyAll(table)),
    browse: statement(
      browse(`
  SELECT * FROM ${table} WHERE sweep_at <= $1::bigint AND (sweep_at < $1::bigint OR key < $3)
  ORDER BY sweep_at DESC, key DESC LIMIT $4::bigint`),
    ),
    browseByKey: statement(
      browse(`SELECT * FROM ${table} WHERE key >= $1 ORDER BY key LIMIT $4::bigint`, "starts_with(key, $3)"),
    ),
    countSome: statement(`
SELECT count(*)::text, (count(*) FILTER (WHERE ${LIVE}))::text
FROM (SELECT moved_to, expires_at FROM ${table} LIMIT $1::bigint) AS counted`),
    estimate: () => ({ text: `EXPLAIN (FORMAT JSON) SELECT FROM ${table}`, rowMode: "array", types: RAW }),
    sweep: statement(sweep(table)),
    notify: statement("SELECT pg_notify($1, $2)"),
  };
}

/**
 * The next rows of an owner, from a key on, in the order of the owner's index, whether they are live or not. As a range, and
 * not by equality: a planner that knows nothing of the table yet, or something old, takes a range for a large part of
 * it, and then no plan but a walk along the index looks cheap.
 */
function ownersRows(table: string, columns: string, from: string, limit: string): string {
  return `
  SELECT ${columns} FROM ${table}
  WHERE owner IS NOT NULL AND (hashtextextended(owner, 0), key) >= (hashtextextended($1, 0), ${from})
    AND hashtextextended(owner, 0) <= hashtextextended($1, 0)
  ORDER BY hashtextextended(owner, 0), key LIMIT ${limit}::bigint`;
}

function create(table: string): string {
  return `
INSERT INTO ${table} AS stored (${COLUMNS})
VALUES ($1, $3::jsonb, $4::bigint, $5::bigint, $5::bigint, $6::bigint, $7)
ON CONFLICT (key) DO UPDATE SET (${COLUMNS}, moved_to) = ROW (excluded.key, excluded.fields, excluded.created_at,
  excluded.expires_at, excluded.sweep_at, excluded.version, excluded.owner, NULL)
WHERE stored.expires_at <= ${NOW}`;
}

function patched(stored: string, set: string, remove: string, expiresAt: string): string {
  return `fields = (${stored}fields - ${remove}::text[]) || ${set}::jsonb, version = ${stored}version + 1, ${touched(stored, expiresAt)}`;
}

function touched(stored: string, expiresAt: string): string {
  return `expires_at = GREATEST(${stored}expires_at, ${expiresAt}::bigint)`;
}

/** Locks the row as it is by now, and tells whether there was one and whether it was changed. */
function ifVersion(table: string, version: string, changes: string): string {
  return `
WITH found AS MATERIALIZED (SELECT version FROM ${table} WHERE key = $1 AND ${LIVE} FOR NO KEY UPDATE),
done AS (
  UPDATE ${table} AS stored SET ${changes} FROM found WHERE stored.key = $1 AND found.version = ${version}::bigint
  RETURNING 1
)
SELECT (SELECT count(*) FROM found)::text, (SELECT count(*) FROM done)::text`;
}

/** @param old Ends the old record and gives it; @param kept What is left in its place. */
function replace(table: string, old: string, kept: string): string {
  return `
WITH old AS (${old}),
${kept}
new AS (
  INSERT INTO ${table} (${COLUMNS})
  SELECT $3, (fields - $5::text[]) || $4::jsonb, $7::bigint, $8::bigint, $8::bigint, version + 1, $6 FROM old
)
SELECT ${tell("$9", "CASE WHEN owner IS NOT DISTINCT FROM $6 THEN $10 ELSE $11 END")} FROM old`;
}

/**
 * Ends the sessions among the next $6 rows of an owner, from the key $5 on. Tells how many it ended and how many it had seen,
 * and the last key, if there may be more. It saw more when another call ended or moved one meanwhile, and the new key of
 * one that moved was not there yet when it looked: then it must look again.
 */
function destroyAll(table: string): string {
  const which = `owner = $1 AND ${LIVE} AND key IS DISTINCT FROM $3`;
  return `
WITH looked AS MATERIALIZED (${ownersRows(table, "key, owner, moved_to, expires_at", "$5", "$6")}),
seen AS MATERIALIZED (SELECT key FROM looked WHERE ${which}),
-- In one order, so that two of these never wait for each other.
locked AS MATERIALIZED (
  SELECT key FROM ${table} WHERE key = ANY (ARRAY(SELECT key FROM seen)) AND ${which} ORDER BY key FOR UPDATE
),
ended AS (DELETE FROM ${table} AS stored USING locked WHERE stored.key = locked.key RETURNING stored.key),
batches AS (
  SELECT json_agg(json_build_array(key))::text AS payload
  FROM (SELECT key, sum(octet_length(key)) OVER (ORDER BY key) / ${BYTES_A_NOTIFICATION} AS batch FROM ended) AS each
  GROUP BY batch
),
told AS MATERIALIZED (SELECT ${tell("$4", "payload")} AS told FROM batches)
SELECT (SELECT count(*) FROM ended)::text, (SELECT count(*) FROM seen)::text,
  (SELECT max(key) FROM looked HAVING count(*) = $6::bigint), (SELECT count(told) FROM told)::text`;
}

/**
 * Looks at as many rows as it is told and no more, whatever they are: a page costs the same among many that have expired.
 * Each row gives its place, and its record where it is a live session and meets the condition.
 */
function browse(rows: string, condition = "true"): string {
  return `
SELECT key, sweep_at::text, CASE WHEN ${LIVE} AND ${condition} THEN fields::text END,
  created_at::text, expires_at::text, version::text, owner
FROM (${rows}) AS page`;
}

/** What a connection sends that listens on a channel. Whoever ends a session after it has been answered is heard. */
export function listenSql(channel: string): string {
  // The gate is passed when those are done who ended a session and saw no one present.
  return `LISTEN "${channel}"; SELECT pg_advisory_lock_shared(${presenceOf(`'${channel}'`)});
SELECT pg_advisory_lock(${gateOf(`'${channel}'`)}); SELECT pg_advisory_unlock(${gateOf(`'${channel}'`)})`;
}

/**
 * Notifies on a channel where anyone listens. A transaction that notifies waits for all others that do, its sync to the
 * disk included, so it is left out where no connection shows by a lock that it is present. The gate is held to the end
 * of the transaction.
 */
function tell(channel: string, payload: string): string {
  const [presence, notify] = [presenceOf(channel), `pg_notify(${channel}, ${payload})::text`];
  return `CASE WHEN NOT pg_try_advisory_xact_lock_shared(${gateOf(channel)}) THEN ${notify}
    WHEN pg_try_advisory_lock(${presence}) THEN pg_advisory_unlock(${presence})::text ELSE ${notify} END`;
}

function gateOf(channel: string): string {
  return `hashtextextended(${channel}::text, 1)`;
}

function presenceOf(channel: string): string {
  return `hashtextextended(${channel}::text, 2)`;
}

/** Drops those among the next $3 whose time has come, and puts the others off until their own. $1 is the caller's time. */
function sweep(table: string): string {
  const now = `LEAST($1::bigint, ${STABLE_NOW})`;
  return `
WITH due AS MATERIALIZED (
  SELECT key, expires_at FROM ${table} WHERE sweep_at <= ${now}
  ORDER BY sweep_at LIMIT $3::bigint FOR UPDATE SKIP LOCKED
),
dropped AS (DELETE FROM ${table} AS stored USING due WHERE stored.key = due.key AND due.expires_at <= ${now} RETURNING 1),
put_off AS (
  UPDATE ${table} AS stored SET sweep_at = due.expires_at FROM due WHERE stored.key = due.key AND due.expires_at > ${now}
)
SELECT (SELECT count(*) FROM dropped)::text, (SELECT count(*) FROM due)::text`;
}
