// What a test process has to clean up in the end, known to a watchdog as well, for the case that it can't any more.
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Care, release, type WatchdogLine } from "./watchdog.ts";

/** Another user than root, for servers that refuse to run as root. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

let watchdog: ChildProcess | undefined;

/** From now on the watchdog releases it if this process is gone. */
export function keep(care: Care): void {
  tell(care);
}

/** Releases it now. */
export async function letGo(care: Care): Promise<void> {
  await release(care);
  tell({ ...care, until: "gone" });
}

/** It has gone by itself. */
export function forget(care: Care): void {
  tell({ ...care, until: "gone" });
}

/** A new folder for a server's data. */
export function temporaryFolder(name: string, owner?: Identity): string {
  const folder = mkdtempSync(path.join(tmpdir(), `coatcheck-${name}-`));
  keep({ kind: "folder", what: folder });
  if (owner) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

function tell(line: WatchdogLine): void {
  watchdog ??= startWatchdog();
  watchdog.stdin?.write(`${JSON.stringify(line)}\n`);
}

/** In a group of its own, so that an interrupt from the keyboard leaves it alive; and this process may end before it. */
function startWatchdog(): ChildProcess {
  const file = path.join(import.meta.dirname, "watchdog.ts");
  const started = spawn(process.execPath, [file], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  started.unref();
  if (started.stdin && "unref" in started.stdin && typeof started.stdin.unref === "function") started.stdin.unref();
  return started;
}
