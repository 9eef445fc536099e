// Holds a response back by the app's calls, on public methods alone: for Bun, Deno, and classes that send their bytes
// another way, such as light-my-request's. A whole answer and a stream both wait for the commit. Middleware that looks at
// a response's private parts meanwhile may see that nothing was written yet.
import type { ServerResponse } from "node:http";
import type { ResponseDuties } from "../../core/active-session.ts";
import { applyToNodeResponse } from "../response-headers.ts";
import { keepOpen } from "./byte-hold.ts";
import type { FailureAnswer } from "./failure-answer.ts";
import type { ResponseHold } from "./response-hold.ts";

type Call = () => unknown;

export class CallHold implements ResponseHold {
  isHolding = false;
  readonly editsHead = false;
  readonly #res: ServerResponse;
  // Middleware may wrap these later: a failure is answered past that.
  readonly #writeHead: ServerResponse["writeHead"];
  readonly #end: ServerResponse["end"];
  #headHadLeft = false;
  #calls: Call[] = [];
  #size = 0;
  #mustDrain = false;
  #isDropping = false;
  #hasEnded = false;
  #letConnectionGo: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res;
    this.#writeHead = res.writeHead;
    this.#end = res.end;
  }

  hold(): void {
    if (this.isHolding) return;
    this.isHolding = true;
    this.#headHadLeft = this.#res.headersSent;
  }

  /** The app has ended the response: what it writes from now on is dropped. */
  guardConnection(): void {
    this.#hasEnded = true;
    const { socket } = this.#res;
    if (socket) this.#letConnectionGo ??= keepOpen(socket);
  }

  /** Nothing is rendered here: headers are added before. */
  addToRenderedHead(): void {}

  /** Makes the call now, or at the release. @returns Whether it was made. */
  call(call: Call): boolean {
    if (this.#isDropping || (this.isHolding && this.#hasEnded)) return false;
    if (!this.isHolding) {
      call();
      return true;
    }
    if (this.#calls.length === 0 && !this.#headHadLeft) {
      Object.defineProperty(this.#res, "headersSent", { configurable: true, value: true });
    }
    this.#calls.push(call);
    return false;
  }

  /** Counts a part of the body that is kept. @returns Whether the app may go on writing. */
  count(chunk: string | Uint8Array): boolean {
    this.#size += chunk.length;
    const mayGoOn = this.#size < this.#res.writableHighWaterMark;
    if (!mayGoOn) this.#mustDrain = true;
    return mayGoOn;
  }

  release(duties: readonly ResponseDuties[]): void {
    const calls = this.#take();
    if (!this.#res.headersSent) for (const each of duties) applyToNodeResponse(this.#res, each);
    for (const call of calls) call();
    if (this.#mustDrain && !this.#res.writableEnded) this.#res.emit("drain");
    this.#mustDrain = false;
    this.#letConnectionGo?.();
  }

  replace(answer: FailureAnswer): boolean {
    if (this.#headHadLeft) return false;
    this.#take();
    this.#isDropping = true;
    const res = this.#res;
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusMessage = answer.statusText;
    this.#writeHead.call(res, answer.status, { ...answer.headers } as Record<string, string | string[]>);
    this.#end.call(res, answer.body, "utf8");
    this.#letConnectionGo?.();
    return true;
  }

  #take(): Call[] {
    this.isHolding = false;
    if (!this.#headHadLeft) delete (this.#res as { headersSent?: boolean }).headersSent;
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }
}
