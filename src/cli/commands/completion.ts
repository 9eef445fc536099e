// `coatcheck completion SHELL`: a script that lets the shell complete commands and options.
import { Argument, type Command } from "commander";
import { createCommand, type OutputOptions } from "../command.ts";
import { bashCompletion } from "../completion/bash.ts";
import { fishCompletion } from "../completion/fish.ts";
import { type CommandNode, commandTree } from "../completion/tree.ts";
import { zshCompletion } from "../completion/zsh.ts";
import type { Terminal } from "../terminal.ts";

const SHELLS: Readonly<Record<string, (commands: readonly CommandNode[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export function completionCommand(terminal: Terminal): Command {
  const command = createCommand("completion", "Print a script that lets a shell complete commands and options.", [
    "source <(coatcheck completion bash)        # in ~/.bashrc",
    "source <(coatcheck completion zsh)         # in ~/.zshrc, after compinit",
    "coatcheck completion fish > ~/.config/fish/completions/coatcheck.fish",
  ]);
  command.addArgument(new Argument("<shell>").choices(Object.keys(SHELLS)));
  return command.action((shell: string, { json }: OutputOptions) => {
    const script = SHELLS[shell]?.(commandTree(command.parent ?? command)) ?? "";
    if (json) terminal.printJson({ shell, script });
    else terminal.print(script.trimEnd());
  });
}
