// Session keys as people type and paste them.
import { CliError, EXIT } from "./exit.ts";

/** A key that begins with a dash, which a parser of options takes for one. */
const DASHED_KEY = /^-[\w-]{42}$/;
/** The options whose value may be a key. */
const TAKE_KEY = ["--except", "--key-prefix", "--cursor"];

/**
 * The arguments with keys that begin with a dash behind a `--`, where they are what they are: one key in 64 begins so.
 */
export function withDashedKeysLast(args: readonly string[]): string[] {
  if (args.includes("--")) return [...args];
  const isKey = (arg: string, i: number): boolean => DASHED_KEY.test(arg) && !TAKE_KEY.includes(args[i - 1] ?? "");
  const keys = args.filter(isKey);
  return keys.length === 0 ? [...args] : [...args.filter((arg, i) => !isKey(arg, i)), "--", ...keys];
}

/** The error where no live session has a key. What was given is not repeated: it may be a cookie. */
export function noSuchSession(given: string): CliError {
  const remedy =
    given.length === 43
      ? "It has ended, or it is in another store; `coatcheck list` shows those that are live."
      : "A key has 43 characters: `coatcheck list` prints them, and `coatcheck inspect` tells the key of a cookie.";
  return new CliError(EXIT.notFound, "NOT_FOUND", `There is no live session with this key. ${remedy}`);
}
