// Reloading under debug: the process that the developer has started runs the program in a child, and runs it again when
// a source file changes. It knows no app.
import { type ChildProcess, fork } from "node:child_process";
import { watchSources } from "./source-watcher.ts";

/** Tells the child which port it is to serve. */
const PORT = "COATCHECK_FLASK_PORT";

/** How long, in ms, a child may take to end before it is killed. */
const PATIENCE = 5_000;

/** Whether the program can be started again: it is a file, run by Node, and nothing reloads it already. */
export function canReload(): boolean {
  const isOther = process.versions["bun"] !== undefined || process.versions["deno"] !== undefined;
  const isWatched = process.env["WATCH_REPORT_DEPENDENCIES"] !== undefined;
  const isTest = process.env["NODE_TEST_CONTEXT"] !== undefined;
  return process.argv[1] !== undefined && reloadedPort() === undefined && !isOther && !isWatched && !isTest;
}

/** The port that the reloader has chosen; `undefined` where it did not start this process. */
export function reloadedPort(): number | undefined {
  const port = process.env[PORT];
  return port === undefined || process.channel === undefined ? undefined : Number(port);
}

/** In the child: tells the reloader that it listens, and calls back when the reloader is gone, however it ended. */
export function reportListening(onEnd: () => void): void {
  if (reloadedPort() === undefined) return;
  process.send?.("listening");
  process.once("disconnect", onEnd);
  process.channel?.unref();
}

/** Runs the program again and again. Does not return: this process ends with the child. */
export function runReloading(port: number): Promise<never> {
  const program = process.argv[1] ?? "";
  let child: ChildProcess | undefined;
  let hasListened = false;
  let wish: "go on" | "restart" | "end" = "go on";

  const start = (): void => {
    wish = "go on";
    child = fork(program, process.argv.slice(2), { env: { ...process.env, [PORT]: String(port) } });
    child.once("message", () => {
      hasListened = true;
    });
    child.once("exit", (code) => {
      child = undefined;
      if (wish === "restart") return start();
      // A program that never ran has said why; one that fails after a change waits for the next.
      if (wish === "end" || !hasListened || code === 0) process.exit(code ?? 1);
      console.log(" * The program has ended. It starts again when a file changes.");
    });
  };
  const stop = (next: "restart" | "end"): void => {
    wish = next;
    if (child) endSoon(child);
    else if (next === "restart") start();
    else process.exit(0);
  };
  watchSources(program, (file) => {
    console.log(` * ${file} has changed: starting again`);
    if (wish !== "end") stop("restart");
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop("end"));
  start();
  return new Promise<never>(() => {});
}

function endSoon(child: ChildProcess): void {
  const late = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  child.once("exit", () => clearTimeout(late));
  child.kill("SIGTERM");
}
