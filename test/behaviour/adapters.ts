// The adapters under test, each serving the same app over real HTTP.
import type { Adapter } from "./app.ts";
import { expressAdapters } from "./servers/express.ts";
import { fastify } from "./servers/fastify.ts";
import { koaAdapters } from "./servers/koa.ts";
import { node, nodeMiddleware } from "./servers/node.ts";
import { fetchAdapter, hono } from "./servers/web.ts";

export const adapters: readonly Adapter[] = [
  fetchAdapter,
  hono,
  node,
  nodeMiddleware,
  ...expressAdapters,
  fastify,
  ...koaAdapters,
];
