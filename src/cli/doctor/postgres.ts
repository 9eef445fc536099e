// A PostgreSQL server as a keeper of sessions: its version, its table, what a commit promises, its clock.
import { SessionOptionError } from "../../core/errors.ts";
import { assertUsable, INSPECT, isComplete, parseFound, parseTableName } from "../../stores/postgres/table.ts";
import { type Address, isLocal } from "../store/address.ts";
import type { PostgresConnection } from "../store/connections.ts";
import { type Check, fail, ok, warn } from "./check.ts";
import { checkClock } from "./clock.ts";

export async function checkPostgres(postgres: PostgresConnection, address: Address, table: string): Promise<Check[]> {
  return [
    await checkTable(postgres, table),
    await checkDurability(postgres),
    await checkRole(postgres),
    ...(await checkConnection(postgres, address)),
    await checkClock("postgres.clock", async () => {
      const [row] = await postgres.query<{ now: string }>("SELECT extract(epoch FROM clock_timestamp()) * 1000 AS now");
      return Number(row?.now);
    }),
  ];
}

async function checkTable(postgres: PostgresConnection, table: string): Promise<Check> {
  const name = parseTableName(table);
  const [row = []] = await postgres.rows(INSPECT, [name.quoted]);
  const found = parseFound(row);
  const remedy = "Run `coatcheck migrate`.";
  try {
    assertUsable(name, found);
  } catch (error) {
    if (!(error instanceof SessionOptionError)) throw error;
    return fail("postgres.table", null, error.message, found.schema === undefined ? remedy : null);
  }
  const version = Math.floor(found.serverVersion / 10_000);
  if (isComplete(name, found))
    return ok("postgres.table", null, `It is PostgreSQL ${version}, with the table ${table}.`);
  return fail("postgres.table", null, `The table ${table} has lost an index.`, remedy);
}

async function checkDurability({ query }: PostgresConnection): Promise<Check> {
  const [row] = await query<{ fsync: string; commit: string }>(
    "SELECT current_setting('fsync') AS fsync, current_setting('synchronous_commit') AS commit",
  );
  const id = "postgres.durability";
  if (row?.fsync === "off") {
    return fail(id, null, "It writes without fsync: a power failure can destroy the database.", "Say fsync = on.");
  }
  if (row?.commit === "off") {
    const remedy = "Say synchronous_commit = on, for the app's database user at least.";
    return warn(id, null, "It acknowledges commits before they are on disk: a crash undoes the last ones.", remedy);
  }
  return ok(id, null, `What it has acknowledged survives its crash (synchronous_commit ${row?.commit}).`);
}

async function checkRole({ query }: PostgresConnection): Promise<Check> {
  const [row] = await query<{ superuser: string }>("SELECT current_setting('is_superuser') AS superuser");
  if (row?.superuser !== "on") return ok("postgres.user", null, "The database user is no superuser.");
  const remedy = "Give the app a user that may SELECT, INSERT, UPDATE and DELETE on the table, and no more.";
  return warn("postgres.user", null, "The database user is a superuser.", remedy);
}

async function checkConnection({ query }: PostgresConnection, address: Address): Promise<Check[]> {
  if (isLocal(address)) return [];
  const [row] = await query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  const remedy = "Add ?sslmode=verify-full to the URL.";
  return [
    row?.ssl
      ? ok("postgres.tls", null, "The connection is encrypted.")
      : warn("postgres.tls", null, "The connection to another machine is not encrypted.", remedy),
  ];
}
