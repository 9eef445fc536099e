// `coatcheck sweep`: drop what has expired, now.
import type { Command } from "commander";
import { addStoreOptions, createCommand, type OutputOptions } from "../command.ts";
import { type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { countOf } from "../text.ts";

interface SweepOptions extends StoreOptions, OutputOptions {}

export function sweepCommand(terminal: Terminal): Command {
  const command = createCommand("sweep", "Drop records that have expired, which apps also do once a minute.", [
    "coatcheck sweep --store /var/lib/my-app/sessions",
  ]);
  return addStoreOptions(command).action((options: SweepOptions) => sweep(terminal, options));
}

async function sweep(terminal: Terminal, options: SweepOptions): Promise<void> {
  const { dropped, kind } = await withStore(options, async ({ sessions, kind }) => ({
    dropped: await sessions.sweep(),
    kind,
  }));
  if (options.json) return terminal.printJson({ dropped });
  terminal.print(`${countOf(dropped, "expired record")} dropped.`);
  if (kind === "redis") terminal.note("Redis drops what expires by itself.");
}
