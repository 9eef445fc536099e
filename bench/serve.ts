// node serve.ts NAME DIRECTORY: starts one server under test and prints its port. It loads that server's library only.

const starts: Readonly<Record<string, (directory: string) => Promise<number>>> = {
  hono: async () => (await import("./servers/hono.ts")).startHono(false),
  "hono-middleware": async () => (await import("./servers/hono.ts")).startHono(true),
  "coatcheck-hono-memory": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await import("./servers/coatcheck-hono.ts")).startCoatcheckOnHono(memoryStore());
  },
  "coatcheck-hono-lmdb": async (path) => {
    const { lmdbStore } = await import("coatcheck/lmdb");
    return (await import("./servers/coatcheck-hono.ts")).startCoatcheckOnHono(lmdbStore({ path }));
  },
  "hono-sessions": async () => (await import("./servers/hono-sessions.ts")).startHonoSessions(),
  "iron-session": async () => (await import("./servers/iron-session.ts")).startIronSession(),
  node: async () => (await import("./servers/node.ts")).startNode(),
  "coatcheck-node-memory": async () => {
    const { memoryStore } = await import("coatcheck");
    return (await import("./servers/node.ts")).startCoatcheckOnNode(memoryStore());
  },
  express: async () => (await import("./stores/servers/express.ts")).startExpress(),
  "express-session": async () => {
    const { MemoryStore } = (await import("express-session")).default;
    return (await import("./stores/servers/express.ts")).startExpressSession(new MemoryStore());
  },
  "coatcheck-express": async () => (await import("./frameworks/servers/express.ts")).startCoatcheckOnExpress(),
  "drop-in": async () => (await import("./frameworks/servers/express.ts")).startDropIn("express-session"),
  "drop-in-coatcheck": async () => (await import("./frameworks/servers/express.ts")).startDropIn("coatcheck"),
  fastify: async () => (await import("./stores/servers/fastify.ts")).startFastify(),
  "fastify-session": async () => {
    const { MemoryStore } = (await import("express-session")).default;
    const { startFastifySession } = await import("./stores/servers/fastify.ts");
    return startFastifySession(new MemoryStore() as unknown as Parameters<typeof startFastifySession>[0]);
  },
  "coatcheck-fastify": async () => (await import("./frameworks/servers/fastify.ts")).startCoatcheckOnFastify(),
  koa: async () => (await import("./frameworks/servers/koa.ts")).startKoa(false),
  "koa-middleware": async () => (await import("./frameworks/servers/koa.ts")).startKoa(true),
  "koa-session": async () => (await import("./frameworks/servers/koa.ts")).startKoaSession(),
  "coatcheck-koa": async () => (await import("./frameworks/servers/koa.ts")).startCoatcheckOnKoa(),
};

const [name = "", directory = ""] = process.argv.slice(2);
const start = starts[name];
if (!start) throw new Error(`There is no server ${name}.`);
console.log(await start(directory));
// For each line, what this process has used of the processor, in microseconds.
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(user + system);
});
// The benchmark has ended, however it did.
process.stdin.on("end", () => process.exit());
