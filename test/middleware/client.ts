// A client on a bare socket: it sees what a server really sends, and says so in a form that can be compared.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import { type Head, ResponseParser } from "./response-parser.ts";

/** How a client behaves: `last` sends no further request, `leaves` goes away after the first bytes of a body. */
export type Behaviour = "plain" | "slow" | "expect" | "pipeline" | "leaves" | "last";

/** What a client sends. */
export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly version?: "1.0" | "1.1";
  readonly client?: Behaviour;
}

/** An answer as it came over the wire. */
export interface Answer {
  /** `HTTP/1.1 200 OK` */
  readonly status: string;
  /** Of the head, in order of their names, but those that a session may change. */
  readonly headers: readonly string[];
  /** Decoded; or what is wrong with the coding. */
  readonly body: string;
  readonly trailers: readonly string[];
  /** Whether the framing says that all of it came. */
  readonly isWhole: boolean;
  /** The names of the cookies that it sets. Not compared. */
  readonly cookies: readonly string[];
  /** Their `name=value`, as a browser sends them back. */
  readonly cookiePairs: readonly string[];
}

export interface Wire {
  /** Heads of 1xx, in order. */
  readonly informational: readonly string[];
  readonly answers: readonly Answer[];
  /** How it ended: with the answer, with the connection, or not at all. */
  readonly end: "answered" | "closed" | "hang";
  /** What became of a further request on the connection. */
  readonly next: string;
}

/** Ends the wait for an answer that never comes; so long that no busy machine reaches it. In ms. */
export const HANG = 10_000;

/** Headers that differ with sessions, or from one moment to the next. */
export const IGNORED = new Set(["set-cookie", "vary", "cache-control", "date", "etag", "x-response-time"]);

const PIPELINED = 3;

/**
 * @param path Of the handler.
 * @param headers Sent beside those of the request.
 * @param crashed Fires when the process would have ended: what comes then counts for nothing.
 */
export async function ask(
  port: number,
  path: string,
  request: RawRequest,
  headers: Readonly<Record<string, string>>,
  crashed?: AbortSignal,
): Promise<Wire> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const exchange = new Exchange(socket, request, path, headers);
  const limit = setTimeout(() => exchange.giveUp(), HANG);
  const giveUp = (): void => exchange.giveUp();
  crashed?.addEventListener("abort", giveUp);
  try {
    return await exchange.run();
  } finally {
    clearTimeout(limit);
    crashed?.removeEventListener("abort", giveUp);
    socket.destroy();
  }
}

/** The value of each cookie that an answer sets, for the `Cookie` header. */
export async function cookieOf(port: number, path: string, headers: Readonly<Record<string, string>>): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await response.arrayBuffer();
  return response.headers
    .getSetCookie()
    .map((cookie) => cookie.split(";")[0])
    .join("; ");
}

class Exchange {
  readonly #socket: Socket;
  readonly #request: RawRequest;
  readonly #path: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #parser: ResponseParser;
  readonly #client: Behaviour;
  readonly #expected: number;
  /** What no client can read. */
  #broken: string | undefined;
  #isClosed = false;
  #isHanging = false;
  #wake = (): void => {};

  constructor(socket: Socket, request: RawRequest, path: string, headers: Readonly<Record<string, string>>) {
    this.#socket = socket;
    this.#request = request;
    this.#path = path;
    this.#headers = headers;
    this.#client = request.client ?? "plain";
    this.#expected = this.#client === "pipeline" ? PIPELINED : 1;
    this.#parser = new ResponseParser(() => (request.method === "HEAD" && this.#parser.finals === 0 ? "HEAD" : "GET"));
    // A connection that is reset is a closed one.
    socket.on("error", () => {});
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("close", () => {
      this.#isClosed = true;
      this.#parser.close();
      this.#wake();
    });
  }

  giveUp(): void {
    this.#isHanging = true;
    this.#wake();
  }

