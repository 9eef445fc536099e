// One way to the server: commands and scripts, errors of one kind, none after the store was closed, and a look at the
// version before the first answer is believed.
import { SessionOptionError } from "../../core/errors.ts";
import { beforeDeadline, CallRunner, type Deadline } from "../shared/run-call.ts";
import type { Commands, Node } from "./clients.ts";
import { asSessionError, isForbidden, isMissingScript, STORE } from "./errors.ts";
import { INFO, type Script } from "./scripts.ts";

/** What a script answers: its outcome by name, and texts that go with it. */
export type Reply = readonly string[];

const OLDEST = { major: 6, minor: 2 } as const;
/** What the server evicts when its memory is full: `"noeviction"`, `"allkeys-lru"`. */
const POLICY = /maxmemory_policy:(\S+)/;
const VERSION = /redis_version:(\d+)\.(\d+)/;

export class Server {
  readonly commands: Commands;
  readonly #runner: CallRunner;
  /** Whether the server has answered and is one that the store can use. */
  #known = false;
  #policy = "";
  readonly #heardPolicy: (policy: string) => void;

  /** @param heardPolicy Called once, when the server has said what it evicts. */
  constructor(commands: Commands, heardPolicy: (policy: string) => void = () => {}) {
    this.commands = commands;
    this.#runner = new CallRunner(STORE, undefined, (error, operation) =>
      asSessionError(error, operation, !this.#known && !this.commands.isOpen()),
    );
    this.#heardPolicy = heardPolicy;
  }

  /** What the server evicts when its memory is full; `""` where it does not say so. @param anyKey A key to ask for. */
  async policy(anyKey: string): Promise<string> {
    if (!this.#known) await this.send(anyKey, ["PING"]);
    return this.#policy;
  }

  /** One of the store's calls, within its time and with its errors. */
  call<Result>(operation: string, work: (deadline: Deadline) => Promise<Result>): Promise<Result> {
    return this.#runner.run(operation, (deadline) =>
      beforeDeadline(work(deadline), deadline, () => this.#whyLate(deadline)),
    );
  }

  limitTime(timeout: number): void {
    this.#runner.limitTime(timeout);
  }

  inBackground(work: () => Promise<unknown>): void {
    this.#runner.inBackground(work);
  }

  /** A client that connects again keeps commands until it has, and tells its trouble in events. */
  #whyLate({ timeout }: Deadline): unknown {
    return this.commands.lastError() ?? new Error(`the server did not answer within ${timeout} ms`);
  }

  async send(key: string, args: string[]): Promise<unknown> {
    const answer = this.commands.send(key, args);
    if (!this.#known) await this.#check(key, answer);
    return answer;
  }

  /** The servers that have all keys between them. @param anyKey A key to ask for, where none has been yet. */
  async nodes(anyKey: string): Promise<readonly Node[]> {
    if (!this.#known) await this.send(anyKey, ["GET", anyKey]);
    return this.commands.nodes();
  }

  /** Runs a script on a key; sends its text only where the server does not have it. */
  async run(script: Script, key: string, args: readonly string[]): Promise<Reply> {
    try {
      return textsOf(await this.send(key, ["EVALSHA", script.sha, "1", key, ...args]));
    } catch (error) {
      if (!isMissingScript(error)) throw error;
      return textsOf(await this.send(key, ["EVAL", script.text, "1", key, ...args]));
    }
  }

  close(): void {
    this.#runner.close();
  }

  /** Asks for the version beside the first commands, which so take no longer. */
  async #check(key: string, answer: Promise<unknown>): Promise<void> {
    const asked = this.commands.send(key, ["EVAL", INFO.text, "1", key]);
    const [info, first] = await Promise.allSettled([asked, answer]);
    if (info.status === "rejected") {
      // Where the version is a secret, the scripts find out what the server lacks.
      this.#known = first.status === "fulfilled" || isForbidden(info.reason);
      return;
    }
    const [, major = OLDEST.major, minor = OLDEST.minor] = (VERSION.exec(textsOf(info.value)[0] ?? "") ?? []).map(
      Number,
    );
    if (major < OLDEST.major || (major === OLDEST.major && minor < OLDEST.minor)) {
      throw new SessionOptionError(
        "client",
        `is connected to Redis ${major}.${minor}`,
        `Use Redis ${OLDEST.major}.${OLDEST.minor} or newer, or Valkey.`,
      );
    }
    if (this.#known) return;
    this.#known = true;
    this.#policy = POLICY.exec(textsOf(info.value)[1] ?? "")?.[1] ?? "";
    this.#heardPolicy(this.#policy);
  }
}

/** The client may have been told to answer with bytes. */
export function textOf(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : String(value);
}

export function textsOf(reply: unknown): string[] {
  return Array.isArray(reply) ? reply.map((each) => String(each)) : [];
}
