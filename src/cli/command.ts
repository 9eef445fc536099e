// What all commands share: how they are declared, the options that name a store, and their examples.
// It knows none of them.
import { Command, InvalidArgumentError, Option } from "commander";
import type { KnownDevice } from "../core/admin/device.ts";
import { infoOf, type SessionInfo } from "../core/admin/session-info.ts";
import type { ListedRecord } from "../core/record/store.ts";
import { parseDuration } from "../core/time.ts";
import { DEFAULT_TABLE } from "../stores/postgres/table.ts";

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
    .addOption(new Option("--table <name>", `the table in PostgreSQL (default: "${DEFAULT_TABLE}")`));
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

/** A record as lists show it, for what is looked at without a manager: not decrypted. */
export function plainInfo(listed: ListedRecord, idleTimeout = "1d"): SessionInfo {
  return infoOf({ limits: { idle: parseDuration("idle-timeout", idleTimeout) }, encryption: undefined }, listed);
}

/** How far the clocks of two machines may be apart, and how seldom activity is stored, in ms. */
const TOLERANCE = 60_000;

/**
 * When a session was used last; `undefined` where the app's idle limit is longer than the one that was given, which
 * would make it a moment to come.
 */
export function lastUseOf({ lastActiveAt }: SessionInfo, now: number): Date | undefined {
  if (lastActiveAt.getTime() > now + TOLERANCE) return undefined;
  return new Date(Math.min(lastActiveAt.getTime(), now));
}

/** What to say where {@link lastUseOf} is unknown. */
export const LAST_USE_UNKNOWN =
  "When they were used last is unknown: the app's idleTimeout is longer than --idle-timeout. Say it there.";

/** A session as JSON shows it. */
export interface SessionJson {
  readonly key: string;
  readonly owner: string | null;
  readonly createdAt: string;
  /** `null` where {@link lastUseOf} is unknown. */
  readonly lastActiveAt: string | null;
  readonly expiresAt: string;
  readonly device: KnownDevice | null;
}

export function sessionJson(session: SessionInfo): SessionJson {
  const { key, owner, createdAt, expiresAt, device } = session;
  return {
    key,
    owner: owner ?? null,
    createdAt: createdAt.toISOString(),
    lastActiveAt: lastUseOf(session, Date.now())?.toISOString() ?? null,
    expiresAt: expiresAt.toISOString(),
    device: device ?? null,
  };
}
