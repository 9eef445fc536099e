// Packages without types of their own, as far as tests use them: middlewares, and functions that make one.
declare module "compression" {
  import type { RequestHandler } from "express";
  export default function compression(options?: { threshold?: number }): RequestHandler;
}

declare module "compression-1.7" {
  export { default } from "compression";
}

declare module "morgan" {
  import type { IncomingMessage, ServerResponse } from "node:http";
  import type { RequestHandler } from "express";

  type Token = (req: IncomingMessage, res: ServerResponse, argument?: string) => string | undefined;
  interface Tokens {
    status: Token;
    res: Token;
  }
  export default function morgan(
    format: (tokens: Tokens, req: IncomingMessage, res: ServerResponse) => undefined,
  ): RequestHandler;
}

declare module "response-time" {
  import type { RequestHandler } from "express";
  export default function responseTime(): RequestHandler;
}

declare module "on-headers" {
  import type { ServerResponse } from "node:http";
  export default function onHeaders(res: ServerResponse, listener: (this: ServerResponse) => void): void;
}

declare module "on-finished" {
  import type { ServerResponse } from "node:http";
  export default function onFinished(res: ServerResponse, listener: (error: Error | null) => void): void;
}

declare module "multer" {
  import type { RequestHandler } from "express";
  export default function multer(): { any(): RequestHandler };
}

declare module "connect-timeout" {
  import type { RequestHandler } from "express";
  export default function timeout(limit: string): RequestHandler;
}

declare module "cookie-parser" {
  import type { RequestHandler } from "express";
  export default function cookieParser(): RequestHandler;
}

declare module "express-http-context" {
  import type { RequestHandler } from "express";

  const context: { middleware: RequestHandler; get(key: string): unknown; set(key: string, value: unknown): unknown };
  export default context;
}
