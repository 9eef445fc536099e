// The request as a view sees it, under Flask's names. It only reads; what it gives was there before the view was called.
import type { Context } from "hono";
import { type AcceptLanguages, createAcceptLanguages } from "./accept-languages.ts";
import { HTTPException } from "./errors.ts";
import { createMultiDict, type MultiDict } from "./multi-dict.ts";
import { mimetypeOf, NO_BODY, type RequestBody } from "./request-body.ts";
import { parseCookies } from "./werkzeug-cookie.ts";

/** What the app knows of a request besides what was sent. */
interface RequestRoute {
  readonly endpoint: string | undefined;
  readonly viewArgs: Readonly<Record<string, unknown>>;
}

export class FlaskRequest {
  readonly #c: Context;
  readonly #url: URL;
  readonly #route: RequestRoute;
  #body: RequestBody = NO_BODY;
  #args: MultiDict | undefined;
  #cookies: MultiDict | undefined;

  constructor(c: Context, route: RequestRoute) {
    this.#c = c;
    this.#url = new URL(c.req.url);
    this.#route = route;
  }

  /** For the app alone: hands over the body. */
  static fill(request: FlaskRequest, body: RequestBody): void {
    request.#body = body;
  }

  /** `"GET"`, `"POST"` and so on; `"HEAD"` too where a GET view answers it. */
  get method(): string {
    return this.#c.req.raw.method;
  }

  /** The path, percent-decoded but for what would change its parts. */
  get path(): string {
    return this.#c.req.path;
  }

  /** The path with the query, as it was sent. */
  get fullPath(): string {
    return this.#url.pathname + this.#url.search;
  }

  get url(): string {
    return this.#url.href;
  }

  get host(): string {
    return this.#url.host;
  }

  get scheme(): string {
    return this.#url.protocol.slice(0, -1);
  }

  /** It came by https. No header is believed; behind a proxy that ends TLS it is `false`. */
  get isSecure(): boolean {
    return this.scheme === "https";
  }

  get headers(): Headers {
    return this.#c.req.raw.headers;
  }

  /** The query: `/?page=2` is `{ page: "2" }`. */
  get args(): MultiDict {
    this.#args ??= createMultiDict(this.#url.searchParams);
    return this.#args;
  }

  /** The text fields of a form, urlencoded or multipart. */
  get form(): MultiDict {
    return this.#body.form;
  }

  /** The files of a multipart form, in memory. */
  get files(): MultiDict<File> {
    return this.#body.files;
  }

  /** `args` and `form` together. */
  get values(): MultiDict {
    return createMultiDict([...this.args, ...this.form]);
  }

  get cookies(): MultiDict {
    this.#cookies ??= createMultiDict(parseCookies(this.headers.get("cookie") ?? ""));
    return this.#cookies;
  }

  /** The body's bytes. */
  get data(): Uint8Array {
    return this.#body.data;
  }

  /** `"application/json"` of `Content-Type: application/json; charset=utf-8`. */
  get mimetype(): string {
    return mimetypeOf(this.headers.get("content-type") ?? "");
  }

  get isJson(): boolean {
    return /^application\/(?:[\w.-]+\+)?json$/.test(this.mimetype);
  }

  /** The body, parsed as JSON. The request ends with 415 when it is said to be something else, with 400 when it is. */
  get json(): unknown {
    return this.getJson();
  }

  /**
   * The body, parsed as JSON.
   * @param options `force`: whatever the content type says. `silent`: `undefined` instead of an error.
   */
  getJson({ force = false, silent = false }: { force?: boolean; silent?: boolean } = {}): unknown {
    if (!force && !this.isJson) {
      if (silent) return undefined;
      throw new HTTPException(
        415,
        "Did not attempt to load JSON data because the request Content-Type was not 'application/json'.",
      );
    }
    try {
      return JSON.parse(new TextDecoder().decode(this.data));
    } catch (cause) {
      if (silent) return undefined;
      throw new HTTPException(400, undefined, { cause });
    }
  }

  /** The address of who has sent it, a proxy's where there is one; `undefined` where no server has received it. */
  get remoteAddr(): string | undefined {
    const env: unknown = this.#c.env;
    const incoming: unknown = Reflect.get(Object(env), "incoming");
    const address: unknown = Reflect.get(Object(Reflect.get(Object(incoming), "socket")), "remoteAddress");
    return typeof address === "string" ? address : undefined;
  }

  /** What the browser's Accept-Language asks for. */
  get acceptLanguages(): AcceptLanguages {
    return createAcceptLanguages(this.#c);
  }

  /** The endpoint that its URL leads to. */
  get endpoint(): string | undefined {
    return this.#route.endpoint;
  }

  /** The variables of its URL. */
  get viewArgs(): Readonly<Record<string, unknown>> {
    return this.#route.viewArgs;
  }
}
