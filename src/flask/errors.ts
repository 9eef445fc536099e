// Errors that are answers: their numbers, names and pages, as werkzeug has them. It knows no request.
import { HTTPException as HonoHTTPException } from "hono/http-exception";
import { SessionError } from "../core/errors.ts";
import { shareClass } from "../core/util/process-wide.ts";
import { escapeHtml } from "./html.ts";

/** The name of each error and what its page says. */
const TEXTS: Readonly<Record<number, readonly [name: string, description: string]>> = {
  400: ["Bad Request", "The browser (or proxy) sent a request that this server could not understand."],
  401: [
    "Unauthorized",
    "The server could not verify that you are authorized to access the URL requested. You either supplied the wrong credentials (e.g. a bad password), or your browser doesn't understand how to supply the credentials required.",
  ],
  403: [
    "Forbidden",
    "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.",
  ],
  404: [
    "Not Found",
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
  ],
  405: ["Method Not Allowed", "The method is not allowed for the requested URL."],
  406: [
    "Not Acceptable",
    "The resource identified by the request is only capable of generating response entities which have content characteristics not acceptable according to the accept headers sent in the request.",
  ],
  408: [
    "Request Timeout",
    "The server closed the network connection because the browser didn't finish the request within the specified time.",
  ],
  409: [
    "Conflict",
    "A conflict happened while processing the request. The resource might have been modified while the request was being processed.",
  ],
  410: [
    "Gone",
    "The requested URL is no longer available on this server and there is no forwarding address. If you followed a link from a foreign page, please contact the author of this page.",
  ],
  411: ["Length Required", "A request with this method requires a valid Content-Length header."],
  412: ["Precondition Failed", "The precondition on the request for the URL failed positive evaluation."],
  413: ["Request Entity Too Large", "The data value transmitted exceeds the capacity limit."],
  414: [
    "Request URI Too Long",
    "The length of the requested URL exceeds the capacity limit for this server. The request cannot be processed.",
  ],
  415: ["Unsupported Media Type", "The server does not support the media type transmitted in the request."],
  416: ["Requested Range Not Satisfiable", "The server cannot provide the requested range."],
  417: ["Expectation Failed", "The server could not meet the requirements of the Expect header"],
  418: ["I'm a teapot", "This server is a teapot, not a coffee machine"],
  421: ["Misdirected Request", "The server is not able to produce a response."],
  422: ["Unprocessable Entity", "The request was well-formed but was unable to be followed due to semantic errors."],
  423: ["Locked", "The resource that is being accessed is locked."],
  424: [
    "Failed Dependency",
    "The method could not be performed on the resource because the requested action depended on another action and that action failed.",
  ],
  428: [
    "Precondition Required",
    'This request is required to be conditional; try using "If-Match" or "If-Unmodified-Since".',
  ],
  429: ["Too Many Requests", "This user has exceeded an allotted request count. Try again later."],
  431: ["Request Header Fields Too Large", "One or more header fields exceeds the maximum size."],
  451: ["Unavailable For Legal Reasons", "Unavailable for legal reasons."],
  500: [
    "Internal Server Error",
    "The server encountered an internal error and was unable to complete your request. Either the server is overloaded or there is an error in the application.",
  ],
  501: ["Not Implemented", "The server does not support the action requested by the browser."],
  502: ["Bad Gateway", "The proxy server received an invalid response from an upstream server."],
  503: [
    "Service Unavailable",
    "The server is temporarily unable to service your request due to maintenance downtime or capacity problems. Please try again later.",
  ],
  504: ["Gateway Timeout", "The connection to an upstream server timed out."],
  505: ["HTTP Version Not Supported", "The server does not support the HTTP protocol version used in the request."],
};

export interface HTTPExceptionOptions {
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** The answer itself, when it is not to be the page. */
  readonly response?: Response | undefined;
  /** What led to it. An `errorHandler(500, ...)` finds the original error here. */
  readonly cause?: unknown;
}

/**
 * An error that is an answer to the visitor. `abort(404)` throws it.
 *
 * @throws RangeError when the code is none of an HTTP error.
 */
export class HTTPException extends Error {
  /** The HTTP status: 404. */
  readonly code: number;
  /** What the page says, as plain text. */
  readonly description: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly response: Response | undefined;

  constructor(code: number, description?: string, options: HTTPExceptionOptions = {}) {
    const [name, text] = TEXTS[code] ?? ["Error", "The request failed."];
    super(description ?? text, options.cause === undefined ? undefined : { cause: options.cause });
    if (options.response === undefined && !(Number.isInteger(code) && code >= 400 && code <= 599)) {
      throw new RangeError(`There is no HTTP error ${code}. Give a number from 400 to 599.`);
    }
    this.code = code;
    this.name = name;
    this.description = this.message;
    this.headers = options.headers ?? {};
    this.response = options.response;
  }
}

/** The request lacks a field that the view read as `request.form.name`. Answers 400. */
export class BadRequestKeyError extends HTTPException {
  /** The field's name. The page shows it only under debug. */
  readonly key: string;

  constructor(key: string) {
    super(400);
    this.key = key;
  }
}

shareClass(HTTPException, "flask.HTTPException");
shareClass(BadRequestKeyError, "flask.BadRequestKeyError");

/**
 * Ends the request with an error, or with a response of your own.
 *
 * @param code The HTTP status, from 400 to 599.
 * @param description What the page says instead of the standard text; it is escaped.
 * @example
 * if (!("username" in session)) abort(401, "Log in first.");
 */
export function abort(code: number, description?: string): never;
export function abort(response: Response): never;
export function abort(answer: number | Response, description?: string): never {
  if (typeof answer === "number") throw new HTTPException(answer, description);
  throw new HTTPException(answer.status, undefined, { response: answer });
}

/** The answer that an error is; `undefined` for a mistake of the program's. */
export function asHttpException(error: unknown): HTTPException | undefined {
  if (error instanceof HTTPException) return error;
  if (error instanceof SessionError && error.status !== 500) {
    return new HTTPException(error.status, undefined, { headers: error.headers, cause: error });
  }
  // What Hono's own middleware throws.
  if (error instanceof HonoHTTPException) {
    return new HTTPException(error.status, error.message || undefined, { response: error.res, cause: error });
  }
  return undefined;
}

/** The page of an error. */
export function errorPage(error: HTTPException, isDebug: boolean): string {
  const detail = isDebug && error instanceof BadRequestKeyError ? `\nKeyError: '${error.key}'` : "";
  const text = escapeHtml(error.description + detail)
    .toString()
    .replaceAll("\n", "<br>");
  return `<!doctype html>
<html lang=en>
<title>${error.code} ${escapeHtml(error.name)}</title>
<h1>${escapeHtml(error.name)}</h1>
<p>${text}</p>
`;
}
