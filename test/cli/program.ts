// Runs `coatcheck` as a process of its own, as a shell does.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input; default: nothing. */
  readonly input?: string;
  readonly cwd?: string;
}

export interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder where nothing of this project lies around. */
export function emptyFolder(): string {
  return mkdtempSync(join(tmpdir(), "coatcheck-cli-"));
}

const elsewhere = emptyFolder();
/** Of all processes of a test, the first one strips the sources' types. */
const compiled = emptyFolder();
process.on("exit", () => {
  for (const folder of [elsewhere, compiled]) rmSync(folder, { recursive: true, force: true });
});

/** The environment of a user who has set nothing. */
export function userEnvironment(own: RunOptions["env"] = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_NO_WARNINGS: "1", NODE_COMPILE_CACHE: compiled };
  for (const name of Object.keys(env)) {
    if (/^(COATCHECK_|SESSION_SECRET$|NO_COLOR$|FORCE_COLOR$|CI$|NODE_ENV$|NODE_TEST_CONTEXT$)/.test(name))
      delete env[name];
  }
  return { ...env, ...own };
}

/** Starts it and leaves it to the caller. */
export function start(args: readonly string[], options: RunOptions = {}): ChildProcess {
  return spawn(process.execPath, ["--conditions=coatcheck-source", MAIN, ...args], {
    cwd: options.cwd ?? elsewhere,
    env: userEnvironment(options.env),
    stdio: ["pipe", "pipe", "pipe"],
  });
}

/** Runs it to its end. */
export async function coatcheck(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const child = start(args, options);
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  return ended(child);
}

/** What a process printed until its end. */
export async function ended(child: ChildProcess): Promise<Run> {
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      output[name] += text;
    });
  }
  return new Promise((resolve) => {
    child.on("close", (code, signal) => resolve({ code, signal, ...output }));
  });
}

/** The JSON that it printed; it fails with all that it said where there is none. */
export function jsonOf<Shape>({ code, stdout, stderr }: Run): Shape {
  try {
    return JSON.parse(stdout) as Shape;
  } catch (cause) {
    throw new Error(`It ended with ${code} and printed no JSON.\n${stdout}\n${stderr}`, { cause });
  }
}
