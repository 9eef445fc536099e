// The pages on servers that hand over Node's own request and response: Express, Fastify, Koa, connect, node:http.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

/** What Express and Fastify add to a request, and HTTP/2. */
interface ParsedRequest extends IncomingMessage {
  /** The address before a router took the beginning off. */
  readonly originalUrl?: string;
  /** What a body parser has made of the body. */
  readonly body?: unknown;
  /** The host, in HTTP/2. */
  readonly authority?: string;
}

/**
 * A (req, res, next) middleware. It answers what lies below its base path; for everything else it calls `next`, where there
 * is one. An error of the program goes to `next` too; without one it is answered by 500, and is a warning of the process.
 * @returns whether it has answered.
 */
export type PageMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => Promise<boolean>;

export function createMiddleware(base: string, fetch: (request: Request) => Promise<Response>): PageMiddleware {
  return async (req: ParsedRequest, res, next) => {
    const path = req.originalUrl ?? req.url ?? "";
    const [pathname = ""] = path.split("?");
    if (pathname !== base && !pathname.startsWith(`${base}/`)) {
      next?.();
      return false;
    }
    try {
      const request = toRequest(req, path);
      await send(res, request ? await fetch(request) : new Response(null, { status: 400 }));
    } catch (error) {
      if (next) next(error);
      else answerFailure(res, error);
    }
    return true;
  };
}

/** @returns `undefined` where the host or a header can't be one. */
function toRequest(req: ParsedRequest, path: string): Request | undefined {
  const { method = "GET" } = req;
  const scheme = Reflect.get(req.socket, "encrypted") === true ? "https" : "http";
  const body = method === "GET" || method === "HEAD" ? null : bodyOf(req);
  try {
    const url = new URL(`${scheme}://${req.authority ?? req.headers.host ?? "localhost"}`);
    return new Request(url.origin + path, { method, headers: headersOf(req), body, ...{ duplex: "half" } });
  } catch {
    return undefined;
  }
}

function headersOf(req: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const [name = "", value = ""] = req.rawHeaders.slice(i, i + 2);
    if (!name.startsWith(":")) headers.append(name, value);
  }
  return headers;
}

/** Where a parser for forms came first, the body is read; its fields are the form again. */
function bodyOf(req: ParsedRequest): string | ReadableStream<Uint8Array> {
  const isRead = req.readableDidRead && typeof req.body === "object" && req.body !== null;
  if (!isRead || !req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) {
    return Readable.toWeb(req) as ReadableStream<Uint8Array>;
  }
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(req.body as object)) {
    for (const text of [value].flat()) if (typeof text === "string") form.append(name, text);
  }
  return form.toString();
}

async function send(res: ServerResponse, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  res.statusCode = response.status;
  const cookies = response.headers.getSetCookie();
  response.headers.delete("Set-Cookie");
  for (const [name, value] of response.headers) res.setHeader(name, value);
  const present = [res.getHeader("Set-Cookie") ?? []].flat().map(String);
  if (cookies.length > 0) res.setHeader("Set-Cookie", [...present, ...cookies]);
  res.end(body);
}

function answerFailure(res: ServerResponse, error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.emitWarning(`The page failed: ${text}`, "CoatcheckWarning");
  if (!res.headersSent) res.statusCode = 500;
  res.end();
}
