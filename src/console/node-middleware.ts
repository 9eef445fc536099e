// The pages on servers that hand over Node's own request and response: Express, Fastify, Koa, connect, node:http.
// @hono/node-server translates; it is loaded at the first request.
import type { IncomingMessage, ServerResponse } from "node:http";

/** What Express and Fastify add to a request. */
interface ParsedRequest extends IncomingMessage {
  /** The address before a router took the beginning off. */
  readonly originalUrl?: string;
  /** What a body parser has made of the body. */
  readonly body?: unknown;
  /** Where node-server looks for a body that was read already. */
  rawBody?: Buffer;
}

/**
 * A (req, res, next) middleware. It answers what lies below its base path; for everything else it calls `next`, where there
 * is one.
 * @returns whether it has answered.
 */
export type PageMiddleware = (
  req: IncomingMessage,
  res: ServerResponse,
  next?: (error?: unknown) => void,
) => Promise<boolean>;

export function createMiddleware(base: string, fetch: (request: Request) => Promise<Response>): PageMiddleware {
  let listening: Promise<(req: IncomingMessage, res: ServerResponse) => Promise<void>> | undefined;

  async function load(): Promise<(req: IncomingMessage, res: ServerResponse) => Promise<void>> {
    const { getRequestListener } = await import("@hono/node-server");
    return getRequestListener(fetch, { overrideGlobalObjects: false });
  }

  return async (req: ParsedRequest, res, next) => {
    const [path = ""] = (req.originalUrl ?? req.url ?? "").split("?");
    if (path !== base && !path.startsWith(`${base}/`)) {
      next?.();
      return false;
    }
    listening ??= load();
    restoreBody(req);
    await (await listening)(req, res);
    return true;
  };
}

/** Where a parser for forms came first, the body is read; its fields are the form again. */
function restoreBody(req: ParsedRequest): void {
  if (!req.readableDidRead || typeof req.body !== "object" || req.body === null) return;
  if (!req.headers["content-type"]?.startsWith("application/x-www-form-urlencoded")) return;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(req.body)) {
    for (const text of [value].flat()) if (typeof text === "string") form.append(name, text);
  }
  req.rawBody = Buffer.from(form.toString());
}
