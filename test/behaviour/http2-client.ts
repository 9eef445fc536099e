// A client of HTTP/2 with a cookie jar, all of whose requests go over one connection.
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";

interface Http2Response {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly setCookies: readonly string[];
  text(): Promise<string>;
  /** Ends the stream from the client's side. */
  cancel(): Promise<void>;
}

export class Http2Client {
  readonly #session: ClientHttp2Session;
  readonly #jar = new Map<string, string>();

  constructor(url: string) {
    this.#session = connect(url, { rejectUnauthorized: false });
  }

  /** Resolves when the headers have come. */
  async request(
    path: string,
    init: { method?: string; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Http2Response> {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`);
    const stream: ClientHttp2Stream = this.#session.request({
      ...init.headers,
      ":path": path,
      ":method": init.method ?? "GET",
      ...(cookie.length > 0 ? { cookie: cookie.join("; ") } : {}),
    });
    const headers = await headersOf(stream);
    const setCookies = headers["set-cookie"] ?? [];
    for (const setCookie of setCookies) {
      const [pair = ""] = setCookie.split(";");
      this.#jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return {
      status: Number(headers[":status"]),
      headers,
      setCookies,
      text: async () => {
        let text = "";
        for await (const chunk of stream.setEncoding("utf8")) text += chunk;
        return text;
      },
      cancel: async () => {
        const closed = once(stream, "close");
        stream.close(8);
        await closed;
      },
    };
  }

  async get(path: string): Promise<string> {
    return (await this.request(path)).text();
  }

  close(): void {
    this.#session.destroy();
  }
}

function headersOf(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  return new Promise((resolve, reject) => {
    stream.on("response", resolve);
    stream.on("error", reject);
    // Nobody learns of it otherwise when the connection ends first.
    stream.on("close", () => reject(new Error("The stream was closed without a response.")));
  });
}
