// A visitor for tests of an app, who keeps cookies from one request to the next. It knows of the app only how to send it
// requests.
import { createServer, type RequestListener, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { SessionManager } from "../core/manager.ts";
import type { Session } from "../core/session/types.ts";
import { CookieJar, type JarCookie } from "./cookie-jar.ts";
import { changeSession } from "./session-transaction.ts";

export interface OpenOptions {
  /** Default `"GET"`. */
  readonly method?: string | undefined;
  readonly headers?: RequestInit["headers"];
  /** The fields of a form, or a body of your own. */
  readonly data?:
    | Readonly<Record<string, string>>
    | URLSearchParams
    | FormData
    | string
    | Uint8Array<ArrayBuffer>
    | undefined;
  /** A body of JSON, with its Content-Type. */
  readonly json?: unknown;
  /** Added to the URL: `{ page: "2" }`. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Goes on to where the app sends the browser. Default `false`. */
  readonly followRedirects?: boolean | undefined;
}

/** An app that a client visits. */
export interface TestedApp<Data> {
  /** Scheme and host of its URLs. */
  readonly origin: string;
  /** The path at which the browser sees it, and which it does not see itself. Default `"/"`. */
  readonly root?: string | undefined;
  /** The app's manager. @throws Error where there is none. */
  readonly sessions: SessionManager<Data>;
  send(url: string, init: RequestInit): Response | Promise<Response>;
}

/** What answers a Request with a Response: a handler, or an app that has one, such as Hono's. */
export type FetchApp =
  | ((request: Request) => Response | Promise<Response>)
  | { fetch(request: Request): Response | Promise<Response> };

export interface TestClientOptions<Data> {
  /** The app's own manager, for `sessionTransaction`. */
  readonly sessions?: SessionManager<Data> | undefined;
  /** Scheme and host of the URLs that the app sees. Default `"http://localhost"`. */
  readonly origin?: string | undefined;
}

/** More than this is a circle. */
const MAX_REDIRECTS = 20;

/**
 * A visitor of an app, who keeps cookies from one request to the next.
 *
 * @example
 * const client = testClient(app, { sessions });
 * await client.post("/login", { data: { username: "ada" } });
 * assert.match(await (await client.get("/")).text(), /Logged in as ada/);
 */
export class TestClient<Data = Record<string, unknown>> {
  readonly #app: TestedApp<Data>;
  readonly #jar = new CookieJar();

  constructor(app: TestedApp<Data>) {
    this.#app = app;
  }

  /** Sends a request of any method. @throws what the app throws. */
  async open(path: string, options: OpenOptions = {}): Promise<Response> {
    const url = new URL(path, this.#app.origin);
    for (const [name, value] of Object.entries(options.query ?? {})) url.searchParams.append(name, value);
    let response = await this.#send(url, initOf(options));
    for (let count = 0; options.followRedirects === true && response.headers.has("Location"); count++) {
      if (count === MAX_REDIRECTS) throw new Error(`${path} leads to ${MAX_REDIRECTS} redirects, which is a circle.`);
      response = await this.#follow(url, response, options);
    }
    return response;
  }

  get(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "GET" });
  }

  head(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "HEAD" });
  }

  post(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "POST" });
  }

  put(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "PUT" });
  }

  patch(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "PATCH" });
  }

  delete(path: string, options: OpenOptions = {}): Promise<Response> {
    return this.open(path, { ...options, method: "DELETE" });
  }

  /**
   * Changes this visitor's session between two requests; what it becomes is stored, and its cookie kept.
   *
   * @param change Gets the session, as a view would; a promise is awaited. When it throws, nothing is stored.
   * @throws Error when the client has no manager; what `change` throws; what storing throws.
   * @example
   * await client.sessionTransaction((session) => {
   *   session.username = "ada";
   * });
   */
  async sessionTransaction(change: (session: Session<Data>) => unknown): Promise<void> {
    const url = this.#seenAt(new URL(this.#app.origin));
    const setCookie = await changeSession(this.#app.sessions, this.#jar.headerFor(url), change);
    if (setCookie !== undefined) this.#jar.take([setCookie], url);
  }

  /** A cookie that the app has set; `undefined` where there is none. */
  getCookie(name: string): JarCookie | undefined {
    return this.#jar.find(name);
  }

  /** Puts a cookie into the jar, as if the app had set it. */
  setCookie(name: string, value: string): void {
    const url = this.#seenAt(new URL(this.#app.origin));
    this.#jar.take([`${name}=${value}; Path=/`], url);
  }

  /** The browser sees the path that the app is mounted at, and the app does not. */
  #seenAt(url: URL): URL {
    const root = (this.#app.root ?? "/").replace(/\/$/, "");
    return new URL(root + url.pathname, url);
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    const seen = this.#seenAt(url);
    const headers = new Headers(init.headers);
    const cookies = this.#jar.headerFor(seen);
    if (cookies !== "" && !headers.has("Cookie")) headers.set("Cookie", cookies);
    const response = await this.#app.send(url.href, { ...init, headers });
    this.#jar.take(response.headers.getSetCookie(), seen);
    return response;
  }

  /** 307 and 308 send the same once more; all others are answered by a GET, as browsers do. */
  #follow(url: URL, response: Response, options: OpenOptions): Promise<Response> {
    const { origin } = url;
    url.href = new URL(response.headers.get("Location") ?? "", url).href;
    if (url.origin !== origin) throw new Error(`The app sends the browser to ${url.origin}, which is not this app.`);
    const isRepeated = response.status === 307 || response.status === 308;
    return this.#send(url, isRepeated ? initOf(options) : { headers: new Headers(options.headers) });
  }
}

