// Holds a node response back until work is done, just before its headers go out. It knows no session.
import type { ServerResponse } from "node:http";
import type { Awaitable } from "../core/store.ts";
import { checkChunk } from "./body-chunk.ts";
import { setHeadersOf } from "./head-arguments.ts";
import { Seal } from "./seal.ts";

/**
 * Runs `run` once, when the app first writes to the response, and then `tell`, whose headers go out with the app's. While
 * `run` takes time, what the app writes is kept, in order, and the response looks to it as if its head had gone; `write`
 * answers `false`, so that streams wait. Of several works on one response the last to come is done first.
 *
 * @param run Done before the headers go out.
 * @param tell Sets what the headers are to say of it.
 * @param fail Answers the request when the work has failed; the app's own answer is dropped.
 * @returns A function that lets the response go without the work; `false` when it is too late for that.
 */
export function beforeHeaders<Result>(
  res: ServerResponse,
  run: () => Awaitable<Result>,
  tell: (res: ServerResponse, result: Result) => void,
  fail: (error: unknown) => void,
): () => boolean {
  const response: WaitingServerResponse = res;
  const waiting = response[WAITING] ?? makeWait(response);
  const due = new Work(run, tell as Work["tell"], fail);
  waiting.add(due);
  return () => waiting.leaveOut(due);
}

const WAITING: unique symbol = Symbol("coatcheck.waiting");

type WaitingServerResponse = ServerResponse & { [WAITING]?: WaitingResponse };

class Work {
  readonly run: () => Awaitable<unknown>;
  readonly tell: (res: ServerResponse, result: unknown) => void;
  readonly fail: (error: unknown) => void;
  /** To be done after this one: it came before. */
  next: Work | undefined;
  isLeftOut = false;

  constructor(run: Work["run"], tell: Work["tell"], fail: Work["fail"]) {
    this.run = run;
    this.tell = tell;
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
  #state: "untouched" | "working" | "open" = "open";
  #due: Work | undefined;
  /** Of the work that was begun last. */
  #fail: ((error: unknown) => void) | undefined;
  #seal: Seal | undefined;
  #held: (() => unknown)[] | undefined;
  #mustDrain = false;
  /** A failure was answered at once: nothing else that the app writes counts. */
  #isAnswered = false;

  constructor(res: ServerResponse) {
    this.res = res;
    this.writeHead = res.writeHead;
    this.flushHeaders = res.flushHeaders;
    this.write = res.write;
    this.end = res.end;
  }

  get isOpen(): boolean {
    return this.#state === "open" && !this.#isAnswered;
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

  /** The same for a call with a part of the body. @throws TypeError when it is none; nothing was done then. */
  opensFor(chunk: unknown): boolean {
    if (this.isOpen) return true;
    checkChunk(chunk);
    return this.opens();
  }

  /** @throws Error when the app has asked for the head before. */
  checkHead(): void {
    this.#seal?.check("write");
  }

  hold(call: () => unknown): void {
    if (this.#isOver) return;
    this.#held ??= [];
    this.#held.push(call);
  }

  holdWrite(args: unknown[]): void {
    if (this.#isOver) return;
    this.#mustDrain = true;
    this.hold(() => Reflect.apply(this.write, this.res, args));
  }

  holdEnd(args: unknown[]): void {
    if (this.#isOver) return;
    this.hold(() => Reflect.apply(this.end, this.res, args));
    this.#seal?.end();
  }

  /** What is written now comes after the end. */
  get #isOver(): boolean {
    return this.#isAnswered || this.#seal?.hasEnded === true;
  }

  #firstDue(): Work | undefined {
    while (this.#due?.isLeftOut) this.#due = this.#due.next;
    return this.#due;
  }

  #goOn(): void {
    this.#state = "working";
    try {
      for (let work = this.#firstDue(); work; work = this.#firstDue()) {
        this.#due = work.next;
        this.#fail = work.fail;
        const result = work.run();
        if (result instanceof Promise) {
          this.#goOnAfter(result, work.tell);
          return;
        }
        work.tell(this.res, result);
      }
    } catch (error) {
      this.#drop(error);
      return;
    }
    this.#letGo();
  }

  #goOnAfter(working: Promise<unknown>, tell: Work["tell"]): void {
    this.#seal ??= new Seal(this.res);
    this.#seal.shut();
    working
      .then((result) => {
        this.#seal?.open();
        tell(this.res, result);
      })
      .then(
        () => this.#goOn(),
        (error) => this.#drop(error),
      );
  }

  #letGo(): void {
    this.#state = "open";
    const calls = this.#held;
    this.#held = undefined;
    try {
      for (const call of calls ?? []) call();
    } catch (error) {
      // Whoever made the call has long gone on: the error would end the process.
      this.#drop(error);
    }
    this.#seal?.release();
    if (this.#mustDrain && !this.res.writableEnded) this.res.emit("drain");
  }

  /** What the app wrote is forgotten. The answer to the failure is written through these methods too. */
  #drop(error: unknown): void {
    this.#held = undefined;
    this.#seal?.open();
    this.#seal?.release();
    this.#state = this.#firstDue() ? "untouched" : "open";
    if (!this.res.destroyed) this.#fail?.(error);
    this.#isAnswered = this.res.writableEnded;
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
  waiting.checkHead();
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
  if (waiting.opensFor(args[0])) return Reflect.apply(waiting.write, waiting.res, args);
  waiting.holdWrite(args);
  return false;
}

function end(this: ServerResponse, ...args: unknown[]): ServerResponse {
  const waiting = waitingOf(this);
  if (waiting.opensFor(args[0])) Reflect.apply(waiting.end, waiting.res, args);
  else waiting.holdEnd(args);
  return waiting.res;
}
