// Holds an HTTP/1 response of Node's back by its bytes: Node's own code runs unchanged and renders head and body, and only
// the step that hands bytes to the socket is put off, as Node itself does for a pipelined response. So the app and its
// middleware see what they would see without us. See docs/decisions/020-hold-bytes-not-calls.md.
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import type { FailureAnswer } from "./failure-answer.ts";
import { addToHead } from "./head-text.ts";
import { failCallbacks, type ResponseHold, type WriteCallback } from "./response-hold.ts";
import { checkEncoding } from "./write-arguments.ts";

interface OutputEntry {
  data: string | Uint8Array;
  encoding: string | null | undefined;
  callback: WriteCallback;
}

/** The private parts of a response that a hold uses; `canHoldBytes` tries them before they are relied on. */
export type InternalResponse = ServerResponse & {
  outputData: OutputEntry[];
  outputSize: number;
  _header: string | null;
  _headerSent: boolean;
  /** The connection ends with this response. */
  _last: boolean;
  _writeRaw(data: string | Uint8Array, encoding?: unknown, callback?: unknown, size?: number): boolean;
  _flush(): void;
  /** Counts the bytes that wait on this connection, by which Node pauses a client that pipelines. */
  _onPendingData(delta: number): void;
  [HOLD]?: ByteHold;
};

const HOLD: unique symbol = Symbol.for("coatcheck.byteHold");

export class ByteHold implements ResponseHold {
  isHolding = false;
  readonly editsHead = true;
  readonly #res: InternalResponse;
  #writeRaw: InternalResponse["_writeRaw"];
  #flush: InternalResponse["_flush"];
  #headHadLeft = false;
  #isDropping = false;
  /** Bytes in `outputData` that Node has not counted as waiting. */
  #uncounted = 0;
  #letConnectionGo: (() => void) | undefined;

  constructor(res: ServerResponse) {
    this.#res = res as InternalResponse;
    this.#writeRaw = this.#res._writeRaw;
    this.#flush = this.#res._flush;
    this.#res[HOLD] = this;
  }

  hold(): void {
    if (this.isHolding) return;
    const res = this.#res;
    this.isHolding = true;
    this.#headHadLeft = res._headerSent;
    this.#writeRaw = res._writeRaw;
    this.#flush = res._flush;
    res._writeRaw = writeRaw;
    res._flush = flush;
  }

  guardConnection(): void {
    const { socket } = this.#res;
    if (!socket || this.#letConnectionGo) return;
    this.#letConnectionGo = keepOpen(socket);
  }

  release(duties: readonly ResponseDuties[]): void {
    const res = this.#res;
    this.isHolding = false;
    if (duties.length > 0 && !this.#headHadLeft) this.addToRenderedHead(duties);
    // Node's own methods again, and not `delete`, which would give each response another shape.
    res._writeRaw = this.#writeRaw;
    res._flush = this.#flush;
    this.#send();
  }

  replace(answer: FailureAnswer): boolean {
    if (this.#headHadLeft) {
      this.#letConnectionGo?.();
      return false;
    }
    const res = this.#res;
    this.isHolding = false;
    this.#isDropping = true;
    const callbacks = res.outputData.map((entry) => entry.callback);
    const isLast = !res.finished || res._last;
    const [head, body] = answerText(res, answer, isLast);
    const data = head + body;
    res._header = head;
    res._headerSent = true;
    // Middleware that logs reads the status from here.
    res.statusCode = answer.status;
    res.statusMessage = answer.statusText;
    res._last = isLast;
    this.#uncounted += data.length - res.outputSize;
    res.outputData = [{ data, encoding: "utf8", callback: () => runAll(callbacks) }];
    res.outputSize = data.length;
    res._flush = this.#flush;
    this.#send();
    // An app that still streams has nothing left to say: it sees its client go.
    if (!res.finished) this.#closeAfterAnswer();
    return true;
  }

  /** @returns As Node's own: whether the app may go on writing. */
  write(data: string | Uint8Array, encoding: unknown, callback: unknown): boolean {
    const res = this.#res;
    if (res.socket?.destroyed) return false;
    const [actualEncoding, actualCallback] = typeof encoding === "function" ? [null, encoding] : [encoding, callback];
    if (this.#isDropping) {
      if (typeof actualCallback === "function") process.nextTick(actualCallback as () => void);
      return true;
    }
    checkEncoding(data, actualEncoding);
    res.outputData.push({
      data,
      encoding: actualEncoding as OutputEntry["encoding"],
      callback: actualCallback as WriteCallback,
    });
    res.outputSize += data.length;
    this.#uncounted += data.length;
    return res.outputSize < res.writableHighWaterMark;
  }

  /** A pipelined response gets its connection while it is held. */
  connected(): void {
    if (this.#res.finished) this.guardConnection();
  }

  addToRenderedHead(duties: readonly ResponseDuties[]): void {
    const res = this.#res;
    const { _header: header } = res;
    if (header === null) return;
    const extended = addToHead(header, duties);
    // On Node 26 the head may still wait beside the first chunk; otherwise it stands in front of what was kept.
    if (res._headerSent) {
      const entry = res.outputData.find(({ data }) => typeof data === "string" && data.startsWith(header));
      if (!entry) return;
      entry.data = extended + (entry.data as string).slice(header.length);
      res.outputSize += extended.length - header.length;
      this.#uncounted += extended.length - header.length;
    }
    res._header = extended;
  }

  #send(): void {
    const res = this.#res;
    const letConnectionGo = this.#letConnectionGo;
    this.#letConnectionGo = undefined;
    this.#countOnFlush();
    if (res.socket?.destroyed) this.#forget();
    // After an end that wrote nothing, Node has finished the response already.
    else if (res.outputData.length > 0) res._flush();
    letConnectionGo?.();
  }

  /** Node subtracts all of `outputSize` when it flushes, so what it has not counted is added in the same step. */
  #countOnFlush(): void {
    const res = this.#res;
    const uncounted = this.#uncounted;
    this.#uncounted = 0;
    if (uncounted === 0) return;
    const count = res._onPendingData;
    res._onPendingData = (delta) => {
      res._onPendingData = count;
      count(delta + uncounted);
    };
  }

  #forget(): void {
    const res = this.#res;
    const kept = res.outputData;
    res.outputData = [];
    res.outputSize = 0;
    failCallbacks(kept.map((entry) => entry.callback));
  }

