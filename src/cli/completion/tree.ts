// What shells can complete: the commands and options of the program, as the parser itself has them.
import type { Command, Option } from "commander";

/** What the word after an option, or in place of an argument, may be. */
export type Value =
  | { readonly kind: "none" }
  /** Nobody can guess it. */
  | { readonly kind: "any" }
  | { readonly kind: "file" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

export interface OptionNode {
  /** `"--json"`, and `"-y"` where there is a short one. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: Value;
}

export interface CommandNode {
  readonly name: string;
  readonly description: string;
  readonly options: readonly OptionNode[];
  /** What its argument may be. */
  readonly argument: Value;
}

/** The options that name a file or a directory; a store's URL may be a directory. */
const FILES = new Set(["--rotate", "--config", "--state", "--store", "--to"]);

export function commandTree(program: Command): CommandNode[] {
  return program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options.map(optionNode), HELP],
    argument: valueOf(command.registeredArguments[0]?.argChoices),
  }));
}

/** The parser adds it to each command by itself. */
const HELP: OptionNode = { flags: ["--help", "-h"], description: "print this help", value: { kind: "none" } };

function optionNode({ long, short, description, required, argChoices }: Option): OptionNode {
  const flags = [long, short].filter((flag) => typeof flag === "string");
  if (!required) return { flags, description, value: { kind: "none" } };
  const isFile = flags.some((flag) => FILES.has(flag));
  return { flags, description, value: isFile ? { kind: "file" } : valueOf(argChoices) };
}

function valueOf(choices: readonly string[] | undefined): Value {
  return choices ? { kind: "choice", choices } : { kind: "any" };
}
