// Reads the responses of a connection, piece by piece, as strictly as a client may.

export interface Head {
  /** `HTTP/1.1 200 OK` */
  readonly line: string;
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export interface ParsedResponse {
  readonly head: Head;
  readonly body: Buffer[];
  readonly trailers: string[];
  isWhole: boolean;
}

type Framing = "length" | "chunked" | "connection";

export class ResponseParser {
  readonly informational: Head[] = [];
  readonly responses: ParsedResponse[] = [];
  /** How many responses came whole. */
  completed = 0;
  readonly #methodOfNext: () => string;
  #rest: Buffer = Buffer.alloc(0);
  #state: "head" | "body" | "size" | "piece" | "trailers" = "head";
  #framing: Framing = "length";
  /** Bytes that the body, or a piece of it, still lacks. */
  #missing = 0;

  constructor(methodOfNext: () => string) {
    this.#methodOfNext = methodOfNext;
  }

  /** How many final heads came. */
  get finals(): number {
    return this.responses.length;
  }

  /** Whether nothing is left over between two responses. */
  get isClean(): boolean {
    return this.#state === "head" && this.#rest.length === 0;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#step()) {
      // Goes on while there is something to read.
    }
  }

  /** The connection is closed. */
  close(): void {
    if (this.#state === "body" && this.#framing === "connection") this.#complete();
  }

  get #current(): ParsedResponse {
    const current = this.responses.at(-1);
    if (current === undefined) throw new Error("No response has begun.");
    return current;
  }

  #step(): boolean {
    if (this.#state === "head") return this.#readHead();
    if (this.#state === "body") return this.#readBody();
    if (this.#state === "size") return this.#readSize();
    if (this.#state === "piece") return this.#readPiece();
    return this.#readTrailer();
  }

  #line(): string | undefined {
    const end = this.#rest.indexOf("\r\n");
    if (end < 0) return undefined;
    const line = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  #readHead(): boolean {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return false;
    const [line = "", ...rest] = this.#rest.toString("latin1", 0, end).split("\r\n");
    this.#rest = this.#rest.subarray(end + 4);
    const headers = rest.map((text) => [text.slice(0, text.indexOf(":")), text.slice(text.indexOf(":") + 1).trim()]);
    const head = { line, status: Number(line.split(" ")[1]), headers: headers as [string, string][] };
    if (head.status >= 100 && head.status < 200) this.informational.push(head);
    else this.#begin(head);
    return true;
  }

  #begin(head: Head): void {
    const hasBody = this.#methodOfNext() !== "HEAD" && head.status !== 204 && head.status !== 304;
    this.responses.push({ head, body: [], trailers: [], isWhole: false });
    const length = valueOf(head, "content-length");
    if (!hasBody) {
      this.#complete();
    } else if (valueOf(head, "transfer-encoding") === "chunked") {
      this.#framing = "chunked";
      this.#state = "size";
    } else {
      this.#framing = length === undefined ? "connection" : "length";
      this.#missing = Number(length);
      this.#state = "body";
    }
  }

  #readBody(): boolean {
    const taken = this.#framing === "length" ? this.#rest.subarray(0, this.#missing) : this.#rest;
    if (taken.length > 0) this.#current.body.push(taken);
    this.#rest = this.#rest.subarray(taken.length);
    this.#missing -= taken.length;
    if (this.#framing !== "length" || this.#missing > 0) return false;
    this.#complete();
    return true;
  }

  #readSize(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    if (!/^[0-9a-f]+$/i.test(line)) throw new Error(`No size of a chunk: ${line}`);
    this.#missing = Number.parseInt(line, 16);
    this.#state = this.#missing === 0 ? "trailers" : "piece";
    return true;
  }

  #readPiece(): boolean {
    if (this.#rest.length < this.#missing + 2) return false;
    this.#current.body.push(this.#rest.subarray(0, this.#missing));
    this.#rest = this.#rest.subarray(this.#missing + 2);
    this.#state = "size";
    return true;
  }

  #readTrailer(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    if (line === "") this.#complete();
    else this.#current.trailers.push(line);
    return true;
  }

  #complete(): void {
    this.#current.isWhole = true;
    this.completed++;
    this.#state = "head";
  }
}

function valueOf({ headers }: Head, asked: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === asked)?.[1].toLowerCase();
}
