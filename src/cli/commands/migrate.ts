// `coatcheck migrate`: the table of the PostgreSQL store.
import type { Command } from "commander";
import { DEFAULT_TABLE, migrationSqlOf, parseTableName } from "../../stores/postgres/table.ts";
import { addStoreOptions, createCommand, type OutputOptions } from "../command.ts";
import { usageError } from "../exit.ts";
import { type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";

interface MigrateOptions extends StoreOptions, OutputOptions {
  readonly print?: boolean | undefined;
}

export function migrateCommand(terminal: Terminal): Command {
  const command = createCommand("migrate", "Make the table in PostgreSQL, and its indexes, where they are missing.", [
    "coatcheck migrate --store postgres://localhost/app",
    "coatcheck migrate --print --table app.sessions > migration.sql",
  ]);
  addStoreOptions(command).option("--print", "print the SQL instead, without a database");
  return command.action((options: MigrateOptions) => migrate(terminal, options));
}

async function migrate(terminal: Terminal, options: MigrateOptions): Promise<void> {
  const { table = DEFAULT_TABLE } = options;
  if (options.print) {
    const sql = migrationSqlOf(parseTableName(table));
    return options.json ? terminal.printJson({ table, sql }) : terminal.print(sql.trimEnd());
  }
  await withStore(options, async (opened) => {
    if (opened.kind !== "postgres") {
      throw usageError(`Only PostgreSQL needs a table; ${opened.address.shown} is ready as it is.`);
    }
    await opened.store.migrate();
  });
  if (options.json) terminal.printJson({ table });
  else terminal.print(`The table ${table} is ready.`);
}
