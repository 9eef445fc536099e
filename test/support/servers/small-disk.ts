// A file system of a few megabytes, in memory, that a test can fill. Only root on Linux can mount one.
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, closeSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";
import { type Identity, keep, letGo, temporaryFolder } from "./keeper.ts";

export interface SmallDisk {
  readonly folder: string;
  /** Leaves not a byte free. */
  fill(): void;
  free(): void;
  /** After everything that uses it has ended. */
  remove(): Promise<void>;
}

const BLOCK = Buffer.alloc(4_096);

/** Answers `undefined`, where this process may not mount a file system. */
export async function mountSmallDisk(megabytes: number, owner?: Identity): Promise<SmallDisk | undefined> {
  const folder = temporaryFolder("disk");
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder]);
  if (status !== 0) {
    await letGo({ kind: "folder", what: folder });
    return undefined;
  }
  keep({ kind: "mount", what: folder });
  chmodSync(folder, 0o700);
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const ballast = path.join(folder, "ballast");
  return {
    folder,
    fill: () => fill(ballast),
    free: () => rmSync(ballast, { force: true }),
    async remove() {
      await letGo({ kind: "mount", what: folder });
      await letGo({ kind: "folder", what: folder });
    },
  };
}

function fill(file: string): void {
  const opened = openSync(file, "a");
  try {
    for (;;) writeSync(opened, BLOCK);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
  } finally {
    closeSync(opened);
  }
}
