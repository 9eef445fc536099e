// How the program ends: its exit codes, which docs/cli.md documents, and what it says of an error.
// It knows no command.
import { SessionError, SessionOptionError, StoreUnavailableError } from "../core/errors.ts";
import { printable } from "./text.ts";

/** What a shell script can branch on. */
export const EXIT = {
  ok: 0,
  /** It failed, a check did, or the user said no. */
  failed: 1,
  /** The command line is wrong; nothing was done. */
  usage: 2,
  /** The store can't be reached, or does not answer. */
  unreachable: 3,
  /** There is no such session. */
  notFound: 4,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that the user can do something about. Its message says what. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  /** Stable name of the case: `"NOT_FOUND"`. */
  readonly code: string;

  constructor(exitCode: ExitCode, code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "CliError";
    this.exitCode = exitCode;
    this.code = code;
  }
}

/** @param problem What is wrong, and what to write instead. */
export function usageError(problem: string): CliError {
  return new CliError(EXIT.usage, "USAGE", problem);
}

/** What is said of an error, and the code that the program ends with. */
interface Explanation {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
}

/** @param error Whatever a command threw. */
export function explain(error: unknown): Explanation {
  if (error instanceof CliError) return { exitCode: error.exitCode, code: error.code, message: error.message };
  if (error instanceof StoreUnavailableError) {
    const reason = reasonOf(error.cause);
    return {
      exitCode: EXIT.unreachable,
      code: error.code,
      message: `The store did not answer: ${reason}. Check that it runs, and that its address is right (--store).`,
    };
  }
  if (error instanceof SessionOptionError && error.option === "table") {
    const message = `${error.message} From here: coatcheck migrate`;
    return { exitCode: EXIT.failed, code: error.code, message };
  }
  if (error instanceof SessionError) {
    return { exitCode: EXIT.failed, code: error.code, message: error.message };
  }
  return { exitCode: EXIT.failed, code: "FAILED", message: reasonOf(error) };
}

/** The message of an error; of several at once, such as for two addresses of one host, the first one's. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return reasonOf(error.errors[0]);
  if (error instanceof Error) return printable(error.message || error.name).replace(/\.$/, "");
  return printable(String(error));
}
