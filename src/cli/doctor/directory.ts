// The directory of an embedded store: is it private, on a disk that stays, with room. Nothing is made that is not there.
import { existsSync, lstatSync, statfsSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { SessionOptionError } from "../../core/errors.ts";
import { openPrivateDirectory } from "../../stores/shared/private-directory.ts";
import { LOG_FILE, SQLITE_FILES } from "../../stores/sqlite/files.ts";
import { loadSqlite } from "../../stores/sqlite/load-sqlite.ts";
import { bytes } from "../text.ts";
import { type Check, fail, note, ok, warn } from "./check.ts";

/** Less room than this, in bytes, is filled by a good day. */
const LITTLE_ROOM = 256 * 1024 * 1024;
/** A log that is longer, in bytes, could not be copied into the database for some time. */
const LONG_LOG = 40 * 1024 * 1024;
/** What statfs(2) calls file systems that other machines share: NFS, SMB, SMB2, 9P, Ceph. */
const NETWORK = new Set([0x6969, 0x517b, 0xfe534d42, 0x01021997, 0x00c36400]);

export function checkDirectory(path: string): Check[] {
  if (!existsSync(path)) {
    return [note("directory", "S34", `${path} is not there yet; the app makes it at its first start.`)];
  }
  return [checkPrivacy(path), checkPlace(path), ...checkDisk(path), checkSqlite(), ...checkLog(path)];
}

function checkPrivacy(path: string): Check {
  try {
    openPrivateDirectory(path, SQLITE_FILES);
  } catch (error) {
    if (error instanceof SessionOptionError) return fail("directory", "S34", error.message, null);
    throw error;
  }
  const { mode, uid } = lstatSync(path);
  return ok("directory", "S34", `It is closed to others (mode ${(mode & 0o777).toString(8)}, uid ${uid}).`);
}

function checkPlace(path: string): Check {
  const isTemporary = `${path}${sep}`.startsWith(`${tmpdir()}${sep}`);
  if (!isTemporary) return ok("directory.place", null, "It is not in the temporary directory.");
  const remedy = 'Name a place: sqliteStore({ path: "/var/lib/my-app/sessions" }).';
  return warn("directory.place", null, "It is in the temporary directory, which a restart may empty.", remedy);
}

function checkDisk(path: string): Check[] {
  const { type, bavail, bsize } = statfsSync(path);
  const free = bavail * bsize;
  const isNetwork = NETWORK.has(type >>> 0);
  return [
    isNetwork
      ? fail("directory.disk", null, "It is on a network file system, where SQLite does not work.", "Use a local disk.")
      : ok("directory.disk", null, "It is on a local disk."),
    free < LITTLE_ROOM
      ? warn(
          "directory.room",
          null,
          `There is room for ${bytes(free)} more.`,
          "Make room: with a full disk logins fail.",
        )
      : ok("directory.room", null, `There is room for ${bytes(free)} more.`),
  ];
}

function checkSqlite(): Check {
  try {
    return ok("directory.sqlite", null, `SQLite ${loadSqlite().version} is safe for several processes.`);
  } catch (error) {
    if (error instanceof SessionOptionError) return fail("directory.sqlite", null, error.message, null);
    throw error;
  }
}

function checkLog(path: string): Check[] {
  const log = statSync(join(path, LOG_FILE), { throwIfNoEntry: false });
  if (log === undefined) return [];
  const text = `The write-ahead log has ${bytes(log.size)}.`;
  if (log.size <= LONG_LOG) return [ok("directory.log", null, text)];
  return [warn("directory.log", null, text, "Look for a stopped process that has the store open, and end it.")];
}