  #closeAfterAnswer(): void {
    const res = this.#res;
    if (res.socket) {
      res.socket.destroySoon();
      return;
    }
    const nodeFlush = this.#flush;
    res._flush = () => {
      nodeFlush.call(res);
      res.socket?.destroySoon();
    };
  }
}

// The same functions for all responses: see docs/decisions/017-what-a-request-allocates.md.
function writeRaw(this: InternalResponse, data: string | Uint8Array, encoding: unknown, callback: unknown): boolean {
  return (this[HOLD] as ByteHold).write(data, encoding, callback);
}

/** Node calls it when a pipelined response gets its turn: what is held goes later. */
function flush(this: InternalResponse): void {
  (this[HOLD] as ByteHold).connected();
}

/**
 * Puts off whatever ends the connection. A response that has ended counts as sent: `server.close()` then takes the
 * connection for idle, and an error handler that finds the head sent cuts it.
 * @returns A function that allows the end again, and carries out what was asked for meanwhile.
 */
export function keepOpen(socket: Socket): () => void {
  const { destroy, end } = socket;
  let destroyLater: (() => void) | undefined;
  let endLater: (() => void) | undefined;
  socket.destroy = (error) => {
    destroyLater ??= () => destroy.call(socket, error);
    return socket;
  };
  socket.end = (...args: unknown[]) => {
    endLater ??= () => Reflect.apply(end, socket, args);
    return socket;
  };
  return () => {
    socket.destroy = destroy;
    socket.end = end;
    endLater?.();
    destroyLater?.();
  };
}

/** The head and the body of an answer, for a response whose own head may be rendered already. */
function answerText(res: InternalResponse, answer: FailureAnswer, isLast: boolean): [head: string, body: string] {
  const lines = [`HTTP/1.1 ${answer.status} ${answer.statusText}`];
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const each of [value].flat()) lines.push(`${name}: ${each}`);
  }
  lines.push(`Date: ${new Date().toUTCString()}`, `Content-Length: ${Buffer.byteLength(answer.body)}`);
  lines.push(`Connection: ${isLast ? "close" : "keep-alive"}`);
  return [`${lines.join("\r\n")}\r\n\r\n`, res.req?.method === "HEAD" ? "" : answer.body];
}

function runAll(callbacks: readonly WriteCallback[]): void {
  for (const callback of callbacks) callback?.();
}
