// `coatcheck secret`: a new secret, alone or in front of those that an env file has.
import type { Command } from "commander";
import { generateSecret } from "../../core/secrets.ts";
import { createCommand, type OutputOptions } from "../command.ts";
import { rotateInFile } from "../env-file.ts";
import type { Terminal } from "../terminal.ts";
import { countOf, printable } from "../text.ts";

interface SecretOptions extends OutputOptions {
  readonly rotate?: string | undefined;
  readonly name: string;
}

export function secretCommand(terminal: Terminal): Command {
  const command = createCommand("secret", "Print a new secret: 256 random bits.", [
    "coatcheck secret",
    'echo "SESSION_SECRET=$(coatcheck secret)" >> .env',
    "coatcheck secret --rotate .env",
  ]);
  command
    .option("--rotate <file>", "put it first in the list of an env file, and keep the older ones")
    .option("--name <variable>", "the variable in that file", "SESSION_SECRET");
  return command.action((options: SecretOptions) => secret(terminal, options));
}

function secret(terminal: Terminal, { rotate, name, json }: SecretOptions): void {
  const made = generateSecret();
  if (rotate === undefined) {
    if (json) terminal.printJson({ secret: made });
    else terminal.print(made);
    return;
  }
  const secrets = rotateInFile(rotate, name, made);
  if (json) {
    terminal.printJson({ file: rotate, variable: name, secrets });
    return;
  }
  terminal.print(`${name} in ${printable(rotate)} has ${countOf(secrets, "secret")} now: the first signs, all verify.`);
  terminal.note(`The app reads them as a list: secret: process.env.${name}.split(",")`);
  for (const line of stepsOf(name)) terminal.note(line);
}

/** How a new secret goes out without logging anybody out: docs/operate.md has the reasons. */
function stepsOf(name: string): string[] {
  return [
    "One server, or all restarted at the same time: restart now.",
    "Servers that are replaced one after another (a rolling deploy):",
    `  1. Deploy ${name}=OLD,NEW: move the new secret behind the old one. Every server then verifies both, and signs by the old one.`,
    `  2. When every server has step 1, deploy ${name}=NEW,OLD: the order that the file has now.`,
    "Either way, remove the old secret when no cookie that it has signed is alive any more: one absoluteTimeout later.",
  ];
}
