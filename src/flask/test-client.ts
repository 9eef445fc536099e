// Flask's test client: a visitor with cookies, without a server. It knows of the app what it takes to send it requests.
import type { SessionManager } from "../core/manager.ts";
import { changeSession } from "../testing/session-transaction.ts";
import type { FlaskConfig } from "./config.ts";
import { CookieJar, type JarCookie } from "./cookie-jar.ts";
import type { FlaskSession, FlaskSessionData } from "./session.ts";

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

/** What `app.testClient()` needs of its app. */
interface TestedApp {
  readonly config: FlaskConfig;
  readonly sessions: SessionManager<FlaskSessionData>;
  request(input: string, init?: RequestInit): Promise<Response>;
}

/** More than this is a circle. */
const MAX_REDIRECTS = 20;

/**
 * A visitor of an app, who keeps cookies from one request to the next.
 *
 * @example
 * const client = app.testClient();
 * await client.post("/login", { data: { username: "ada" } });
 * assert.match(await (await client.get("/")).text(), /Logged in as ada/);
 */
export class FlaskClient {
  readonly #app: TestedApp;
  readonly #jar = new CookieJar();

  constructor(app: TestedApp) {
    this.#app = app;
  }

  /** Sends a request of any method. @throws what the view throws, where the config says TESTING. */
  async open(path: string, options: OpenOptions = {}): Promise<Response> {
    const url = new URL(path, this.#origin);
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
   * @throws SecretError when the app has no secret key; what `change` throws; what storing throws.
   * @example
   * await client.sessionTransaction((session) => {
   *   session.username = "ada";
   * });
   */
  async sessionTransaction(change: (session: FlaskSession) => unknown): Promise<void> {
    const url = this.#seenAt(new URL(this.#origin));
    const setCookie = await changeSession(this.#app.sessions, this.#jar.headerFor(url), change);
    if (setCookie !== undefined) this.#jar.take([setCookie], url);
  }

  /** A cookie that the app has set; `undefined` where there is none. */
  getCookie(name: string): JarCookie | undefined {
    return this.#jar.find(name);
  }

  /** Puts a cookie into the jar, as if the app had set it. */
  setCookie(name: string, value: string): void {
    const url = this.#seenAt(new URL(this.#origin));
    this.#jar.take([`${name}=${value}; Path=/`], url);
  }

  get #origin(): string {
    const { SERVER_NAME, PREFERRED_URL_SCHEME } = this.#app.config;
    return `${PREFERRED_URL_SCHEME ?? "http"}://${SERVER_NAME ?? "localhost"}`;
  }

  /** The browser sees the path that the app is mounted at, and the app does not. */
  #seenAt(url: URL): URL {
    const root = (this.#app.config.APPLICATION_ROOT ?? "/").replace(/\/$/, "");
    return new URL(root + url.pathname, url);
  }

  async #send(url: URL, init: RequestInit): Promise<Response> {
    const seen = this.#seenAt(url);
    const headers = new Headers(init.headers);
    const cookies = this.#jar.headerFor(seen);
    if (cookies !== "" && !headers.has("Cookie")) headers.set("Cookie", cookies);
    const response = await this.#app.request(url.href, { ...init, headers });
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