/**
 * A visitor of an app that answers a Request: Hono, `withSession`, a route handler.
 *
 * @example
 * const client = testClient(app, { sessions });
 * await client.sessionTransaction((session) => session.set("username", "ada"));
 * const page = await client.get("/account");
 */
export function testClient<Data = Record<string, unknown>>(
  app: FetchApp,
  { sessions, origin = "http://localhost" }: TestClientOptions<Data> = {},
): TestClient<Data> {
  const answer = typeof app === "function" ? app : (request: Request) => app.fetch(request);
  return new TestClient<Data>({
    origin,
    get sessions() {
      return sessions ?? refuseWithoutSessions();
    },
    send: (url, init) => answer(new Request(url, init)),
  });
}

/**
 * A visitor of a Node app: an Express app, Koa's `app.callback()`, a listener of `node:http`, or a server, such as Fastify's
 * `app.server` after `await app.ready()`. It is reached by a port of this machine that is open until the process ends or `close` is called.
 *
 * @example
 * const client = await nodeTestClient(expressApp, { sessions });
 * await client.post("/login", { data: { username: "ada" } });
 */
export async function nodeTestClient<Data = Record<string, unknown>>(
  app: RequestListener | Server,
  { sessions }: Pick<TestClientOptions<Data>, "sessions"> = {},
): Promise<TestClient<Data> & { close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (app instanceof Server) app.emit("request", request, response);
    else app(request, response);
  });
  server.on("connection", (socket) => socket.unref());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const client = new TestClient<Data>({
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get sessions() {
      return sessions ?? refuseWithoutSessions();
    },
    send: (url, init) => fetch(url, { ...init, redirect: "manual" }),
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(client, { close });
}

function refuseWithoutSessions(): never {
  throw new TypeError("The client has no sessions. Give it the app's manager: testClient(app, { sessions }).");
}

function initOf({ method = "GET", headers, data, json }: OpenOptions): RequestInit {
  const all = new Headers(headers);
  if (json !== undefined) {
    if (!all.has("Content-Type")) all.set("Content-Type", "application/json");
    return { method, headers: all, body: JSON.stringify(json) };
  }
  return { method, headers: all, ...(data === undefined ? {} : { body: bodyOf(data) }) };
}

function bodyOf(data: NonNullable<OpenOptions["data"]>): NonNullable<RequestInit["body"]> {
  const isBody = typeof data === "string" || data instanceof Uint8Array || data instanceof FormData;
  return isBody || data instanceof URLSearchParams ? data : new URLSearchParams(data);
}
