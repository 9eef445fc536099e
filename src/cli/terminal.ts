// The way to the user: results on standard output, everything else on standard error, colours on terminals alone, and
// questions only where somebody can answer. It knows no command.
import { createInterface } from "node:readline/promises";
import type { ReadStream, WriteStream } from "node:tty";
import picocolors from "picocolors";
import { CliError, EXIT, usageError } from "./exit.ts";
import { json } from "./text.ts";

type Colors = ReturnType<typeof picocolors.createColors>;

export interface Terminal {
  /** Colours for `print`, and for `note`; they do nothing where they must not. */
  readonly colors: Colors;
  readonly noteColors: Colors;
  /** Whether standard error is a terminal, so that a line can be drawn over. */
  readonly canRedraw: boolean;
  /** A line of the result. */
  print(line: string): void;
  /** The result for programs: one JSON document. */
  printJson(value: unknown): void;
  /** A line about the work: progress, hints, warnings. */
  note(line: string): void;
  /** Text on standard error as it is. */
  draw(text: string): void;
  /**
   * Asks before something is lost.
   * @throws CliError when the answer is no; a usage error where there is nobody to ask.
   */
  confirm(question: string, options: { yes?: boolean | undefined }): Promise<void>;
  /** All of standard input. */
  readInput(prompt: string): Promise<string>;
}

/** Whether a stream gets colours: a terminal that can show them, whose user has not set NO_COLOR (no-color.org). */
export function wantsColors(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

interface Streams {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly stderr: WriteStream;
  readonly env: NodeJS.ProcessEnv;
}

export function createTerminal({ stdin, stdout, stderr, env }: Streams): Terminal {
  return {
    colors: picocolors.createColors(wantsColors(stdout, env)),
    noteColors: picocolors.createColors(wantsColors(stderr, env)),
    canRedraw: stderr.isTTY === true && env["TERM"] !== "dumb",
    print: (line) => void stdout.write(`${line}\n`),
    printJson: (value) => void stdout.write(`${json(value, 2)}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    draw: (text) => void stderr.write(text),

    async confirm(question, { yes }) {
      if (yes) return;
      if (!stdin.isTTY || !stderr.isTTY) {
        throw usageError(`${question} There is no terminal to ask on, so nothing was done. Add --yes to do it.`);
      }
      const answer = await ask({ stdin, stderr }, `${question} [y/N] `);
      if (!/^y(es)?$/i.test(answer.trim())) throw new CliError(EXIT.failed, "DECLINED", "Nothing was done.");
    },

    async readInput(prompt) {
      if (stdin.isTTY) return ask({ stdin, stderr }, prompt);
      const chunks: Buffer[] = [];
      for await (const chunk of stdin as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    },
  };
}

async function ask({ stdin, stderr }: Pick<Streams, "stdin" | "stderr">, question: string): Promise<string> {
  const reader = createInterface({ input: stdin, output: stderr });
  try {
    return await reader.question(question);
  } finally {
    reader.close();
  }
}
