// Holds a response back by the app's calls, on public methods alone: for Bun, Deno, and classes that send their bytes
// another way, such as light-my-request's. A whole answer and a stream both wait for the commit. Middleware that looks at
// a response's private parts meanwhile may see that nothing was written yet.
import type { ServerResponse } from "node:http";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { applyToNodeResponse } from "../shared/response-headers.ts";
import { keepOpen } from "./byte-hold.ts";
import type { FailureAnswer } from "./failure-answer.ts";
import type { ResponseHold } from "./response-hold.ts";

type Call = () => unknown;

/** What changes the headers, and is refused once the app has asked for the head. */
const HEADER_WRITERS = ["setHeader", "setHeaders", "appendHeader", "removeHeader"] as const;

function refuseHeaders(): never {
  const error = new Error("Cannot change headers after they are sent to the client");
  throw Object.assign(error, { code: "ERR_HTTP_HEADERS_SENT" });
}

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
  /** The status that the app has asked for with the head. */
  #status: Pick<ServerResponse, "statusCode" | "statusMessage"> | undefined;
  /** The properties that a refusal has replaced; `undefined` where the class has the method. */
  readonly #headerWriters = new Map<string, PropertyDescriptor | undefined>();

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
    if (this.#calls.length === 0 && !this.#headHadLeft) this.#lookSent();
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
    if (this.#headHadLeft) {
      // The caller cuts the connection.
      this.#letConnectionGo?.();
      return false;
    }
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

  /** From now on the app meets what it would meet if the head had left: it is as it is now. */
  #lookSent(): void {
    const res = this.#res;
    Object.defineProperty(res, "headersSent", { configurable: true, value: true });
    this.#status = { statusCode: res.statusCode, statusMessage: res.statusMessage };
    for (const name of HEADER_WRITERS) {
      if (typeof res[name] !== "function") continue;
      this.#headerWriters.set(name, Object.getOwnPropertyDescriptor(res, name));
      Object.defineProperty(res, name, { configurable: true, writable: true, value: refuseHeaders });
    }
  }

  #lookUnsent(): void {
    const res = this.#res;
    delete (res as { headersSent?: boolean }).headersSent;
    Object.assign(res, this.#status);
    for (const [name, own] of this.#headerWriters) {
      if (own) Object.defineProperty(res, name, own);
      else Reflect.deleteProperty(res, name);
    }
    this.#headerWriters.clear();
  }

  #take(): Call[] {
    this.isHolding = false;
    if (!this.#headHadLeft && this.#calls.length > 0) this.#lookUnsent();
    const calls = this.#calls;
    this.#calls = [];
    return calls;
  }
}
