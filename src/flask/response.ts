// What views give -> what is sent. Responses stay changeable until they go out, for `afterRequest`.
import { generateCookie } from "hono/cookie";
import type { CookieOptions } from "hono/utils/cookie";
import { shareClass } from "../core/util/process-wide.ts";
import { escapeHtml, Markup } from "./html.ts";

import { COMPACT, pythonJson } from "./python-json.ts";
import { quoteCookieValue } from "./werkzeug-cookie.ts";

export type { CookieOptions };

/**
 * What a view may give: text or markup (a page), a plain object or a list (JSON), a response, or one of these with a
 * status, headers or both, as `[body, status, headers]`. A promise is awaited.
 */
export type ViewResult = string | NoPromise | (NoPromise & { readonly [name: string]: unknown });

type NoPromise = object & { readonly then?: never };

/** Headers of a response: `{ "X-Name": "value" }`, pairs, or `Headers`. */
export type ResponseHeaders = Headers | Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** These have no body, whatever a view gives (RFC 9110, 15). */
const WITHOUT_BODY = new Set([204, 205, 304]);

/** A response that can still be changed. */
export class FlaskResponse {
  body: string | ReadableStream<Uint8Array> | null;
  statusCode: number;
  readonly headers: Headers;

  constructor(body: FlaskResponse["body"], statusCode = 200, headers?: Headers) {
    this.body = body;
    this.statusCode = checkStatus(statusCode);
    this.headers = headers ?? new Headers({ "Content-Type": "text/html; charset=utf-8" });
  }

  /**
   * Sets a cookie of the app's own. The session's is none of these.
   *
   * @param options `maxAge` in seconds, `expires`, `path` (default `"/"`), `domain`, `secure`, `httpOnly`, `sameSite`.
   * @throws Error when a name or an attribute can't stand in a cookie.
   * @example
   * const response = makeResponse("Welcome");
   * response.setCookie("theme", "dark", { maxAge: 31_536_000, sameSite: "Lax" });
   * return response;
   */
  setCookie(name: string, value: string, options: CookieOptions = {}): void {
    const empty = generateCookie(name, "", { path: "/", ...options });
    const valueAt = empty.indexOf("=") + 1;
    this.headers.append("Set-Cookie", empty.slice(0, valueAt) + quoteCookieValue(value) + empty.slice(valueAt));
  }

  /** Makes the browser forget a cookie; path and domain must be those it was set with. */
  deleteCookie(name: string, options: CookieOptions = {}): void {
    this.setCookie(name, "", { ...options, maxAge: 0, expires: new Date(0) });
  }
}

shareClass(FlaskResponse, "flask.Response");

export function toWebResponse({ body, statusCode, headers }: FlaskResponse): Response {
  return new Response(WITHOUT_BODY.has(statusCode) ? null : body, { status: checkStatus(statusCode), headers });
}

/**
 * The response that a view's result stands for, to change it before it is returned.
 *
 * @param body What a view may give.
 * @param status Default 200.
 * @param headers More headers.
 * @example
 * const response = makeResponse(renderTemplate("welcome.html"), 201);
 * response.headers.set("X-Parachutes", "parachutes are cool");
 * return response;
 */
export function makeResponse(body: ViewResult = "", status?: number, headers?: ResponseHeaders): FlaskResponse {
  const [content, itsStatus, itsHeaders] = isTuple(body) ? splitTuple(body) : [body];
  const response = fromContent(content);
  for (const code of [itsStatus, status]) if (code !== undefined) response.statusCode = checkStatus(code);
  for (const more of [itsHeaders, headers]) if (more !== undefined) setHeaders(response.headers, more);
  return response;
}

/** The response to an error: it has the error's status and headers, unless the handler has said a status. */
export function withStatus(result: ViewResult, status: number, headers?: ResponseHeaders): FlaskResponse {
  const response = makeResponse(result);
  const saysStatus = result instanceof Response || (isTuple(result) && typeof result[1] === "number");
  return saysStatus || response.statusCode !== 200 ? response : makeResponse(response, status, headers);
}

/**
 * A JSON response. Views may return plain objects and lists as they are; this makes sure of a list that looks like
 * `[body, status]`.
 */
export function jsonify(value: unknown): FlaskResponse {
  const text = pythonJson(value, COMPACT);
  if (text === undefined) throw new TypeError(`jsonify() got a ${typeof value}, which JSON has no word for.`);
  return new FlaskResponse(`${text}\n`, 200, new Headers({ "Content-Type": "application/json" }));
}