  async run(): Promise<Wire> {
    for (let count = 0; count < this.#expected; count++) this.#socket.write(this.#head());
    if (this.#client !== "expect") this.#socket.write(this.#request.body ?? "");
    if (this.#client === "slow") await this.#pause();
    await this.#until(() => this.#parser.completed >= this.#expected || this.#isLeaving());
    const { responses, informational } = this.#parser;
    const answers = responses.slice(0, this.#expected).map(answerOf);
    const end = this.#isHanging ? "hang" : this.#parser.completed >= this.#expected ? "answered" : "closed";
    const next = this.#broken ?? (end === "answered" ? await this.#next() : "none");
    return { informational: informational.map(headText), answers, end, next };
  }

  #receive(chunk: Buffer): void {
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#broken = String(error);
      this.#socket.destroy();
    }
    this.#wake();
  }

  #isLeaving(): boolean {
    return this.#client === "leaves" && (this.#parser.responses[0]?.body.length ?? 0) > 0;
  }

  async #until(isMet: () => boolean): Promise<void> {
    let hasSentBody = false;
    while (!isMet() && !this.#isClosed && !this.#isHanging) {
      if (this.#client === "expect" && !hasSentBody && this.#parser.informational.length > 0) {
        hasSentBody = true;
        this.#socket.write(this.#request.body ?? "");
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Reads nothing until the server can't send more. */
  async #pause(): Promise<void> {
    this.#socket.pause();
    await once(this.#socket, "connect");
    await new Promise((resolve) => setTimeout(resolve, 100));
    this.#socket.resume();
  }

  /** Whether the connection serves what comes next. */
  async #next(): Promise<string> {
    if (this.#client === "last" || this.#client === "leaves") return "not asked";
    if (this.#client === "expect" && this.#parser.informational.length === 0) return "not asked";
    const { completed } = this.#parser;
    if (!this.#isClosed) this.#socket.write(`GET /--next HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await this.#until(() => this.#parser.completed > completed);
    if (this.#isHanging) return "hang";
    const answer = this.#parser.responses[completed];
    if (answer === undefined) return this.#parser.isClean ? "closed" : "closed with bytes left";
    const text = answerOf(answer);
    return text.status.startsWith("HTTP/1.1 200") && text.body === "next" ? "served" : `${text.status} ${text.body}`;
  }

  #head(): string {
    const { method = "GET", version = "1.1", headers = {}, body } = this.#request;
    const all: Record<string, string> = { host: "localhost", "accept-encoding": "gzip", ...this.#headers, ...headers };
    if (body !== undefined) all["content-length"] = String(Buffer.byteLength(body));
    if (this.#client === "expect") all["expect"] = "100-continue";
    const rest = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `${method} ${this.#path} HTTP/${version}\r\n${rest.join("")}\r\n`;
  }
}

function answerOf(response: ResponseParser["responses"][number]): Answer {
  return {
    status: response.head.line,
    headers: shown(response.head),
    body: decoded(response.head, Buffer.concat(response.body), response.isWhole),
    trailers: response.trailers,
    isWhole: response.isWhole,
    ...cookiesOf(
      response.head.headers.filter(([name]) => name.toLowerCase() === "set-cookie").map(([, value]) => value),
    ),
  };
}

export function cookiesOf(setCookies: readonly string[]): Pick<Answer, "cookies" | "cookiePairs"> {
  const cookiePairs = setCookies.map((text) => text.split(";")[0] ?? "");
  return { cookies: cookiePairs.map((pair) => pair.slice(0, pair.indexOf("="))), cookiePairs };
}

function headText(head: Head): string {
  return [head.line, ...shown(head)].join("; ");
}

function shown({ headers }: Head): string[] {
  return headers
    .filter(([name]) => !IGNORED.has(name.toLowerCase()))
    .map(([name, value]) => `${name}: ${value}`)
    .sort();
}

/** The body without its coding. Of one that was cut, what came. */
function decoded({ headers }: Head, body: Buffer, isWhole: boolean): string {
  const coding = headers.find(([name]) => name.toLowerCase() === "content-encoding")?.[1];
  if (coding === undefined || body.length === 0) return body.toString("latin1");
  if (!isWhole) return `cut, under ${coding}`;
  try {
    return decode(coding, body).toString("latin1");
  } catch (error) {
    return `not ${coding}: ${Reflect.get(Object(error), "code")}`;
  }
}

export function decode(coding: string, body: Buffer): Buffer {
  if (coding === "gzip") return gunzipSync(body);
  if (coding === "br") return brotliDecompressSync(body);
  if (coding === "deflate") return inflateSync(body);
  return body;
}
