// Builds the Next.js app of the suite, once for each state of its sources, in a folder that is kept.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

const SOURCE = path.join(import.meta.dirname, "../next-app");

/** Written last, so that a build that was broken off does not count. */
const DONE = "built";

/** The folder of the built app, whether or not it is built yet. */
export function nextAppFolder(): string {
  const hash = createHash("sha256");
  for (const file of globSync("**/*.*", { cwd: SOURCE }).sort()) {
    const full = path.join(SOURCE, file);
    if (/\.(js|mjs|json)$/.test(file)) hash.update(file).update(readFileSync(full));
  }
  return path.resolve(import.meta.dirname, "../../../.cache/next-app", hash.digest("hex").slice(0, 16));
}

/**
 * Builds the app where that was not done yet; it needs the npm registry.
 * @throws Error with the output of a step that failed.
 */
export function buildNextApp(): void {
  const folder = nextAppFolder();
  if (existsSync(path.join(folder, DONE))) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(SOURCE, folder, { recursive: true });
  run(folder, "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
  run(folder, process.execPath, ["node_modules/next/dist/bin/next", "build"]);
  writeFileSync(path.join(folder, DONE), "");
}

function run(cwd: string, command: string, args: readonly string[]): void {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production", NODE_OPTIONS: "" };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed:\n${stdout}\n${stderr}`);
}
