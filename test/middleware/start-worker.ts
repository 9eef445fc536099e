// Hands groups of cases to processes of their own, and collects what they found. A process that ends early, or that is silent
// for too long, fails the cases that it was at by name; the others go on in a new one.
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { knownDifferenceOf } from "./differences.ts";
import type { Group, Result } from "./run.ts";

const WORKER = path.join(import.meta.dirname, "worker.ts");

/** How long a process may say nothing, in ms. Each case has limits of its own, which are far shorter. */
const SILENCE = 180_000;

export interface WorkerOptions {
  /** How many processes share the groups. Default: one. */
  readonly processes?: number;
  /** Compares the app without sessions with itself. */
  readonly isReference?: boolean;
  /** Loads OpenTelemetry's instrumentation, and fails unless it records a span for each case. */
  readonly isTraced?: boolean;
  /** Called with each group's results as they come. */
  readonly onResults?: (results: readonly Result[]) => void;
}

/**
 * Runs the groups; those of one app without sessions run in one process, which then compares all with that.
 * @throws Error when a process does not start.
 */
export async function runInWorkers(groups: readonly Group[], options: WorkerOptions = {}): Promise<Result[]> {
  const queue = [...Map.groupBy(groups, ({ framework, middleware }) => `${framework} ${middleware}`).values()];
  const found: Result[] = [];
  const work = async (): Promise<void> => {
    let worker = new Worker(options);
    for (let app = queue.shift(); app; app = queue.shift()) {
      for (const group of app) {
        const results = await worker.run(group);
        if (worker.hasEnded) worker = new Worker(options);
        options.onResults?.(results);
        found.push(...results);
      }
    }
    worker.end();
  };
  await Promise.all(Array.from({ length: options.processes ?? 1 }, work));
  return found;
}

interface Message {
  readonly began?: string;
  readonly results?: readonly Result[];
  readonly spans?: number;
}

/** One process, which runs one group at a time. */
class Worker {
  readonly #options: WorkerOptions;
  readonly #child: ChildProcess;
  /** Cases that have begun, of the group at work. */
  #begun = new Set<string>();
  #spans = 0;
  #hasEnded = false;
  #silence: NodeJS.Timeout | undefined;
  #answered: (results: readonly Result[] | undefined) => void = () => {};

  constructor(options: WorkerOptions) {
    this.#options = options;
    const { isReference = false, isTraced = false } = options;
    const preload = isTraced ? [`--import=${path.join(import.meta.dirname, "telemetry.ts")}`] : [];
    const before = ["--conditions=coatcheck-source", "--no-warnings", ...preload];
    this.#child = spawn(process.execPath, [...before, WORKER, ...(isReference ? ["--reference"] : [])], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const { stdin, stdout } = this.#child;
    if (!stdin || !stdout) throw new Error("The cases' process did not start.");
    stdin.on("error", () => {});
    createInterface({ input: stdout }).on("line", (line) => this.#hear(JSON.parse(line) as Message));
    this.#child.on("close", () => {
      this.#hasEnded = true;
      this.#answered(undefined);
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  end(): void {
    this.#child.stdin?.end();
  }

  /** The results of all cases; where the process ends early, cases that did not finish have that as their difference. */
  async run(group: Group): Promise<Result[]> {
    this.#begun = new Set();
    const answered = new Promise<readonly Result[] | undefined>((resolve) => {
      this.#answered = resolve;
    });
    this.#wait();
    this.#child.stdin?.write(`${JSON.stringify(group)}\n`);
    const results = await answered;
    clearTimeout(this.#silence);
    return results ? [...results] : this.#endedEarly(group);
  }

  #hear({ began, results, spans = 0 }: Message): void {
    this.#wait();
    if (began !== undefined) this.#begun.add(began);
    if (!results) return;
    const isTraced = spans >= this.#spans + results.length;
    this.#spans = spans;
    if (this.#options.isTraced && !isTraced) {
      this.#answered(results.map((result) => ({ ...result, difference: "OpenTelemetry recorded no span" })));
    } else {
      this.#answered(results);
    }
  }

  #wait(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#child.kill("SIGKILL"), SILENCE);
  }

  async #endedEarly({ cases, ...place }: Group): Promise<Result[]> {
    const { signalCode, exitCode } = this.#child;
    const how = signalCode === "SIGKILL" ? "hang: the process said nothing more" : `the process ended with ${exitCode}`;
    const failed = cases.filter((name) => this.#begun.has(name));
    const named = failed.length > 0 ? failed : cases;
    const left = cases.filter((name) => !named.includes(name));
    const results = named.map((handler) => ({ ...place, handler, difference: how }));
    if (left.length === 0) return results;
    const next = new Worker(this.#options);
    const others = await next.run({ ...place, cases: left });
    next.end();
    return [...results, ...others];
  }
}

/** What is wrong with a case, in one line; `undefined` where nothing is, or what is known. */
export function faultOf(result: Result): string | undefined {
  if (result.difference === undefined || knownDifferenceOf(result)) return undefined;
  const { framework, middleware, position, store, handler, difference } = result;
  return `${framework} | ${middleware} ${position} | ${store} | ${handler} | ${difference}`;
}
