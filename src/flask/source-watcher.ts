// Tells when a program's source files change. `node --watch` would, but on Linux it loses sight of a file that an editor
// replaces instead of writing into (nodejs/node#54774), so here the folders are watched.
import { existsSync, type FSWatcher, readdirSync, statSync, watch } from "node:fs";
import path from "node:path";

/** Data that the program itself writes, such as JSON, must not start it again. */
const SOURCE = /\.[cm]?[jt]sx?$/;

/** How long, in ms, an editor may take to save. */
const SETTLING = 80;

/**
 * Watches the project that a program belongs to: the nearest folder with a package.json, without node_modules and hidden
 * folders.
 *
 * @param program The file that was started.
 * @param onChange Gets the file's path from the project's folder.
 */
export function watchSources(program: string, onChange: (file: string) => void): void {
  const root = projectOf(program);
  const watchers = new Map<string, FSWatcher>();
  const pending = new Set<string>();
  let seen = Date.now();
  let settling: NodeJS.Timeout | undefined;

  const follow = (folder: string): void => {
    if (watchers.has(folder) || isForeign(folder, root)) return;
    const watcher = watch(folder, (event, name) => {
      // Only what appears can be a new folder; a log or a database that is written to is no concern of ours.
      if (name === null || (event !== "rename" && !SOURCE.test(name))) return;
      pending.add(path.join(folder, name));
      settling ??= setTimeout(look, SETTLING);
    });
    watchers.set(folder, watcher);
    // A removed folder may come back.
    watcher.on("error", () => watchers.delete(folder));
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) follow(path.join(folder, entry.name));
    }
  };
  const look = (): void => {
    const files = [...pending];
    pending.clear();
    settling = undefined;
    for (const file of files) if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) follow(file);
    const changed = files.find((file) => SOURCE.test(file) && wasChanged(file, seen));
    if (changed === undefined) return;
    seen = Date.now();
    onChange(path.relative(root, changed));
  };
  follow(root);
}

/** Of files that were only read, some systems tell as well. */
function wasChanged(file: string, since: number): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.ctimeMs > since;
}

function projectOf(program: string): string {
  const start = path.dirname(program);
  for (let folder = start; ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "package.json"))) return folder;
    if (folder === path.dirname(folder)) return start;
  }
}

function isForeign(folder: string, root: string): boolean {
  const name = path.basename(folder);
  return folder !== root && (name === "node_modules" || name.startsWith("."));
}
