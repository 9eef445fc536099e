// Holds a node response back, headers and all, until its session is stored; and its end again when the session has
// changed since. Unlike the adapters' way, a failure goes to the app's own error handler, whenever that answers.
import type { ServerResponse } from "node:http";
import { beforeHeaders } from "../adapters/before-headers.ts";
import type { Awaitable } from "../core/store.ts";

/** Headers that describe the answer that was dropped. */
const OF_THE_ANSWER = /^(content-|etag$|last-modified$|location$|transfer-encoding$|cache-control$|trailer$)/;

/**
 * @param store Stores what is due: before the headers go out, and what has changed since when the end comes later.
 * @param tell Sets what the headers are to say of it.
 * @param fail The session was not stored: the app's answer is dropped, and this has another one made.
 */
export function holdResponse<Result>(
  res: ServerResponse,
  store: () => Awaitable<Result>,
  tell: (result: Result) => void,
  fail: (error: unknown) => void,
): void {
  const { end } = res;
  let hasFailed = false;
  let isEnding = false;

  /** Part of the answer is on its way: only a broken connection says that it is not whole. */
  function breakOff(error: unknown): void {
    fail(error);
    res.destroy();
  }

  res.end = (...args: unknown[]) => {
    if (isEnding) return res;
    isEnding = true;
    const storing = res.headersSent && !hasFailed ? promised(store) : undefined;
    if (storing instanceof Promise) storing.then(() => Reflect.apply(end, res, args)).catch(breakOff);
    else Reflect.apply(end, res, args);
    return res;
  };

  beforeHeaders(
    res,
    () => promised(store),
    (_res, result) => tell(result),
    (error) => {
      hasFailed = true;
      for (const name of res.getHeaderNames()) if (OF_THE_ANSWER.test(name)) res.removeHeader(name);
      res.statusCode = 500;
      fail(error);
    },
  );
}

/** What fails at once fails a moment later: the app, which is just writing, is not called from within. */
function promised<Result>(work: () => Awaitable<Result>): Awaitable<Result> {
  try {
    return work();
  } catch (error) {
    return Promise.reject(error);
  }
}
