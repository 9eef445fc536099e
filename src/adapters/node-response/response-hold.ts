// What each way of holding a response back can do. Three implement it: byte-hold.ts (HTTP/1 on Node), stream-hold.ts
// (HTTP/2) and call-hold.ts (every other runtime and class of response).
import type { ResponseDuties } from "../../core/session/active-session.ts";
import type { FailureAnswer } from "./failure-answer.ts";

export interface ResponseHold {
  /** Whether what the app writes is kept at present. */
  readonly isHolding: boolean;
  /**
   * Whether `addToRenderedHead` can be called: the head is a text that waits for the first byte of the body. Then the
   * arguments of `writeHead` stay as the app gave them.
   */
  readonly editsHead: boolean;
  addToRenderedHead(duties: readonly ResponseDuties[]): void;
  /** Keeps everything that the app writes from now on. A second call changes nothing. */
  hold(): void;
  /** The app has ended the response while it is held: the connection stays open until the answer has left. */
  guardConnection(): void;
  /** Sends what was kept, with these headers added, and keeps nothing from then on. */
  release(duties: readonly ResponseDuties[]): void;
  /**
   * Sends another answer in place of what was kept, and drops what the app still writes.
   * @returns `false` when the head had left before the hold: then nothing can be replaced, and nothing was done.
   */
  replace(answer: FailureAnswer): boolean;
}

/** An entry of what is kept: the callback belongs to the app or to Node. */
export type WriteCallback = ((error?: Error | null) => void) | null | undefined;

/** Tells the writers of what can't be sent any more that their connection is gone. */
export function failCallbacks(callbacks: Iterable<WriteCallback>): void {
  const error = Object.assign(new Error("Cannot call write after a stream was destroyed"), {
    code: "ERR_STREAM_DESTROYED",
  });
  for (const callback of callbacks) if (callback) process.nextTick(callback, error);
}
