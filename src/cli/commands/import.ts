// `coatcheck import`: copies the live sessions of express-session or Flask-Session into a store of ours.
import { type Command, Option } from "commander";
import { keyOfId } from "../../core/request/session-id.ts";
import { DEFAULT_TABLE } from "../../stores/postgres/table.ts";
import { createCommand, type OutputOptions } from "../command.ts";
import { EXIT, usageError } from "../exit.ts";
import { type CopyResult, copySessions } from "../import/copy.ts";
import { defaultJournalFile, type Journal, openJournal, type Route } from "../import/journal.ts";
import { postgresSource } from "../import/postgres-source.ts";
import { startProgress } from "../import/progress.ts";
import { createTranslator, type SourceFormat } from "../import/records.ts";
import { redisSource } from "../import/redis-source.ts";
import type { ImportSource } from "../import/source.ts";
import { parseAddress } from "../store/address.ts";
import { type OpenedStore, withStoreAt } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { count, duration, printable, table } from "../text.ts";

interface ImportOptions extends OutputOptions {
  readonly from: SourceFormat;
  readonly source: string;
  readonly sourcePrefix?: string | undefined;
  readonly sourceTable?: string | undefined;
  readonly to: string;
  readonly prefix?: string | undefined;
  readonly table?: string | undefined;
  readonly ownerPath?: string | undefined;
  readonly state?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

const PREFIXES: Readonly<Record<SourceFormat, string>> = { "express-session": "sess:", "flask-session": "session:" };
/** Reasons are the same for many. */
const SHOWN_REFUSALS = 5;

export function importCommand(terminal: Terminal): Command {
  const command = createCommand("import", "Copy the live sessions of express-session or Flask-Session into a store.", [
    "coatcheck import --from express-session --source redis://localhost:6379 --to postgres://localhost/app --dry-run",
    "coatcheck import --from express-session --source redis://localhost:6379 --to postgres://localhost/app",
    "coatcheck import --from express-session --source postgres://localhost/old --owner-path passport.user --to ./sessions",
    "coatcheck import --from flask-session --source redis://localhost:6379 --to redis://localhost:6379",
  ]);
  command
    .addOption(
      new Option("--from <library>", "what has written them")
        .choices(["express-session", "flask-session"])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--source <url>", "where they are: redis://… (connect-redis), or postgres://… (connect-pg-simple)")
        .env("COATCHECK_SOURCE")
        .makeOptionMandatory(),
    )
    .option("--source-prefix <text>", 'what their keys begin with in Redis (default: "sess:"; Flask\'s "session:")')
    .option("--source-table <name>", 'their table in PostgreSQL (default: "session")')
    .addOption(new Option("--to <url>", "the store to copy into").env("COATCHECK_STORE").makeOptionMandatory())
    .option("--prefix <text>", 'what keys begin with there, in Redis (default: "coatcheck:")')
    .option("--table <name>", `the table there, in PostgreSQL (default: "${DEFAULT_TABLE}")`)
    .option("--owner-path <path>", 'where the data says whose session it is: "passport.user"')
    .option("--state <file>", "where the import notes what it has copied (default: a file in this directory)")
    .option("--dry-run", "read everything and store nothing");
  return command.action((options: ImportOptions) => importSessions(terminal, options));
}

async function importSessions(terminal: Terminal, options: ImportOptions): Promise<void> {
  const { prefix, table, dryRun = false } = options;
  const source = await openSource(options);
  try {
    await withStoreAt(parseAddress(options.to), { prefix, table }, async (opened) => {
      // A target that is not ready says so before anything is read or noted.
      await opened.store.load(keyOfId(""));
      const route = routeOf(options, source, opened);
      const journal = openJournal(options.state ?? defaultJournalFile(route), route, dryRun);
      try {
        await run(terminal, options, { source, opened, journal });
      } finally {
        journal.close();
      }
    });
  } finally {
    await source.close();
  }
}

function openSource(options: ImportOptions): Promise<ImportSource> {
  const { from, source, sourcePrefix, sourceTable } = options;
  const address = parseAddress(source);
  if (address.kind === "redis") {
    if (sourceTable !== undefined) throw usageError("--source-table is for PostgreSQL. Leave it out here.");
    return redisSource(address, sourcePrefix ?? PREFIXES[from]);
  }
  if (address.kind === "postgres" && from === "express-session") {
    if (sourcePrefix !== undefined) throw usageError("--source-prefix is for Redis. Leave it out here.");
    return postgresSource(address, sourceTable ?? "session");
  }
  throw usageError(
    from === "flask-session"
      ? "Flask-Session's sessions can be read from Redis only: --source redis://…"
      : "Sessions can be read from Redis (connect-redis) and PostgreSQL (connect-pg-simple): --source redis://… or postgres://…",
  );
}

function routeOf({ from, prefix = "", table = "" }: ImportOptions, source: ImportSource, opened: OpenedStore): Route {
  return { format: from, source: source.shown, target: `${opened.address.shown} ${prefix}${table}`.trimEnd() };
}

interface Ends {
  readonly source: ImportSource;
  readonly opened: OpenedStore;
  readonly journal: Journal;
}

async function run(terminal: Terminal, options: ImportOptions, { source, opened, journal }: Ends): Promise<void> {
  const { dryRun = false } = options;
  const total = await source.count();
  announce(terminal, options, journal, total);
  const began = performance.now();
  const stop = listenForStop();
  const progress = startProgress(terminal, total);
  let result: CopyResult;
  try {
    result = await copySessions({
      source,
      target: opened.store,
      translate: createTranslator(options.from, options.ownerPath),
      journal,
      dryRun,
      progress,
      shouldStop: stop.wasAsked,
    });
  } finally {
    progress.end();
    stop.end();
  }
  summarize(terminal, options, journal, result, performance.now() - began);
}

function announce(terminal: Terminal, { dryRun }: ImportOptions, journal: Journal, total: number): void {
  terminal.note(`${count(total)} sessions to look at${dryRun ? "; nothing will be stored (--dry-run)" : ""}.`);
  if (journal.earlier > 0) terminal.note(`${count(journal.earlier)} were copied before, and are left alone.`);
  if (!dryRun) terminal.note(`What is done is noted in ${journal.file}; after a stop, run the same command again.`);
}

/** Ctrl-C lets the sessions under way be copied, and noted. A second one ends at once. */
function listenForStop(): { wasAsked: () => boolean; end: () => void } {
  let asked = false;
  const ask = (): void => {
    asked = true;
  };
  process.once("SIGINT", ask);
  process.once("SIGTERM", ask);
  return {
    wasAsked: () => asked,
    end() {
      process.removeListener("SIGINT", ask);
      process.removeListener("SIGTERM", ask);
    },
  };
}

function summarize(
  terminal: Terminal,
  { json, dryRun = false }: ImportOptions,
  journal: Journal,
  result: CopyResult,
  ms: number,
): void {
  const { imported, withOwner, earlier, present, ended, refused, wasStopped } = result;
  const seconds = Math.round(ms) / 1000;
  const perSecond = Math.round((imported / Math.max(ms, 1)) * 1000);
  if (wasStopped) process.exitCode = EXIT.interrupted;
  else if (refused.length > 0) process.exitCode = EXIT.failed;
  if (json) {
    const counts = { imported, withOwner, earlier, present, ended, refused };
    terminal.printJson({ dryRun, isComplete: !wasStopped, ...counts, seconds, perSecond, state: journal.file });
    return;
  }
  const rows = [
    [dryRun ? "would be copied" : "copied", count(imported)],
    ["  with an owner", count(withOwner)],
    ["copied before", count(earlier)],
    ["there already", count(present)],
    ["ended meanwhile", count(ended)],
    ["refused", count(refused.length)],
  ];
  for (const line of table(rows)) terminal.print(line);
  for (const { key, reason } of refused.slice(0, SHOWN_REFUSALS)) {
    terminal.note(`${terminal.noteColors.red("refused")} ${key}: ${printable(reason)}`);
  }
  terminal.print(`${wasStopped ? "Stopped" : "Done"} after ${duration(ms)}, ${count(perSecond)}/s.`);
  if (wasStopped) terminal.note("Run the same command again to go on.");
  else if (!dryRun)
    terminal.note(`Keep ${journal.file} until the old store is switched off: it makes a second run safe.`);
}
