// Holds a node response back until work is done, just before its headers go out. It knows no session.
import type { OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Awaitable } from "../core/store.ts";

/**
 * Runs `work` once, when the app first writes to the response. What `work` sets in the headers goes out with them. While
 * it takes time, what the app writes is kept, in order, and `write` answers `false`, so that streams wait.
 *
 * @param work Done before the headers go out.
 * @param fail Answers the request when the work has failed; the app's own answer is dropped.
 * @returns A function that lets the response go without the work; `false` when the work has begun.
 */
export function beforeHeaders(
  res: ServerResponse,
  work: () => Awaitable<void>,
  fail: (error: unknown) => void,
): () => boolean {
  // Others may wrap the same methods, before or after: theirs are called, and never removed.
  const { writeHead, flushHeaders, write, end } = res;
  let state: "untouched" | "working" | "open" | "failed" = "untouched";
  let held: (() => unknown)[] | undefined;
  let mustDrain = false;

  /** Does the work at the first call. Whether the call may be made now; if not, it is to be held. */
  function isOpen(): boolean {
    if (state === "untouched") begin();
    return state === "open";
  }

  function begin(): void {
    state = "working";
    try {
      const working = work();
      if (working instanceof Promise) working.then(letGo, drop);
      else state = "open";
    } catch (error) {
      drop(error);
    }
  }

  function hold(call: () => unknown): void {
    if (state !== "working") return;
    held ??= [];
    held.push(call);
  }

  function letGo(): void {
    state = "open";
    for (const call of held ?? []) call();
    if (mustDrain && !res.writableEnded) res.emit("drain");
  }

  function drop(error: unknown): void {
    // The answer to the failure is written through these methods too.
    state = "open";
    if (!res.destroyed) fail(error);
    state = "failed";
  }

  res.writeHead = (...args: unknown[]) => {
    if (state !== "open") {
      // As arguments they would replace headers of the same name that others have set.
      const headers = args.at(-1);
      if (typeof headers === "object" && headers !== null) setHeaders(res, args.pop() as RawHeaders);
      res.statusCode = args[0] as number;
    }
    if (isOpen()) Reflect.apply(writeHead, res, args);
    else hold(() => Reflect.apply(writeHead, res, args));
    return res;
  };
  res.flushHeaders = () => {
    if (isOpen()) flushHeaders.call(res);
    else hold(() => flushHeaders.call(res));
  };
  res.write = (...args: unknown[]) => {
    if (isOpen()) return Reflect.apply(write, res, args);
    hold(() => Reflect.apply(write, res, args));
    mustDrain = true;
    return false;
  };
  res.end = (...args: unknown[]) => {
    if (isOpen()) Reflect.apply(end, res, args);
    else hold(() => Reflect.apply(end, res, args));
    return res;
  };

  return () => {
    if (state !== "untouched") return false;
    state = "open";
    return true;
  };
}

type RawHeaders = OutgoingHttpHeaders | OutgoingHttpHeader[] | [string, string][];

/** Sets what `writeHead` was given, in each of its forms, so that other headers can be added. */
function setHeaders(res: ServerResponse, headers: RawHeaders): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) res.setHeader(name, value);
    return;
  }
  const flat = headers.flat() as string[];
  for (let i = 0; i < flat.length; i += 2) res.removeHeader(flat[i] as string);
  for (let i = 0; i < flat.length; i += 2) res.appendHeader(flat[i] as string, String(flat[i + 1]));
}
