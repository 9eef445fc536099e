// Each framework bare, with the session package that its users take today, and with coatcheck; all in memory.
import type { ServerUnderTest } from "../servers.ts";

export const FRAMEWORK_SERVERS: readonly ServerUnderTest[] = [
  { name: "express", label: "express", isBare: true },
  { name: "express-session", label: "express-session", base: "express" },
  { name: "coatcheck-express", label: "coatcheck/express", base: "express", peer: "express-session" },
  {
    name: "drop-in",
    label: "coatcheck/express-session, its MemoryStore",
    base: "express",
    peer: "express-session",
  },
  {
    name: "drop-in-coatcheck",
    label: "coatcheck/express-session, memoryStore()",
    base: "express",
    peer: "express-session",
  },
  { name: "fastify", label: "fastify", isBare: true },
  { name: "fastify-session", label: "@fastify/session", base: "fastify" },
  { name: "coatcheck-fastify", label: "coatcheck/fastify", base: "fastify", peer: "fastify-session" },
  { name: "koa", label: "koa", isBare: true },
  { name: "koa-middleware", label: "a middleware that says Vary: Cookie", base: "koa", isBare: true },
  { name: "koa-session", label: "koa-session", base: "koa" },
  { name: "coatcheck-koa", label: "coatcheck/koa", base: "koa", peer: "koa-session" },
  { name: "hono", label: "hono", isBare: true },
  { name: "hono-sessions", label: "hono-sessions", base: "hono" },
  { name: "coatcheck-hono-memory", label: "coatcheck/hono", base: "hono", peer: "hono-sessions" },
];