/**
 * Sends the browser elsewhere. Never hand on a target that a visitor has named without checking that it is yours.
 *
 * @param location A URL or a path, such as `urlFor("index")`.
 * @param code 301, 302 (default), 303, 307 or 308.
 */
export function redirect(location: string, code = 302): FlaskResponse {
  if (![301, 302, 303, 305, 307, 308].includes(code)) {
    throw new RangeError(`${code} is no redirect. Use 301, 302, 303, 307 or 308.`);
  }
  const shown = escapeHtml(location);
  const response = new FlaskResponse(
    `<!doctype html>
<html lang=en>
<title>Redirecting...</title>
<h1>Redirecting...</h1>
<p>You should be redirected automatically to the target URL: <a href="${shown}">${shown}</a>. If not, click the link.
`,
    code,
  );
  response.headers.set("Location", encodeLocation(location));
  return response;
}

/** Only what can stand in a header as it is: no line break, blank or other script. What is encoded stays. */
function encodeLocation(location: string): string {
  return location.replace(/\p{Surrogate}/gu, "\ufffd").replace(/[^!#-;=?-~]/gu, encodeURIComponent);
}

function fromContent(content: unknown): FlaskResponse {
  if (content instanceof FlaskResponse) return content;
  if (typeof content === "string" || content instanceof Markup) return new FlaskResponse(String(content));
  if (content instanceof Response) {
    return new FlaskResponse(content.body, content.status, new Headers(content.headers));
  }
  if (isJson(content)) return jsonify(content);
  const got = typeof content === "object" && content !== null ? `a ${content.constructor.name}` : String(content);
  throw new TypeError(
    `The view gave ${got}, which is no response. Return text, a plain object or a list, makeResponse(...), or a Response; for bytes, new Response(bytes).`,
  );
}

/** Plain objects and lists; instances of classes are refused, as JSON would silently drop what is in a Map. */
function isJson(content: unknown): boolean {
  if (typeof content !== "object" || content === null) return false;
  if (Array.isArray(content)) return true;
  const prototype: unknown = Object.getPrototypeOf(content);
  return prototype === null || prototype === Object.prototype;
}

type Tuple = readonly [body: unknown, status: number, headers?: ResponseHeaders] | readonly [unknown, ResponseHeaders];

/**
 * Python tells a tuple from a list, JavaScript does not. A tuple is `[body, status]` or `[body, status, headers]`, where
 * body is no number or the like, and `[text or response, headers]`; every other array is a list for JSON.
 */
function isTuple(result: ViewResult): result is Tuple {
  if (!Array.isArray(result) || result.length < 2 || result.length > 3) return false;
  const [body, second, third]: unknown[] = result;
  const isBody = typeof body === "string" || (typeof body === "object" && body !== null);
  if (isStatus(second)) return isBody && (result.length === 2 || isHeaders(third));
  const isPage = typeof body === "string" || body instanceof Markup || isResponse(body);
  return result.length === 2 && (second instanceof Headers ? isBody : isPage && isHeaders(second));
}

function splitTuple(tuple: Tuple): [unknown, number | undefined, ResponseHeaders | undefined] {
  const [body, second, third] = tuple;
  return typeof second === "number" ? [body, second, third] : [body, undefined, second];
}

function isResponse(value: unknown): boolean {
  return value instanceof FlaskResponse || value instanceof Response;
}

function isStatus(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599;
}

function isHeaders(value: unknown): value is ResponseHeaders {
  if (value instanceof Headers) return true;
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value)
    ? value.every((pair) => Array.isArray(pair) && pair.length === 2)
    : Object.values(value).every((text) => typeof text === "string");
}

function setHeaders(headers: Headers, more: ResponseHeaders): void {
  for (const [name, value] of toPairs(more)) {
    // Each cookie is a header of its own.
    if (name.toLowerCase() === "set-cookie") headers.append(name, value);
    else headers.set(name, value);
  }
}

function toPairs(headers: ResponseHeaders): Iterable<readonly [string, string]> {
  if (headers instanceof Headers) return headers;
  return isPairs(headers) ? headers : Object.entries(headers);
}

function isPairs(headers: ResponseHeaders): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers);
}

function checkStatus(status: number): number {
  if (isStatus(status)) return status;
  throw new RangeError(`${status} is no status of a response. Give a number from 200 to 599.`);
}
