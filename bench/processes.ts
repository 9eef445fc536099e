// Server processes and wrk runs, each pinned to a core of its own where the system can do that.
import { execFile, spawn, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export interface RunningServer {
  readonly address: string;
  /** The processor time that it has used, in seconds, all its threads together. */
  cpuSeconds(): Promise<number>;
  stop(): void;
}

/** What wrk has counted. */
interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Answers other than 2xx and 3xx, and connections that broke. */
  readonly failed: number;
}

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 50;
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** Whether server and load get cores of their own. */
export const isPinned: boolean = availableParallelism() > 1 && isInstalled("taskset");

export const loadDescription = `wrk, ${CONNECTIONS} connections`;

/** @throws Error that says what to install, when wrk is missing. */
export function requireLoadGenerator(): void {
  if (isInstalled("wrk")) return;
  throw new Error(
    "wrk is not on the PATH; the benchmark makes its load with it.\n  Debian and Ubuntu:  sudo apt-get install wrk\n  macOS:  brew install wrk",
  );
}

/**
 * Starts a server under test in a process of its own.
 * @param script Starts it. @param name Which one. @param more What the script is to know beside.
 */
export async function startServer(script: URL, name: string, ...more: string[]): Promise<RunningServer> {
  const node = [process.execPath, ...process.execArgv, fileURLToPath(script), name, ...more];
  const [program = "", ...args] = pinned(SERVER_CORE, node);
  const env = { ...process.env, NODE_ENV: "production" };
  const server = spawn(program, args, { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const nextLine = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The server ${name} has ended.`);
    return value;
  };
  return {
    address: `http://127.0.0.1:${await nextLine()}`,
    async cpuSeconds() {
      server.stdin.write("\n");
      return Number(await nextLine()) / 1e6;
    },
    stop: () => void server.kill(),
  };
}

/** Runs wrk against one address. @param cookieFile One Cookie header a line; without it, requests carry no cookie. */
export async function runLoad(url: string, seconds: number, cookieFile?: string): Promise<LoadResult> {
  const wrk = ["wrk", "-t1", `-c${CONNECTIONS}`, `-d${seconds}s`, "-s", file("rotate.lua"), url];
  const [program = "", ...args] = pinned(LOAD_CORE, cookieFile ? [...wrk, "--", cookieFile] : wrk);
  const { stdout } = await promisify(execFile)(program, args);
  const [, requests, microseconds, failed] = /^RESULT (\d+) (\d+) (\d+)$/m.exec(stdout) ?? [];
  if (failed === undefined) throw new Error(`wrk said nothing that can be read:\n${stdout}`);
  return { requests: Number(requests), seconds: Number(microseconds) / 1e6, failed: Number(failed) };
}

function pinned(core: number, command: string[]): string[] {
  return isPinned ? ["taskset", "-c", String(core), ...command] : command;
}

function isInstalled(program: string): boolean {
  return spawnSync(program, ["--version"]).error === undefined;
}
