// `coatcheck list`: live sessions, page by page.
import type { Command } from "commander";
import type { SessionInfo, SessionPage } from "../../core/admin/session-info.ts";
import {
  addIdleTimeout,
  addStoreOptions,
  createCommand,
  LAST_USE_UNKNOWN,
  lastUseOf,
  type OutputOptions,
  positiveInteger,
  sessionJson,
} from "../command.ts";
import { usageError } from "../exit.ts";
import { type OpenedStore, type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { countOf, fromNow, json, printable, shortened, table } from "../text.ts";

interface ListOptions extends StoreOptions, OutputOptions {
  readonly owner?: string | undefined;
  readonly keyPrefix?: string | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly all?: boolean | undefined;
}

/** As many as fit on a screen; of all, as many as one step asks the store for. */
const DEFAULT_LIMIT = 50;
const STEP = 500;
const MAX_OWNER = 32;
const MAX_DEVICE = 60;

export function listCommand(terminal: Terminal): Command {
  const command = createCommand("list", "List live sessions.", [
    "coatcheck list",
    "coatcheck list --owner ada",
    "coatcheck list --store redis://localhost:6379 --all --json > sessions.json",
  ]);
  addIdleTimeout(addStoreOptions(command))
    .option("--owner <owner>", "only those of one user")
    .option("--key-prefix <text>", "only those whose key begins so")
    .option("--limit <number>", `how many at most; with --all, at a time (default: ${DEFAULT_LIMIT})`, positiveInteger)
    .option("--cursor <text>", "go on where a page before has ended")
    .option("--all", "all of them, page by page");
  return command.action((options: ListOptions) => list(terminal, options));
}

async function list(terminal: Terminal, options: ListOptions): Promise<void> {
  if (options.owner !== undefined && options.cursor !== undefined) {
    throw usageError("--cursor goes on with a list of everyone's sessions; --owner gives all of one user's. Drop one.");
  }
  await withStore(options, async (opened) => {
    const pages = options.owner === undefined ? browsePages(opened, options) : ownersPage(opened, options);
    await (options.json ? printJson(terminal, opened, pages) : printTable(terminal, pages));
  });
}

async function* browsePages({ sessions }: OpenedStore, options: ListOptions): AsyncGenerator<SessionPage> {
  const { keyPrefix, all, limit = all ? STEP : DEFAULT_LIMIT } = options;
  let { cursor } = options;
  let missing = limit;
  do {
    const page = await sessions.browse({ limit: all ? limit : missing, cursor, keyPrefix });
    yield page;
    cursor = page.next;
    // A page may hold fewer than were asked for although more follow.
    missing -= page.sessions.length;
  } while (cursor !== undefined && (all || missing > 0));
}

async function* ownersPage({ sessions }: OpenedStore, options: ListOptions): AsyncGenerator<SessionPage> {
  const { owner = "", keyPrefix = "", all, limit = DEFAULT_LIMIT } = options;
  const found = (await sessions.list(owner)).filter(({ key }) => key.startsWith(keyPrefix));
  yield { sessions: all ? found : found.slice(0, limit) };
}

/** One document, written as the pages come, so that a million sessions need no more memory than one page. */
async function printJson(
  terminal: Terminal,
  { store }: OpenedStore,
  pages: AsyncGenerator<SessionPage>,
): Promise<void> {
  let next: string | null = null;
  let isFirst = true;
  terminal.print(`{"store":${json(store.name)},"sessions":[`);
  for await (const page of pages) {
    next = page.next ?? null;
    const lines = page.sessions.map((session) => json(sessionJson(session)));
    if (lines.length === 0) continue;
    terminal.print(`${isFirst ? "" : ","}${lines.join(",\n")}`);
    isFirst = false;
  }
  terminal.print(`],"next":${json(next)}}`);
}

async function printTable(terminal: Terminal, pages: AsyncGenerator<SessionPage>): Promise<void> {
  const { bold } = terminal.colors;
  const now = Date.now();
  let next: string | undefined;
  let total = 0;
  let isUseUnknown = false;
  for await (const page of pages) {
    next = page.next;
    if (page.sessions.length === 0) continue;
    const [heading = "", ...lines] = table([HEADING, ...page.sessions.map((session) => rowOf(session, now))]);
    if (total === 0) terminal.print(bold(heading));
    for (const line of lines) terminal.print(line);
    total += page.sessions.length;
    isUseUnknown ||= page.sessions.some((session) => lastUseOf(session, now) === undefined);
  }
  if (total === 0) terminal.note("No live sessions.");
  else terminal.note(countOf(total, "session"));
  if (isUseUnknown) terminal.note(LAST_USE_UNKNOWN);
  if (next !== undefined) terminal.note(`There are more: --cursor '${printable(next)}', or --all.`);
}

const HEADING = ["KEY", "OWNER", "BEGAN", "LAST USED", "ENDS", "DEVICE"];

function rowOf(session: SessionInfo, now: number): string[] {
  const { key, owner, createdAt, expiresAt, device } = session;
  const lastUse = lastUseOf(session, now);
  const known = [device?.place, device?.address, device?.userAgent].filter((text) => text !== undefined);
  return [
    printable(key),
    owner === undefined ? "-" : shortened(printable(owner), MAX_OWNER),
    fromNow(createdAt, now),
    lastUse === undefined ? "unknown" : fromNow(lastUse, now),
    fromNow(expiresAt, now),
    shortened(printable(known.join(", ")) || "-", MAX_DEVICE),
  ];
}
