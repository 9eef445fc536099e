#!/usr/bin/env node
// `npx coatcheck`: runs one command, and ends with its exit code.
import { CommanderError } from "commander";
import { EXIT, type ExitCode, explain } from "./exit.ts";
import { withDashedKeysLast } from "./keys.ts";
import { createProgram } from "./program.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const args = process.argv.slice(2);
const terminal = createTerminal(process);

// `coatcheck list | head` closes the pipe when it has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.failed);
});

end(await run(terminal, args));

async function run(terminal: Terminal, args: readonly string[]): Promise<ExitCode> {
  const program = createProgram(terminal);
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync(withDashedKeysLast(args), { from: "user" });
    return (process.exitCode as ExitCode | undefined) ?? EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
    return report(terminal, error, args.includes("--json"));
  }
}

function report(terminal: Terminal, error: unknown, asJson: boolean): ExitCode {
  const { exitCode, code, message } =
    error instanceof CommanderError
      ? { exitCode: EXIT.usage, code: "USAGE", message: usageMessage(error) }
      : explain(error);
  if (asJson) terminal.note(JSON.stringify({ error: { code, message } }));
  else terminal.note(`${terminal.noteColors.red("coatcheck:")} ${message}`);
  return exitCode;
}

function usageMessage(error: CommanderError): string {
  const problem = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return `${problem.replace(/\.$/, "")}. \`coatcheck --help\` shows the commands, \`coatcheck COMMAND --help\` the options of one.`;
}

/** When all output is written: a connection that a failure left open must not keep the program. */
function end(exitCode: ExitCode): void {
  process.exitCode = exitCode;
  process.stdout.write("", () => process.stderr.write("", () => process.exit(exitCode)));
}
