// A server as a process that a test can kill, freeze and start again on the same port and data.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { forget, type Identity, keep } from "./keeper.ts";
import { killGroup } from "./watchdog.ts";

interface ServerCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** What the server prints when it is ready. */
  readonly ready: string;
  readonly identity?: Identity | undefined;
  /** What the kernel calls the first word of the command, where it is not the file. */
  readonly argv0?: string;
}

export interface ServerProcess {
  /** Resolves when it is ready. */
  start(): Promise<void>;
  /** Ends it, and every process that it started, as a crash would. */
  kill9(): Promise<void>;
  /** Asks it to end. */
  end(signal: NodeJS.Signals): Promise<void>;
  /** It runs on as a process, and does nothing. */
  freeze(): void;
  thaw(): void;
  /** `false` when it was ended, or has ended by itself. */
  isRunning(): boolean;
  /** The end of what it has printed. */
  log(): string;
}

const START_LIMIT = 10 * 60_000;
const LOG_LENGTH = 20_000;

export function serverProcess(command: ServerCommand): ServerProcess {
  let child: ChildProcess | undefined;
  let log = "";

  async function start(): Promise<void> {
    child = launch(command);
    log = "";
    await untilReady(child, command, (text) => {
      log = (log + text).slice(-LOG_LENGTH);
      return log;
    });
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending?.pid === undefined) return;
    const { pid } = ending;
    const descendants = signal === "SIGKILL" ? childrenOf(pid) : [];
    if (ending.exitCode === null && ending.signalCode === null) {
      ending.ref();
      const exit = once(ending, "exit");
      ending.kill(signal);
      await exit;
    }
    killGroup(pid);
    descendants.forEach(killGroup);
    forget({ kind: "group", what: String(pid) });
  }

  return {
    start,
    end,
    kill9: () => end("SIGKILL"),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    isRunning: () => child !== undefined && child.exitCode === null && child.signalCode === null,
    log: () => log,
  };
}

function launch({ file, args, folder, identity, argv0 }: ServerCommand): ChildProcess {
  const child = spawn(file, args, {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: an interrupt from the keyboard reaches the test first, and the whole group can be killed.
    detached: true,
    // Messages are waited for, so they have to be in the language in which they stand here.
    env: { ...process.env, LC_ALL: "C.UTF-8" },
    ...identity,
    ...(argv0 === undefined ? {} : { argv0 }),
  });
  if (child.pid !== undefined) keep({ kind: "group", what: String(child.pid) });
  return child;
}

/** Afterwards, the server does not keep this process alive. */
function untilReady(child: ChildProcess, command: ServerCommand, note: (text: string) => string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (problem: string, log = ""): void => {
      clearTimeout(timer);
      reject(new Error(`${command.file} ${command.args.join(" ")}\n${problem}\n${log}`));
    };
    let log = "";
    let isReady = false;
    const timer = setTimeout(() => fail(`was not ready within ${START_LIMIT} ms`, log), START_LIMIT);
    child.on("error", (error) => fail(error.message));
    child.on("exit", (code, signal) => fail(`ended with ${signal ?? code}`, log));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        log = note(text);
        if (isReady || !log.includes(command.ready)) return;
        isReady = true;
        clearTimeout(timer);
        child.unref();
        resolve();
      });
      if (stream && "unref" in stream && typeof stream.unref === "function") stream.unref();
    }
  });
}

/** PostgreSQL gives each of its processes a group of its own. Where there is no /proc, they end soon after their parent. */
function childrenOf(parent: number): number[] {
  if (!existsSync("/proc/self/stat")) return [];
  const processes = readdirSync("/proc").map(Number).filter(Boolean);
  return processes.filter((pid) => {
    try {
      // The command's name stands in brackets and may hold anything; the parent is the second word behind it.
      const status = readFileSync(`/proc/${pid}/stat`, "utf8");
      return Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[1]) === parent;
    } catch {
      return false;
    }
  });
}
