// Holds a node response back, headers and all, until its session is stored; and its end again when the session has
// changed since. Unlike the adapters' way, a failure goes to the app's own error handler, whenever that answers.
import type { ServerResponse } from "node:http";
import { setHeadersOf } from "../adapters/head-arguments.ts";
import type { Awaitable } from "../core/store.ts";

/** Headers that describe the answer that was dropped. */
const OF_THE_ANSWER = /^(content-|etag$|last-modified$|location$|transfer-encoding$|cache-control$|trailer$)/;

/**
 * @param beforeHeaders Stores what is due, before the headers go out, and sets what they are to say.
 * @param beforeEnd Stores what has changed after that. Called only when the end came later than the headers.
 * @param fail The session was not stored: the app's answer is dropped, and this has another one made.
 */
export function holdResponse(
  res: ServerResponse,
  beforeHeaders: () => Awaitable<void>,
  beforeEnd: () => Awaitable<void>,
  fail: (error: unknown) => void,
): void {
  const { writeHead, flushHeaders, write, end } = res;
  let state: "untouched" | "working" | "open" = "untouched";
  let isEnding = false;
  let hasFailed = false;
  let held: (() => void)[] | undefined;
  let mustDrain = false;

  /** Makes the call now, or later when the headers may go. */
  function pass(call: () => void): void {
    if (state === "untouched") begin();
    if (state === "open") call();
    else {
      held ??= [];
      held.push(call);
    }
  }

  function begin(): void {
    state = "working";
    try {
      const working = beforeHeaders();
      if (working instanceof Promise) working.then(letGo, drop);
      else state = "open";
    } catch (error) {
      setImmediate(drop, error);
    }
  }

  function letGo(): void {
    state = "open";
    const calls = held;
    held = undefined;
    for (const call of calls ?? []) call();
    if (mustDrain && !isEnding) res.emit("drain");
  }

  /** The answer to the failure comes through the same methods. */
  function drop(error: unknown): void {
    state = "open";
    held = undefined;
    isEnding = false;
    hasFailed = true;
    if (res.destroyed) return;
    for (const name of res.getHeaderNames()) if (OF_THE_ANSWER.test(name)) res.removeHeader(name);
    res.statusCode = 500;
    fail(error);
  }

  function endNow(args: unknown[]): void {
    let working: Awaitable<void>;
    try {
      working = res.headersSent && !hasFailed ? beforeEnd() : undefined;
    } catch (error) {
      breakOff(error);
      return;
    }
    if (working instanceof Promise) working.then(() => Reflect.apply(end, res, args), breakOff);
    else Reflect.apply(end, res, args);
  }

  /** Part of the answer is on its way: only a broken connection says that it is not whole. */
  function breakOff(error: unknown): void {
    fail(error);
    res.destroy();
  }

  res.writeHead = (...args: unknown[]) => {
    if (state !== "open") setHeadersOf(res, args);
    pass(() => Reflect.apply(writeHead, res, args));
    return res;
  };
  res.flushHeaders = () => pass(() => flushHeaders.call(res));
  res.write = (...args: unknown[]) => {
    let isWritten: boolean | undefined;
    pass(() => {
      isWritten = Reflect.apply(write, res, args);
    });
    mustDrain ||= isWritten === undefined;
    return isWritten ?? false;
  };
  res.end = (...args: unknown[]) => {
    if (isEnding) return res;
    isEnding = true;
    pass(() => endNow(args));
    return res;
  };
}
