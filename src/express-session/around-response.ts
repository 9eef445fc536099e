// Where the drop-in takes part in a node response: before its headers go out, and before it ends.
import type { ServerResponse } from "node:http";
import { checkChunk } from "../adapters/body-chunk.ts";
import { setHeadersOf } from "../adapters/head-arguments.ts";

/**
 * Calls `beforeHeaders` once, and `beforeEnd` when the app ends the response. What the app gives to the end is sent when
 * that is done, with the headers if they were not sent before: no browser sees an answer before the session is stored.
 *
 * @param beforeEnd Calls `done` when the response may end; `false` when there is nothing to wait for.
 */
export function aroundResponse(
  res: ServerResponse,
  beforeHeaders: () => void,
  beforeEnd: (done: () => void) => boolean,
): void {
  const { writeHead, end } = res;
  let headersAreDue = true;
  let isEnding = false;

  res.writeHead = (...args: unknown[]) => {
    if (headersAreDue) {
      headersAreDue = false;
      setHeadersOf(res, args);
      beforeHeaders();
    }
    return Reflect.apply(writeHead, res, args);
  };

  res.end = (...args: unknown[]) => {
    if (isEnding) return res;
    checkChunk(args[0]);
    isEnding = true;
    let state: "asking" | "waiting" | "done" = "asking";
    const mustWait = beforeEnd(() => {
      const isLate = state === "waiting";
      state = "done";
      if (isLate) Reflect.apply(end, res, args);
    });
    if (!mustWait || state !== "asking") return Reflect.apply(end, res, args);
    state = "waiting";
    // Node makes the head now and sends it with the body: to the app, the headers have gone.
    if (!res.headersSent) res.writeHead(res.statusCode);
    return res;
  };
}
