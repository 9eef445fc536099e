// Hands the fuzz targets to Jazzer.js, which changes inputs so that they reach new branches of the sources. It is
// installed by itself, and the sources are compiled for it: it instruments JavaScript.
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Target } from "../target.ts";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const ROOT = path.resolve(HERE, "../../..");
/** Under node_modules, where no other tool looks, and the library's own packages are found. */
const WORKPLACE = path.join(ROOT, "node_modules/.cache/coatcheck-guided");
const CLI = path.join(WORKPLACE, "node_modules/@jazzer.js/core/dist/cli.js");
/** What Jazzer.js 4's binary for Linux was built against. */
const NEEDED_GLIBC = [2, 38] as const;
/** The longest that one case may take, in seconds. */
const CASE_LIMIT = 30;
/** The longest input, in bytes: growth is measured elsewhere. */
const MAX_INPUT = 4_096;

/**
 * Runs each target for so long, in seconds, or with the input in a file, once.
 * @returns An exit code.
 */
export function runGuided(targets: readonly Target[], work: { seconds: number } | { input: string }): number {
  const launcher = launcherOf();
  if (launcher === undefined) return 2;
  install();
  const failed = targets.filter(({ name }) => !runTarget(name, work, launcher));
  console.log(
    failed.length === 0 ? "\nAll targets are well." : `\nFailed: ${failed.map(({ name }) => name).join(", ")}`,
  );
  return failed.length === 0 ? 0 : 1;
}

/**
 * The command that starts Node. Where the system's C library is older than Jazzer.js wants, COATCHECK_GLIBC may name a
 * folder with a newer one, and Node is started on that.
 */
function launcherOf(): readonly string[] | undefined {
  const folder = process.env["COATCHECK_GLIBC"];
  if (folder) return [path.join(folder, "ld-linux-x86-64.so.2"), "--library-path", folder, process.execPath];
  const version = glibcVersion();
  if (version === undefined || version[0] * 1_000 + version[1] >= NEEDED_GLIBC[0] * 1_000 + NEEDED_GLIBC[1]) {
    return [process.execPath];
  }
  console.error(
    `Jazzer.js needs glibc ${NEEDED_GLIBC.join(".")}, and this system has ${version.join(".")}. ` +
      "Run it on a newer system, or name a folder with a newer C library in COATCHECK_GLIBC; docs/fuzzing.md says how.",
  );
  return undefined;
}

/** `undefined` where the C library is another one. */
function glibcVersion(): readonly [number, number] | undefined {
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const [major, minor] = (header?.glibcVersionRuntime ?? "").split(".").map(Number);
  return major && minor ? [major, minor] : undefined;
}

function install(): void {
  mkdirSync(WORKPLACE, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    copyFileSync(path.join(HERE, file), path.join(WORKPLACE, file));
  }
  if (!existsSync(CLI)) run("npm", ["ci", "--no-audit", "--no-fund"], WORKPLACE);
  const tsc = path.join(ROOT, "node_modules/typescript/bin/tsc");
  run(process.execPath, [tsc, "-p", path.join(HERE, "tsconfig.json"), "--outDir", path.join(WORKPLACE, "build")], ROOT);
}

function run(command: string, args: readonly string[], cwd: string): void {
  const { status } = spawnSync(command, args, { cwd, stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed`);
}

/** What it learnt of a target is kept for the next time; what fails is in `failures`. */
function runTarget(
  name: string,
  work: { seconds: number } | { input: string },
  [command = "", ...before]: readonly string[],
): boolean {
  console.log(`\n--- ${name}`);
  const [corpus, failures] = [path.join(WORKPLACE, "corpus", name), path.join(WORKPLACE, "failures")];
  for (const folder of [corpus, failures]) mkdirSync(folder, { recursive: true });
  const artifacts = path.join(failures, `${name}-`);
  const [inputs, limit] =
    "input" in work ? [path.resolve(work.input), []] : [corpus, [`-max_total_time=${work.seconds}`]];
  const args = [
    ...before,
    CLI,
    path.join(WORKPLACE, "build/test/fuzz/guided/entry.js"),
    inputs,
    ...["--includes", "build/src/", "--excludes", "nothing", "--"],
    ...limit,
    ...[`-artifact_prefix=${artifacts}`, `-timeout=${CASE_LIMIT}`, `-max_len=${MAX_INPUT}`],
  ];
  const env = { ...process.env, COATCHECK_FUZZ_TARGET: name };
  const isWell = spawnSync(command, args, { stdio: "inherit", env }).status === 0;
  if (!isWell) console.log(`Repeat it: npm run fuzz -- --guided ${name} --input ${artifacts}…, the file named above`);
  return isWell;
}
