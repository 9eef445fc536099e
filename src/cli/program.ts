// All commands of `coatcheck`, as the parser knows them.
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { backupCommand } from "./commands/backup.ts";
import { completionCommand } from "./commands/completion.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { importCommand } from "./commands/import.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { listCommand } from "./commands/list.ts";
import { migrateCommand } from "./commands/migrate.ts";
import { revokeAllCommand, revokeCommand } from "./commands/revoke.ts";
import { secretCommand } from "./commands/secret.ts";
import { showCommand } from "./commands/show.ts";
import { statsCommand } from "./commands/stats.ts";
import { sweepCommand } from "./commands/sweep.ts";
import type { Terminal } from "./terminal.ts";

export function createProgram(terminal: Terminal): Command {
  const program = new Command("coatcheck")
    .description("Sees and steers the sessions of apps that use coatcheck.")
    .version(packageVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command");
  const commands = [
    secretCommand(terminal),
    listCommand(terminal),
    showCommand(terminal),
    revokeCommand(terminal),
    revokeAllCommand(terminal),
    sweepCommand(terminal),
    statsCommand(terminal),
    backupCommand(terminal),
    inspectCommand(terminal),
    migrateCommand(terminal),
    importCommand(terminal),
    doctorCommand(terminal),
    completionCommand(terminal),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands]) configure(command, terminal);
  return program;
}

/** Help and errors go the way of all output, and end the program with our exit codes. */
function configure(command: Command, { colors }: Terminal): void {
  command
    .helpOption("-h, --help", "print this help")
    .exitOverride()
    .configureHelp({ styleTitle: (title) => colors.bold(title) })
    .configureOutput({ outputError: () => {} });
}

function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return String(Reflect.get(Object(manifest), "version"));
}
