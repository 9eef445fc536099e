// What all commands share: how they are declared, the options that name a store, and their examples.
// It knows none of them.
import { Command, InvalidArgumentError, Option } from "commander";
import type { SessionInfo } from "../core/session-info.ts";

export interface OutputOptions {
  readonly json?: boolean | undefined;
}

export interface ConfirmOptions {
  readonly yes?: boolean | undefined;
}

/** A command with `--json`; `examples` are shown at the end of its help. */
export function createCommand(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .addOption(new Option("--json", "print JSON for programs"))
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

/** The options that name a store, as `StoreOptions` has them. */
export function addStoreOptions(command: Command): Command {
  return command
    .addOption(new Option("--store <url>", "redis://…, rediss://…, postgres://… or a directory").env("COATCHECK_STORE"))
    .addOption(new Option("--prefix <text>", 'what all keys begin with in Redis (default: "coatcheck:")'))
    .addOption(new Option("--table <name>", 'the table in PostgreSQL (default: "coatcheck_sessions")'));
}

export function addIdleTimeout(command: Command): Command {
  return command.option("--idle-timeout <duration>", "the app's idleTimeout, which tells the last use (default: 1d)");
}

export function addYes(command: Command): Command {
  return command.option("-y, --yes", "do not ask");
}

/** An option's value as a whole number above zero. */
export function positiveInteger(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("Give a whole number above zero.");
}

/** A session as JSON shows it. */
export interface SessionJson {
  readonly key: string;
  readonly owner: string | null;
  readonly createdAt: string;
  readonly lastActiveAt: string;
  readonly expiresAt: string;
  readonly device: { readonly userAgent?: string; readonly address?: string; readonly place?: string } | null;
}

export function sessionJson({ key, owner, createdAt, lastActiveAt, expiresAt, device }: SessionInfo): SessionJson {
  return {
    key,
    owner: owner ?? null,
    createdAt: createdAt.toISOString(),
    lastActiveAt: lastActiveAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    device: device ?? null,
  };
}
