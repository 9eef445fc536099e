// A directory that only this process's user can enter, for stores that keep sessions in files (SECURITY-BAR S34).
// It knows nothing of what the files hold.
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { SessionOptionError } from "../../core/errors.ts";

/** On Windows a file's rights come from its directory and have no mode, and a user's temporary directory is private. */
const HAS_MODES = process.platform !== "win32";
const ANYONE_ELSE = 0o077;
const EVERYBODY = 0o007;
const EVERYBODY_WRITES = 0o002;
const STICKY = 0o1000;

/**
 * Where an app's sessions lie when it names no place. One app is one working directory: its processes share it, it is
 * the same after a restart, and two apps of one user stay apart. The temporary directory is the one place where every
 * user may write; the operating system may empty it when it starts, so an app that goes live names a path.
 */
export function defaultDirectory(): string {
  const user = process.geteuid?.() ?? "user";
  const app = createHash("sha256").update(realpathSync(process.cwd())).digest("hex").slice(0, 16);
  return join(tmpdir(), `coatcheck-${user}-${app}`);
}

/**
 * Makes the directory where there is none, with mode 0700, and checks the one that is there: no symbolic link, ours, and
 * closed to others, as must be those of the named files that exist (CWE-59, CWE-377).
 *
 * @returns its absolute path.
 * @throws SessionOptionError that says what is wrong with which path, and what to do.
 */
export function openPrivateDirectory(path: unknown, fileNames: readonly string[]): string {
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw new SessionOptionError("path", "is no path", 'Give the path of a directory: "/var/lib/my-app/sessions".');
  }
  const directory = resolve(path);
  make(directory);
  checkParent(directory);
  check(directory, closedToGroup(directory, lstatSync(directory)), "directory");
  for (const name of fileNames) {
    const file = join(directory, name);
    const stats = lstatSync(file, { throwIfNoEntry: false });
    if (stats) check(file, closedToGroup(file, stats), "file");
  }
  return directory;
}

/**
 * The text in a file of a private directory, made by `generate` where there is none. Of processes that begin together
 * one makes it and all read the same: it is linked to its name only when it is wholly written.
 */
export function keepText(directory: string, name: string, generate: () => string): string {
  const file = join(directory, name);
  if (!lstatSync(file, { throwIfNoEntry: false })) publish(file, generate());
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    check(file, fstatSync(descriptor), "file");
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Marks the directory and the named files as in use. What cleans temporary directories removes files that were untouched
 * for days, and a database that is only read looks so.
 */
export function markInUse(directory: string, fileNames: readonly string[]): void {
  const now = new Date();
  for (const path of [directory, ...fileNames.map((name) => join(directory, name))]) {
    try {
      utimesSync(path, now, now);
    } catch {
      // It is not there, or on a disk that can only be read: then nothing cleans it either.
    }
  }
}

function make(directory: string): void {
  try {
    // Whatever the umask: who may write to a parent may put another directory in place of this one.
    mkdirSync(dirname(directory), { mode: 0o755, recursive: true });
    if (!lstatSync(directory, { throwIfNoEntry: false })) mkdirSync(directory, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster; what it made is checked like any other.
    if (code === "EEXIST" && lstatSync(dirname(directory)).isDirectory()) return;
    throw refusal(directory, `can't be made (${code})`, "Name a directory that this process may write to.");
  }
}

/**
 * Takes a group's rights back where the path is ours and open to nobody else: Kubernetes gives them at every start to what
 * is on a volume (`fsGroup`). Of a path that others could write to, whatever was put there is theirs, and is refused.
 */
function closedToGroup(path: string, stats: Stats): Stats {
  const isOurs = HAS_MODES && !stats.isSymbolicLink() && stats.uid === process.geteuid?.();
  if (!isOurs || (stats.mode & EVERYBODY) !== 0 || (stats.mode & ANYONE_ELSE) === 0) return stats;
  chmodSync(path, stats.mode & ~ANYONE_ELSE & 0o7777);
  return lstatSync(path);
}

function check(path: string, stats: Stats, kind: "directory" | "file"): void {
  if (stats.isSymbolicLink()) {
    throw refusal(path, "is a symbolic link", "Remove it, or give the path that it points to.");
  }
  if (kind === "directory" ? !stats.isDirectory() : !stats.isFile()) {
    throw refusal(path, `is no ${kind === "file" ? "regular file" : kind}`, "Remove it, or name another directory.");
  }
  if (!HAS_MODES) return;
  if (stats.uid !== process.geteuid?.()) {
    throw refusal(
      path,
      `belongs to another user (uid ${stats.uid})`,
      "Run as that user, or name a directory of your own.",
    );
  }
  if ((stats.mode & ANYONE_ELSE) !== 0) {
    const mode = (stats.mode & 0o777).toString(8);
    const wanted = kind === "directory" ? 700 : 600;
    throw refusal(
      path,
      `is open to other users (mode ${mode})`,
      `Run chmod ${wanted} on it if you know who wrote to it; otherwise remove it, for it may have been prepared.`,
    );
  }
}

/** Where everybody may write, only the sticky bit keeps others from putting a directory of theirs in place of ours. */
function checkParent(directory: string): void {
  const parent = dirname(directory);
  const { mode } = lstatSync(parent);
  if (!HAS_MODES || (mode & EVERYBODY_WRITES) === 0 || (mode & STICKY) !== 0 || parent === directory) return;
  throw refusal(
    parent,
    "lets every user rename what is in it",
    "Run chmod +t on it as its owner, or name a directory elsewhere.",
  );
}

function refusal(path: string, problem: string, remedy: string): SessionOptionError {
  return new SessionOptionError("path", `leads to ${JSON.stringify(path)}, which ${problem}`, remedy);
}

/** Writes a new file, whole or not at all. Where another process was first, its file stays. */
function publish(file: string, text: string): void {
  const draft = `${file}.${randomBytes(8).toString("hex")}`;
  const descriptor = openSync(draft, "wx", 0o600);
  try {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    closeSync(descriptor);
    unlinkSync(draft);
  }
}
