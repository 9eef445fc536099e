// An HTTP client with a cookie jar for one host, on node:http, so that headers go out exactly as given.
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

export interface ClientResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** All Set-Cookie values. */
  readonly setCookies: readonly string[];
  text(): Promise<string>;
}

interface RequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export class Client {
  readonly #url: string;
  readonly #jar = new Map<string, string>();

  constructor(url: string, cookieHeader?: string) {
    this.#url = url;
    for (const pair of cookieHeader?.split("; ") ?? []) this.#take(pair);
  }

  /** What the next request says in its Cookie header; `undefined` where the jar is empty. */
  get cookieHeader(): string | undefined {
    const pairs = [...this.#jar].map(([name, value]) => `${name}=${value}`);
    return pairs.length > 0 ? pairs.join("; ") : undefined;
  }

  /** Another browser with the same cookies. */
  clone(): Client {
    return new Client(this.#url, this.cookieHeader);
  }

  /** Resolves when the headers have come; the body may still be under way. */
  async request(path: string, init: RequestInit = {}): Promise<ClientResponse> {
    const { cookieHeader } = this;
    const headers = { ...(cookieHeader === undefined ? {} : { cookie: cookieHeader }), ...init.headers };
    const response = await send(this.#url + path, init.method ?? "GET", headers, init.body);
    const setCookies = response.headers["set-cookie"] ?? [];
    for (const setCookie of setCookies) this.#take(setCookie);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      setCookies,
      text: async () => {
        let text = "";
        for await (const chunk of response.setEncoding("utf8")) text += chunk;
        return text;
      },
    };
  }

  /** The body of a GET, in one step. */
  async get(path: string): Promise<string> {
    return (await this.request(path)).text();
  }

  #take(setCookie: string): void {
    const [pair = ""] = setCookie.split(";");
    const at = pair.indexOf("=");
    if (/;\s*Max-Age=0\b/i.test(setCookie)) this.#jar.delete(pair.slice(0, at));
    else this.#jar.set(pair.slice(0, at), pair.slice(at + 1));
  }
}

function send(url: string, method: string, headers: Record<string, string>, body?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, rejectUnauthorized: false };
    const request = url.startsWith("https:") ? httpsRequest(url, options) : httpRequest(url, options);
    request.on("response", resolve).on("error", reject).end(body);
  });
}
