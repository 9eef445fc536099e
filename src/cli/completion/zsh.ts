// The completion for zsh.
import type { CommandNode, OptionNode, Value } from "./tree.ts";

export function zshCompletion(commands: readonly CommandNode[]): string {
  const names = commands.map(
    ({ name, description }) => `        ${quote(`${name}:${description.replaceAll(":", "\\:")}`)}`,
  );
  const cases = commands.map(
    ({ name, options, argument }) =>
      `        ${name}) _arguments ${[...options.flatMap(optionSpecs), ...argumentSpec(argument)].join(" ")} ;;`,
  );
  return `#compdef coatcheck
# Completion of coatcheck for zsh. To use it: source <(coatcheck completion zsh)
_coatcheck() {
  local context state state_descr line
  typeset -A opt_args
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command)
      local -a commands
      commands=(
${names.join("\n")}
      )
      _describe command commands
      ;;
    rest)
      case $line[1] in
${cases.join("\n")}
      esac
      ;;
  esac
}
if [ "$funcstack[1]" = "_coatcheck" ]; then
  _coatcheck "$@"
else
  compdef _coatcheck coatcheck
fi
`;
}

function optionSpecs({ flags, description, value }: OptionNode): string[] {
  const shown = description.replace(/[[\]:\\]/g, "\\$&");
  return flags.map((flag) => quote(`${flag}[${shown}]${valueSpec(value)}`));
}

function argumentSpec(value: Value): string[] {
  return value.kind === "choice" ? [quote(`1${valueSpec(value)}`)] : [];
}

function valueSpec(value: Value): string {
  if (value.kind === "none") return "";
  if (value.kind === "file") return ":file:_files";
  return value.kind === "any" ? ":value: " : `:value:(${value.choices.join(" ")})`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
