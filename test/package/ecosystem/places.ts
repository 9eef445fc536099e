// Where programs run: a folder of its own for the sessions, and places that lack what others have.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What the programs keep their sessions in. With the memory store, a restart is a logout. */
export const STORE: "default" | "memory" = "default";

export interface Place {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Another user's ID. It needs root. */
  readonly uid?: number;
  /** A command that the program's is put behind. */
  readonly within?: readonly string[];
}

/** A place with an empty directory for temporary files, in which the embedded store has its own. */
export function emptyPlace(): Place {
  const temporary = mkdtempSync(path.join(tmpdir(), "coatcheck-place-"));
  chmodSync(temporary, 0o1777);
  process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
  return { environment: { SESSION_SECRET: randomBytes(32).toString("base64url"), TMPDIR: temporary, STORE } };
}

/** @throws Error with all that it printed, when it fails. */
export function runIn(place: Place, folder: string, command: string, args: readonly string[]): string {
  const [first = command, ...rest] = [...(place.within ?? []), command, ...args];
  const { status, stdout, stderr, error } = spawnSync(first, rest, {
    cwd: folder,
    encoding: "utf8",
    timeout: 2 * 60_000,
    env: { PATH: process.env["PATH"], ...place.environment },
    ...(place.uid === undefined ? {} : { uid: place.uid, gid: place.uid }),
  });
  if (status === 0) return stdout.trim();
  throw new Error(
    `\`${path.basename(command)} ${args.join(" ")}\` ended with ${status ?? error}\n${stdout}\n${stderr}`,
  );
}

/** Runs the program twice: a login, and after it has ended, a visit with the cookie. */
export function logInAndRestart(place: Place, folder: string, command: string, args: readonly string[]): void {
  const cookie = runIn(place, folder, command, args);
  assert.match(cookie, /^session=\S+$/);
  assert.equal(runIn(place, folder, command, [...args, cookie]), STORE === "memory" ? "nobody" : "ada");
}
