// `coatcheck stats`: how many sessions there are, on what, and what they take.
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { DEFAULT_TABLE } from "../../stores/postgres/table.ts";
import { SQLITE_FILES } from "../../stores/sqlite/files.ts";
import { loadSqlite } from "../../stores/sqlite/load-sqlite.ts";
import { addStoreOptions, createCommand, type OutputOptions } from "../command.ts";
import { type OpenedStore, type StoreOptions, withStore } from "../store/open.ts";
import { redisInfo } from "../store/redis-info.ts";
import type { Terminal } from "../terminal.ts";
import { bytes, count, printable, table } from "../text.ts";

interface StatsOptions extends StoreOptions, OutputOptions {}

/** What a server says of itself, as far as it does. */
interface ServerStats {
  /** Its name and version. */
  readonly server: string;
  /** Of the whole server, in bytes. */
  readonly memory: { readonly usedBytes: number; readonly limitBytes: number | null } | null;
  /** Of the sessions alone, in bytes. */
  readonly disk: { readonly usedBytes: number } | null;
}

export function statsCommand(terminal: Terminal): Command {
  const command = createCommand("stats", "Count the live sessions, and tell what keeps them.", [
    "coatcheck stats",
    "coatcheck stats --store postgres://localhost/app --json",
  ]);
  return addStoreOptions(command).action((options: StatsOptions) => stats(terminal, options));
}

async function stats(terminal: Terminal, options: StatsOptions): Promise<void> {
  const found = await withStore(options, async (opened) => {
    const { sessions, isEstimate } = await opened.sessions.count();
    const { server, memory, disk } = await serverStats(opened, options);
    return { store: opened.store.name, address: opened.address.shown, sessions, isEstimate, server, memory, disk };
  });
  if (options.json) return terminal.printJson(found);
  const { memory, disk } = found;
  const limit = memory?.limitBytes ? ` of ${bytes(memory.limitBytes)}` : "";
  const rows = [
    ["sessions", `${found.isEstimate ? "about " : ""}${count(found.sessions)}`],
    ["store", `${found.store} at ${printable(found.address)}`],
    ["server", printable(found.server)],
    ...(memory ? [["memory", `${bytes(memory.usedBytes)}${limit}, the whole server`]] : []),
    ...(disk ? [["disk", bytes(disk.usedBytes)]] : []),
  ];
  for (const line of table(rows)) terminal.print(line);
}

async function serverStats(opened: OpenedStore, { table = DEFAULT_TABLE }: StatsOptions): Promise<ServerStats> {
  if (opened.kind === "redis") {
    const info = await redisInfo(opened.redis);
    const memory = { usedBytes: info.usedMemory, limitBytes: info.maxMemory || null };
    return { server: `${info.server} ${info.version}`, memory, disk: null };
  }
  if (opened.kind === "postgres") {
    const quoted = table.split(".").map((part) => `"${part}"`);
    const [row] = await opened.postgres.query<{ version: string; size: string }>(
      "SELECT current_setting('server_version') AS version, pg_total_relation_size(to_regclass($1)) AS size",
      [quoted.join(".")],
    );
    const disk = { usedBytes: Number(row?.size ?? 0) };
    return { server: `PostgreSQL ${row?.version ?? ""}`, memory: null, disk };
  }
  return {
    server: `SQLite ${loadSqlite().version}, in this process`,
    memory: null,
    disk: { usedBytes: SQLITE_FILES.reduce((bytes, name) => bytes + sizeOf(join(opened.address.target, name)), 0) },
  };
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
