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
