// What the check of the package works with: a copy of the project to pack, a folder of a user who installs it, and the
// Nodes to run it on. The work tree itself, its dist/ included, is left alone.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

export const root: string = path.resolve(import.meta.dirname, "../..");

/** What the copy for packing leaves out: what a fresh clone does not have, and a package must not depend on. */
const NOT_COPIED = new Set(["node_modules", ".git", "dist", "coverage", ".tmp"]);

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | ExportTargets>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

export interface ExportTargets {
  readonly "coatcheck-source": string;
  readonly types: string;
  readonly default: string;
  /** For `require()` where the runtime can't load ES modules by it. Decision 022 has the conditions. */
  readonly require: { readonly types: string; readonly default: string };
}

export interface Packed {
  /** The copy of the project, with its dist/ built. */
  readonly folder: string;
  readonly tarball: string;
  readonly files: readonly string[];
  readonly size: number;
  readonly unpackedSize: number;
}

export const manifest: Manifest = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));

/** Every export with code behind it, `package.json` left out. */
export const entryPoints: readonly (readonly [name: string, targets: ExportTargets])[] = Object.entries(
  manifest.exports,
).filter((entry): entry is [string, ExportTargets] => typeof entry[1] !== "string");

const workshop: string = mkdtempSync(path.join(tmpdir(), "coatcheck-package-"));

export function closeWorkshop(): void {
  rmSync(workshop, { recursive: true, force: true });
}

/** Builds and packs a copy of the project, as `npm publish` would. */
export function pack(): Packed {
  const folder = path.join(workshop, "project");
  cpSync(root, folder, { recursive: true, filter: (source) => !NOT_COPIED.has(path.relative(root, source)) });
  symlinkSync(path.join(root, "node_modules"), path.join(folder, "node_modules"));
  const output = run("npm", ["pack", "--json", "--foreground-scripts=false"], folder);
  const [report]: { filename: string; size: number; unpackedSize: number; files: { path: string }[] }[] =
    JSON.parse(output);
  if (report === undefined) throw new Error(`npm pack reported nothing: ${output}`);
  return {
    folder,
    tarball: path.join(folder, report.filename),
    files: report.files.map((file) => file.path),
    size: report.size,
    unpackedSize: report.unpackedSize,
  };
}

/** An empty folder beside nothing of ours. */
export function createFolder(name: string): string {
  const folder = path.join(workshop, name);
  mkdirSync(folder);
  return folder;
}

/** A user's project, new and empty, beside nothing of ours. */
export function createUserProject(): string {
  const folder = createFolder("user");
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  return folder;
}

export function install(folder: string, packages: readonly string[]): void {
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", ...packages], folder);
}

/** `hono` -> `hono@4.13.19`: the version that the tests run with. */
export function withOurVersion(name: string): string {
  const { version } = JSON.parse(readFileSync(path.join(root, "node_modules", name, "package.json"), "utf8"));
  return `${name}@${version}`;
}

/** The Nodes to try the package on: the one of development and the machine's own. */
export function findNodes(): { readonly development: string; readonly own: string } {
  const folders = (process.env.PATH ?? "").split(path.delimiter).filter((folder) => !folder.includes("node_modules"));
  for (const folder of folders) {
    const own = path.join(folder, "node");
    const { status, stdout } = spawnSync(own, ["--version"], { encoding: "utf8" });
    if (status !== 0) continue;
    const [major = 0, minor = 0] = stdout.slice(1).split(".").map(Number);
    if (major > 20 || (major === 20 && minor >= 19)) return { development: process.execPath, own };
    throw new Error(`The package needs Node >= 20.19, and ${own} is ${stdout.trim()}. Install a newer Node.`);
  }
  throw new Error("There is no Node on the PATH besides the project's own. Install Node >= 20.19.");
}

/** What a command printed. It throws with all of it when the command fails. */
export function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    env: userEnvironment(),
    maxBuffer: 64 * 1024 * 1024,
    timeout: 5 * 60_000,
  });
  if (status === 0) return stdout;
  const problem = error?.message ?? `it ended with ${status}`;
  throw new Error(`\`${path.basename(command)} ${args.join(" ")}\` failed: ${problem}\n${stdout}\n${stderr}`);
}

/** A user's shell: without what npm and the test runner have told this process. */
function userEnvironment(): NodeJS.ProcessEnv {
  const ours = /^(npm_(?!config_(registry|cache|userconfig|globalconfig)$)|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
