// The completion for fish.
import type { CommandNode, OptionNode, Value } from "./tree.ts";

export function fishCompletion(commands: readonly CommandNode[]): string {
  const first = commands.map(
    ({ name, description }) => `complete -c coatcheck -n __fish_use_subcommand -a ${name} -d ${quote(description)}`,
  );
  const rest = commands.flatMap(({ name, options, argument }) => [
    ...options.map((option) => optionLine(name, option)),
    ...(argument.kind === "choice" ? [`${start(name)} -a ${quote(argument.choices.join(" "))}`] : []),
  ]);
  return `# Completion of coatcheck for fish. To use it: coatcheck completion fish | source
complete -c coatcheck -f
${[...first, ...rest].join("\n")}
`;
}

function optionLine(command: string, { flags, description, value }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [start(command), ...names, ...valueFlags(value), `-d ${quote(description)}`].join(" ");
}

function start(command: string): string {
  return `complete -c coatcheck -n '__fish_seen_subcommand_from ${command}'`;
}

function valueFlags(value: Value): string[] {
  if (value.kind === "none") return [];
  if (value.kind === "file") return ["-r -F"];
  return value.kind === "any" ? ["-x"] : ["-x", `-a ${quote(value.choices.join(" "))}`];
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
