// Where the drop-in takes part in a node response: before its headers go out, and before it ends.
import type { ServerResponse } from "node:http";
import { checkChunk } from "../adapters/body-chunk.ts";
import { setHeadersOf } from "../adapters/head-arguments.ts";

/**
 * Calls `beforeHeaders` once, and `beforeEnd` when the app ends the response. What the app gives to the end is sent when
 * that is done, with the headers if they were not sent before: no browser sees an answer before the session is stored.
 *
 * @param beforeEnd Calls `done` when the response may end; `false` when there is nothing to wait for. What it throws is
 *   the app's to answer: that answer is sent as it is.
 */
export function aroundResponse(
  res: ServerResponse,
  beforeHeaders: () => void,
  beforeEnd: (done: () => void) => boolean,
): void {
  const { writeHead, end } = res;
  let headersAreDue = true;
  let isEnding = false;
  let hasFailed = false;

  /** What fails is tried no second time: the answer to it must be able to go out. */
  function attempt<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      headersAreDue = false;
      isEnding = false;
      hasFailed = true;
      throw error;
    }
  }

  res.writeHead = (...args: unknown[]) => {
    if (headersAreDue) {
      headersAreDue = false;
      setHeadersOf(res, args);
      attempt(beforeHeaders);
    }
    return Reflect.apply(writeHead, res, args);
  };

  res.end = (...args: unknown[]) => {
    if (isEnding) return res;
    if (hasFailed) return Reflect.apply(end, res, args);
    checkChunk(args[0]);
    isEnding = true;
    let state: "asking" | "waiting" | "done" = "asking";
    const done = (): void => {
      const isLate = state === "waiting";
      state = "done";
      if (isLate) Reflect.apply(end, res, args);
    };
    const mustWait = attempt(() => beforeEnd(done));
    if (!mustWait || state !== "asking") return Reflect.apply(end, res, args);
    state = "waiting";
    // Node makes the head now and sends it with the body: to the app, the headers have gone.
    if (!res.headersSent) res.writeHead(res.statusCode);
    return res;
  };
}
