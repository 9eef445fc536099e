// Holds a node response back until work is done, just before its headers go out. It knows no session.
import type { ServerResponse } from "node:http";
import type { Awaitable } from "../core/store.ts";
import { setHeadersOf } from "./head-arguments.ts";

/**
 * Runs `work` once, when the app first writes to the response. What `work` sets in the headers goes out with them. While
 * it takes time, what the app writes is kept, in order, and `write` answers `false`, so that streams wait. Of several
 * works on one response the last to come is done first.
 *
 * @param work Done before the headers go out.
 * @param fail Answers the request when the work has failed; the app's own answer is dropped.
 * @returns A function that lets the response go without the work; `false` when it is too late for that.
 */
export function beforeHeaders(
  res: ServerResponse,
  work: () => Awaitable<void>,
  fail: (error: unknown) => void,
): () => boolean {
  const response: WaitingServerResponse = res;
  const waiting = response[WAITING] ?? makeWait(response);
  const due = new Work(work, fail);
  waiting.add(due);
  return () => waiting.leaveOut(due);
}

const WAITING: unique symbol = Symbol("coatcheck.waiting");

type WaitingServerResponse = ServerResponse & { [WAITING]?: WaitingResponse };

class Work {
  readonly run: () => Awaitable<void>;
  readonly fail: (error: unknown) => void;
  /** To be done after this one: it came before. */
  next: Work | undefined;
  isLeftOut = false;

  constructor(run: () => Awaitable<void>, fail: (error: unknown) => void) {
    this.run = run;
    this.fail = fail;
  }
}

/** A response, what is to be done before its headers go, and what was written meanwhile. */
class WaitingResponse {
  readonly res: ServerResponse;
  // Others may wrap the same methods, before or after: theirs are called, and never removed.
  readonly writeHead: ServerResponse["writeHead"];
  readonly flushHeaders: ServerResponse["flushHeaders"];
  readonly write: ServerResponse["write"];
  readonly end: ServerResponse["end"];
  mustDrain = false;
  #state: "untouched" | "working" | "open" = "open";
  #due: Work | undefined;
  #held: (() => unknown)[] | undefined;
  /** Of an answer to a failure only the failure's own calls count. */
  #answer: "app's" | "being made" | "made" = "app's";

  constructor(res: ServerResponse) {
    this.res = res;
    this.writeHead = res.writeHead;
    this.flushHeaders = res.flushHeaders;
    this.write = res.write;
    this.end = res.end;
  }

  get isOpen(): boolean {
    return this.#state === "open" && this.#answer !== "made";
  }

  add(work: Work): void {
    work.next = this.#due;
    this.#due = work;
    if (this.#state === "open") this.#state = "untouched";
  }

  leaveOut(work: Work): boolean {
    if (this.#state !== "untouched") return false;
    work.isLeftOut = true;
    if (!this.#firstDue()) this.#state = "open";
    return true;
  }

  /** Does the work at the first call. Whether the call may be made now; if not, it is to be held. */
  opens(): boolean {
    if (this.#state === "untouched") this.#goOn();
    return this.isOpen;
  }

  hold(call: () => unknown): void {
    if (this.#answer === "made") return;
    this.#held ??= [];
    this.#held.push(call);
  }

  #firstDue(): Work | undefined {
    while (this.#due?.isLeftOut) this.#due = this.#due.next;
    return this.#due;
  }

  #goOn(): void {
    this.#state = "working";
    for (let work = this.#firstDue(); work; work = this.#firstDue()) {
      this.#due = work.next;
      try {
        const working = work.run();
        if (working instanceof Promise) {
          const { fail } = work;
          working.then(
            () => this.#goOn(),
            (error) => this.#drop(error, fail),
          );
          return;
        }
      } catch (error) {
        this.#drop(error, work.fail);
        return;
      }
    }
    this.#letGo();
  }

  #letGo(): void {
    this.#state = "open";
    const calls = this.#held;
    this.#held = undefined;
    for (const call of calls ?? []) call();
    if (this.mustDrain && !this.res.writableEnded) this.res.emit("drain");
  }

  /** What the app wrote is forgotten. The answer to the failure is written through these methods too. */
  #drop(error: unknown, fail: (error: unknown) => void): void {
    this.#held = undefined;
    this.#state = this.#firstDue() ? "untouched" : "open";
    this.#answer = "being made";
    if (!this.res.destroyed) fail(error);
    this.#answer = "made";
  }
}

/**
 * Puts the functions below in the place of the response's own. They are the same for all responses: to V8 a method that
 * differs from object to object makes every call of it, by node too, a slow one.
 */
function makeWait(res: WaitingServerResponse): WaitingResponse {
  const waiting = new WaitingResponse(res);
  res[WAITING] = waiting;
  res.writeHead = writeHead as ServerResponse["writeHead"];
  res.flushHeaders = flushHeaders;
  res.write = write;
  res.end = end as ServerResponse["end"];
  return waiting;
}

function waitingOf(res: WaitingServerResponse): WaitingResponse {
  return res[WAITING] as WaitingResponse;
}

function writeHead(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const waiting = waitingOf(this);
  const { res } = waiting;
  if (!waiting.isOpen) setHeadersOf(res, args);
  if (waiting.opens()) Reflect.apply(waiting.writeHead, res, args);
  else waiting.hold(() => Reflect.apply(waiting.writeHead, res, args));
  return res;
}

function flushHeaders(this: ServerResponse): void {
  const waiting = waitingOf(this);
  if (waiting.opens()) waiting.flushHeaders.call(waiting.res);
  else waiting.hold(() => waiting.flushHeaders.call(waiting.res));
}

function write(this: ServerResponse, ...args: unknown[]): boolean {
  const waiting = waitingOf(this);
  if (waiting.opens()) return Reflect.apply(waiting.write, waiting.res, args);
  waiting.hold(() => Reflect.apply(waiting.write, waiting.res, args));
  waiting.mustDrain = true;
  return false;
}

function end(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const waiting = waitingOf(this);
  if (waiting.opens()) Reflect.apply(waiting.end, waiting.res, args);
  else waiting.hold(() => Reflect.apply(waiting.end, waiting.res, args));
  return waiting.res;
}
