// node serve.ts NAME DIRECTORY: starts one server under test.
import { serveChosen } from "./serve-chosen.ts";

const path = process.argv[3] ?? "";
const onExpress = () => import("./servers/express.ts");
const onFastify = () => import("./servers/fastify.ts");
const onKoa = () => import("./servers/koa.ts");

await serveChosen({
  hono: async () => (await import("./servers/hono.ts")).startHono(false),
  "hono-middleware": async () => (await import("./servers/hono.ts")).startHono(true),
  "coatcheck-hono-memory": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await import("./servers/coatcheck-hono.ts")).startCoatcheckOnHono(memoryStore());
  },
  "coatcheck-hono-sqlite": async () => {
    const { sqliteStore } = await import("coatcheck/sqlite");
    return (await import("./servers/coatcheck-hono.ts")).startCoatcheckOnHono(sqliteStore({ path }));
  },
  "hono-sessions": async () => (await import("./servers/hono-sessions.ts")).startHonoSessions(),
  "iron-session": async () => (await import("./servers/iron-session.ts")).startIronSession(),
  node: async () => (await import("./servers/node.ts")).startNode(),
  "coatcheck-node-memory": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await import("./servers/node.ts")).startCoatcheckOnNode(memoryStore());
  },
  express: async () => (await onExpress()).startExpress(),
  "express-session": async () => {
    const { MemoryStore } = (await import("express-session")).default;
    return (await onExpress()).startExpressSession(new MemoryStore());
  },
  "coatcheck-express": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await onExpress()).startCoatcheckOnExpress(memoryStore());
  },
  "drop-in": async () => (await onExpress()).startDropIn("express-session"),
  "drop-in-coatcheck": async () => (await onExpress()).startDropIn("coatcheck"),
  fastify: async () => (await onFastify()).startFastify(),
  "fastify-session": async () => {
    const { MemoryStore } = (await import("express-session")).default;
    const { startFastifySession } = await onFastify();
    return startFastifySession(new MemoryStore() as unknown as Parameters<typeof startFastifySession>[0]);
  },
  "coatcheck-fastify": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await onFastify()).startCoatcheckOnFastify(memoryStore());
  },
  koa: async () => (await onKoa()).startKoa(false),
  "koa-middleware": async () => (await onKoa()).startKoa(true),
  "koa-session": async () => (await onKoa()).startKoaSession(),
  "coatcheck-koa": async () => (await onKoa()).startCoatcheckOnKoa(),
});
