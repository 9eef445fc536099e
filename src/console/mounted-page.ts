// A page as an app mounts it, on servers of every kind. It knows nothing of what the page shows.
import { createMiddleware, type PageMiddleware } from "./node-middleware.ts";

/** A page that is mounted. */
export interface MountedPage {
  /** Request -> Response: for Hono's `app.mount`, Next.js, Bun, Deno and all that speak web standards. */
  readonly fetch: (request: Request) => Promise<Response>;
  /**
   * A (req, res, next) middleware for Express, Fastify, Koa, connect and `node:http`. It answers what lies below the base
   * path, and returns whether it did.
   */
  readonly middleware: PageMiddleware;
  /** Ends the recording of numbers for charts. The manager stays open. */
  close(): void;
}

/** @param close Ends what the page has begun. */
export function mountedPage(
  fetch: (request: Request) => Promise<Response>,
  base: string,
  close: () => void = () => {},
): MountedPage {
  return { fetch, middleware: createMiddleware(base, fetch), close };
}
