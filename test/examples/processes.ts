// Commands and servers of an example, each with all processes that it starts in a group of its own, so that none is left
// behind.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";
import path from "node:path";

interface Command {
  readonly args: readonly string[];
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface RunningServer {
  readonly site: string;
  output(): string;
  /** As a crash would: no chance to tidy up. */
  kill(): Promise<void>;
}

const COMMAND_LIMIT = 5 * 60_000;
const START_LIMIT = 60_000;
const groups = new Set<ChildProcess>();

/** Runs npm to its end. @throws Error with all that it printed, when it fails. */
export async function runNpm(command: Command): Promise<void> {
  const { child, output } = start(command);
  const timer = setTimeout(() => killGroup(child), COMMAND_LIMIT);
  const [status] = await once(child, "close");
  clearTimeout(timer);
  groups.delete(child);
  if (status !== 0) throw new Error(`\`npm ${command.args.join(" ")}\` ended with ${status}:\n${output()}`);
}

/** Starts a server by npm, and waits until it answers. */
export async function startServer(command: Command, port: number): Promise<RunningServer> {
  const site = `http://localhost:${port}/`;
  const { child, output } = start(command);
  const kill = async (): Promise<void> => {
    if (!killGroup(child)) return;
    if (child.exitCode === null && child.signalCode === null) await once(child, "close");
  };
  for (const until = Date.now() + START_LIMIT; !(await answers(site)); ) {
    if (child.exitCode !== null) throw new Error(`The server ended with ${child.exitCode}:\n${output()}`);
    if (Date.now() > until) {
      await kill();
      throw new Error(`The server does not answer at ${site}:\n${output()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return { site, output, kill };
}

/**
 * A port that nobody listens on. It is used only after the installation, so it is none of those that the system hands out
 * for connections meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, () => resolve(true));
    });
    server.close();
    if (isFree) return port;
  }
}

export function killAll(): void {
  for (const child of groups) killGroup(child);
}

function start({ args, folder, environment }: Command): { child: ChildProcess; output: () => string } {
  const child = spawn("npm", args, {
    cwd: folder,
    // A group of its own: npm starts a shell, which starts the server.
    detached: true,
    env: { ...userEnvironment(), ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  groups.add(child);
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (piece: string) => {
      text = (text + piece).slice(-100_000);
    });
  }
  child.on("error", (error) => {
    text += String(error);
  });
  return { child, output: () => text };
}

function killGroup(child: ChildProcess): boolean {
  if (!groups.delete(child) || child.pid === undefined) return false;
  try {
    process.kill(-child.pid, "SIGKILL");
    return true;
  } catch {
    return false;
  }
}

async function answers(site: string): Promise<boolean> {
  try {
    await fetch(site, { signal: AbortSignal.timeout(10_000) });
    return true;
  } catch {
    return false;
  }
}

/** A user's shell: without what npm and the test runner have told this process, on the Node that runs it. */
function userEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(npm_(?!config_(registry|cache|userconfig|globalconfig)$)|NODE_OPTIONS$|NODE_ENV$|NODE_TEST_CONTEXT$)/i;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  const folders = [path.dirname(process.execPath), process.env["PATH"] ?? ""];
  return { ...Object.fromEntries(kept), PATH: folders.join(path.delimiter) };
}
