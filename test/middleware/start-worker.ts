// Hands groups of cases to a process of their own, and collects what it found.
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { knownDifferenceOf } from "./differences.ts";
import type { Group, Result } from "./run.ts";

const WORKER = path.join(import.meta.dirname, "worker.ts");

export interface WorkerOptions {
  /** Compares the app without sessions with itself. */
  readonly isReference?: boolean;
  /** Loaded before all else. */
  readonly preload?: string;
  /** Told of each group's results as they come. */
  readonly onResults?: (results: readonly Result[]) => void;
}

/** @throws Error when the process ends early. */
export async function runInWorker(groups: readonly Group[], options: WorkerOptions = {}): Promise<Result[]> {
  const { isReference = false, preload, onResults } = options;
  const before = ["--conditions=coatcheck-source", "--no-warnings", ...(preload ? [`--import=${preload}`] : [])];
  const child = spawn(process.execPath, [...before, WORKER, ...(isReference ? ["--reference"] : [])], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  child.stdin.end(groups.map((group) => `${JSON.stringify(group)}\n`).join(""));
  const found: Result[] = [];
  let done = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const results = JSON.parse(line) as Result[];
    done++;
    found.push(...results);
    onResults?.(results);
  }
  const [code] = await ended;
  if (code !== 0 || done !== groups.length) {
    throw new Error(
      `The cases' process ended with ${code}, in ${JSON.stringify({ ...groups[done], cases: undefined })}`,
    );
  }
  return found;
}

/** What is wrong with a case, in one line; `undefined` where nothing is, or what is known. */
export function faultOf(result: Result): string | undefined {
  if (result.difference === undefined || knownDifferenceOf(result)) return undefined;
  const { framework, middleware, position, store, handler, difference } = result;
  return `${framework} | ${middleware} ${position} | ${store} | ${handler} | ${difference}`;
}
