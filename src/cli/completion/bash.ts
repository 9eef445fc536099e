// The completion for bash, 3.2 or newer.
import type { CommandNode, OptionNode } from "./tree.ts";

export function bashCompletion(commands: readonly CommandNode[]): string {
  const values = commands.flatMap(({ name, options }) => options.flatMap((option) => valueCases(name, option)));
  const words = commands.map(({ name, options, argument }) => {
    const choices = argument.kind === "choice" ? [...argument.choices] : [];
    return `    ${name}) words=${quote([...choices, ...options.flatMap(({ flags }) => flags)].join(" "))} ;;`;
  });
  const first = [...commands.map(({ name }) => name), "help", "--help", "--version"].join(" ");
  return `# Completion of coatcheck for bash. To use it: source <(coatcheck completion bash)
_coatcheck_files() {
  # Older ones do without: they put no slash after a directory.
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_coatcheck() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quote(first)} -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]} $previous" in
${values.join("\n")}
  esac
  case "\${COMP_WORDS[1]}" in
${words.join("\n")}
    help) words=${quote(commands.map(({ name }) => name).join(" "))} ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _coatcheck coatcheck
`;
}

/** What comes after an option that takes a value. */
function valueCases(command: string, { flags, value }: OptionNode): string[] {
  if (value.kind === "none") return [];
  const patterns = flags.map((flag) => quote(`${command} ${flag}`)).join("|");
  if (value.kind === "file") return [`    ${patterns}) _coatcheck_files; return ;;`];
  if (value.kind === "any") return [`    ${patterns}) return ;;`];
  return [`    ${patterns}) COMPREPLY=($(compgen -W ${quote(value.choices.join(" "))} -- "$current")); return ;;`];
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
