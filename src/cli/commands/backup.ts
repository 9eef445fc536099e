// `coatcheck backup`: copies an embedded store into one file while apps use it.
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { backupDatabase } from "../../stores/sqlite/backup.ts";
import { addStoreOptions, createCommand, type OutputOptions } from "../command.ts";
import { CliError, EXIT, usageError } from "../exit.ts";
import { type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { bytes, printable } from "../text.ts";

interface BackupOptions extends StoreOptions, OutputOptions {}

export function backupCommand(terminal: Terminal): Command {
  const command = createCommand("backup", "Copy an embedded store into one file, while apps use it.", [
    "coatcheck backup /backups/sessions.sqlite --store /var/lib/my-app/sessions",
  ]).argument("<file>", "the file to make; it must not be there yet");
  return addStoreOptions(command).action((file: string, options: BackupOptions) => backup(terminal, file, options));
}

async function backup(terminal: Terminal, file: string, options: BackupOptions): Promise<void> {
  const target = resolve(file);
  await withStore(options, async ({ kind, address }) => {
    if (kind !== "sqlite")
      throw usageError("Only an embedded store is backed up here. Use the tools of your database.");
    try {
      backupDatabase(address.target, target);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EEXIST") throw error;
      throw new CliError(EXIT.failed, "EXISTS", `${printable(target)} is there already. Name another file.`);
    }
  });
  const { size } = statSync(target);
  if (options.json) return terminal.printJson({ file: target, bytes: size });
  terminal.print(`${bytes(size)} written to ${printable(target)}.`);
}
