// Holds a response of HTTP/2 back by what is given to its stream. The compatible form of `node:http2` runs unchanged above.
import type { ServerHttp2Stream } from "node:http2";
import type { ResponseDuties } from "../../core/session/active-session.ts";
import { forbidsStoring, varyOnCookie } from "../shared/response-headers.ts";
import type { FailureAnswer } from "./failure-answer.ts";
import { failCallbacks, type ResponseHold, type WriteCallback } from "./response-hold.ts";
import { checkChunk, checkEncoding } from "./write-arguments.ts";

type Headers = Record<string | symbol, unknown>;

/** What is used of a stream: the methods can be replaced. */
interface Stream extends Omit<ServerHttp2Stream, "respond" | "write" | "end" | "destroy" | "headersSent"> {
  destroy(error?: Error): unknown;
  readonly headRequest?: boolean;
  headersSent?: boolean;
  respond(headers?: Headers, options?: object): void;
  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean;
  end(...args: unknown[]): this;
}

interface KeptWrite {
  readonly chunk: string | Uint8Array;
  readonly encoding: unknown;
  readonly callback: WriteCallback;
}

export class StreamHold implements ResponseHold {
  isHolding = false;
  readonly editsHead = false;
  readonly #res: { statusCode: number };
  readonly #stream: Stream;
  #headHadLeft = false;
  #head: { headers: Headers; options: object | undefined } | undefined;
  #writes: KeptWrite[] = [];
  #size = 0;
  #end: unknown[] | undefined;
  #mustDrain = false;
  /** The app has cut the stream while it was held. */
  #cut: (() => void) | undefined;

  constructor(res: { statusCode: number; stream: unknown }) {
    this.#res = res;
    this.#stream = res.stream as Stream;
  }

  hold(): void {
    if (this.isHolding) return;
    const stream = this.#stream;
    this.isHolding = true;
    this.#headHadLeft = stream.headersSent === true;
    stream.respond = (headers = {}, options) => {
      checkStatus(headers[":status"]);
      this.#head = { headers, options };
    };
    stream.write = (chunk, encoding, callback) => this.#keep(chunk, encoding, callback);
    stream.end = (...args) => {
      this.#end = args;
      return stream;
    };
    const { destroy } = stream;
    // What the app wrote before would have left by now, so it leaves before the stream is cut.
    stream.destroy = (error) => {
      this.#cut ??= () => destroy.call(stream, error);
      return stream;
    };
    Object.defineProperty(stream, "headersSent", {
      configurable: true,
      get: () => this.#headHadLeft || this.#head !== undefined,
    });
  }

  /** A connection of HTTP/2 serves many responses, and closes when they are done. */
  guardConnection(): void {}

  /** Nothing is rendered here: headers are added before. */
  addToRenderedHead(): void {}

  release(duties: readonly ResponseDuties[]): void {
    const stream = this.#stream;
    this.#restore();
    const writes = this.#writes;
    this.#writes = [];
    if (stream.destroyed || stream.closed) {
      failCallbacks(writes.map((write) => write.callback));
      return;
    }
    if (this.#head) stream.respond(withHeaders(this.#head.headers, duties), this.#head.options);
    for (const { chunk, encoding, callback } of writes) stream.write(chunk, encoding, callback);
    if (this.#end) stream.end(...this.#end);
    else if (this.#mustDrain && !stream.writableNeedDrain) stream.emit("drain");
    if (this.#cut) cutAfterwards(stream, this.#cut);
  }

  replace(answer: FailureAnswer): boolean {
    if (this.#headHadLeft) return false;
    const stream = this.#stream;
    this.#restore();
    if (stream.destroyed || stream.closed) return true;
    const callbacks = this.#writes.map((write) => write.callback);
    this.#writes = [];
    this.#res.statusCode = answer.status;
    const headers: Headers = { ":status": answer.status };
    for (const [name, value] of Object.entries(answer.headers)) headers[name.toLowerCase()] = value;
    headers["content-length"] = Buffer.byteLength(answer.body);
    stream.respond(headers);
    stream.end(stream.headRequest ? "" : answer.body);
    for (const callback of callbacks) callback?.();
    this.#dropTheRest();
    if (this.#cut) cutAfterwards(stream, this.#cut);
    return true;
  }

  #keep(chunk: unknown, encoding: unknown, callback: unknown): boolean {
    if (chunk === null)
      throw Object.assign(new TypeError("May not write null values to stream"), { code: NULL_VALUES });
    checkChunk(chunk);
    const [actualEncoding, actualCallback] =
      typeof encoding === "function" ? [undefined, encoding] : [encoding, callback];
    checkEncoding(chunk, actualEncoding);
    const kept = chunk as KeptWrite["chunk"];
    this.#writes.push({ chunk: kept, encoding: actualEncoding, callback: actualCallback as WriteCallback });
    this.#size += kept.length;
    const mayGoOn = this.#size < this.#stream.writableHighWaterMark;
    if (!mayGoOn) this.#mustDrain = true;
    return mayGoOn;
  }

  /** The stream's own methods, which are those of its prototype. */
  #restore(): void {
    this.isHolding = false;
    const stream = this.#stream as Partial<Stream>;
    delete stream.respond;
    delete stream.write;
    delete stream.end;
    delete stream.destroy;
    delete stream.headersSent;
  }

  #dropTheRest(): void {
    const stream = this.#stream;
    stream.write = (_chunk, encoding, callback) => {
      const done = typeof encoding === "function" ? encoding : callback;
      if (typeof done === "function") process.nextTick(done as () => void);
      return true;
    };
    stream.end = () => stream;
  }
}

const NULL_VALUES = "ERR_STREAM_NULL_VALUES";

/** @throws RangeError as `respond` would. */
function checkStatus(status: unknown): void {
  const code = Number(status ?? 200);
  if (code >= 200 && code <= 599) return;
  throw Object.assign(new RangeError(`Invalid status code: ${String(status)}`), { code: "ERR_HTTP2_STATUS_INVALID" });
}

/** Cuts a stream when what was given to it has left. */
function cutAfterwards(stream: Stream, cut: () => void): void {
  if (stream.writableEnded && !stream.writableFinished) stream.once("finish", cut);
  else setImmediate(cut);
}

function withHeaders(headers: Headers, duties: readonly ResponseDuties[]): Headers {
  const extended: Headers = { ...headers };
  for (const each of duties) {
    if (each.varyOnCookie) extended["vary"] = varyOnCookie(extended["vary"]?.toString());
    if (each.setCookie !== undefined)
      extended["set-cookie"] = [extended["set-cookie"] ?? []].flat().concat(each.setCookie);
    if (forbidsStoring(each)) extended["cache-control"] ??= "no-store";
  }
  return extended;
}
