// Ends what a test process started when that process is gone, however it went: its own process outlives a kill -9.
// node watchdog.ts, with lines of JSON on standard input: what to look after, and what to forget.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** A process group, a mounted file system, a folder. */
export interface Care {
  readonly kind: "group" | "mount" | "folder";
  readonly what: string;
}

export type WatchdogLine = Care & { readonly until?: "gone" };

/** How long a killed server may hold on to its folder. */
const REMOVAL_LIMIT = 5_000;

if (process.argv[1] === import.meta.filename) await watch();

async function watch(): Promise<void> {
  const cares = new Map<string, Care>();
  // The input ends when the other process does.
  for await (const line of createInterface({ input: process.stdin })) {
    const { until, ...care } = JSON.parse(line) as WatchdogLine;
    const name = `${care.kind} ${care.what}`;
    if (until === "gone") cares.delete(name);
    else cares.set(name, care);
  }
  for (const kind of ["group", "mount", "folder"] as const) {
    for (const care of cares.values()) if (care.kind === kind) await release(care);
  }
}

/** Processes first, then file systems, then folders: each holds on to the next. */
export async function release({ kind, what }: Care): Promise<void> {
  if (kind === "group") killGroup(Number(what));
  else if (kind === "mount") spawnSync("umount", ["--lazy", what]);
  else await removeFolder(what);
}

export function killGroup(leader: number): void {
  try {
    process.kill(-leader, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

/** A server that was just killed may still write. */
async function removeFolder(folder: string): Promise<void> {
  for (const limit = Date.now() + REMOVAL_LIMIT; ; await sleep(50)) {
    try {
      rmSync(folder, { recursive: true, force: true });
      return;
    } catch (error) {
      if (Date.now() > limit) throw error;
    }
  }
}
