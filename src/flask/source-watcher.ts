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
  const wasChanged = createChangeDetector();

  const follow = (folder: string): void => {
    if (watchers.has(folder) || isForeign(folder, root)) return;
    try {
      watchers.set(folder, watch(folder, note(folder)));
      // A removed folder may come back.
      watchers.get(folder)?.on("error", () => watchers.delete(folder));
      for (const entry of readdirSync(folder, { withFileTypes: true })) {
        if (entry.isDirectory()) follow(path.join(folder, entry.name));
      }
    } catch (error) {
      console.error(` * ${folder} can't be watched: ${error instanceof Error ? error.message : error}`);
    }
  };
  const note = (folder: string) => (event: string, name: string | null) => {
    // Only what appears can be a new folder; a log or a database that is written to is no concern of ours.
    if (name === null || (event !== "rename" && !SOURCE.test(name))) return;
    // The first one looks for all: waiting for a pause, it would never look where files change all the time.
    if (pending.size === 0) setTimeout(look, SETTLING);
    pending.add(path.join(folder, name));
  };
  const look = (): void => {
    const files = [...pending];
    pending.clear();
    for (const file of files) if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) follow(file);
    const [changed] = files.filter((file) => SOURCE.test(file)).filter(wasChanged);
    if (changed !== undefined) onChange(path.relative(root, changed));
  };
  follow(root);
}

/** Tells whether a file has changed since it was last asked about; of files that were only read, systems tell as well. */
function createChangeDetector(): (file: string) => boolean {
  const known = new Map<string, number>();
  // The clock of a file system lags a little.
  const start = Date.now() - 50;
  return (file) => {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.ctimeMs <= (known.get(file) ?? start)) return false;
    known.set(file, stats.ctimeMs);
    return true;
  };
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
