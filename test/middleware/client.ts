// A client on a bare socket: it sees what a server really sends, and says so in a form that can be compared.
import { connect, type Socket } from "node:net";
import {
  type Answer,
  answerFrom,
  type Behaviour,
  limitOf,
  type RawRequest,
  shownHeaders,
  slowDown,
  type Wire,
} from "./answer.ts";
import { type Head, ResponseParser } from "./response-parser.ts";

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
  const limit = setTimeout(() => exchange.giveUp(), limitOf(request));
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
  #hasSentBody: boolean;
  #wake = (): void => {};

  constructor(socket: Socket, request: RawRequest, path: string, headers: Readonly<Record<string, string>>) {
    this.#socket = socket;
    this.#request = request;
    this.#path = path;
    this.#headers = headers;
    this.#client = request.client ?? "plain";
    this.#hasSentBody = this.#client !== "expect";
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
    if (this.#hasSentBody) this.#socket.write(this.#request.body ?? "");
    slowDown(this.#socket, this.#request);
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
    while (!isMet() && !this.#isClosed && !this.#isHanging) {
      if (!this.#hasSentBody && this.#parser.informational.length > 0) {
        this.#hasSentBody = true;
        this.#socket.write(this.#request.body ?? "");
      }
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  /** Whether the connection serves what comes next. */
  async #next(): Promise<string> {
    if (this.#client === "last" || this.#client === "leaves") return "not asked";
    // The server would take it for the body that it still waits for.
    if (!this.#hasSentBody) return "not asked";
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

function answerOf({ head, body, trailers, isWhole }: ResponseParser["responses"][number]): Answer {
  return answerFrom({ status: head.line, headers: head.headers, body, trailers, isWhole });
}

function headText(head: Head): string {
  return [head.line, ...shownHeaders(head.headers)].join("; ");
}
