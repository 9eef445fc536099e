// node serve.ts NAME REDIS_URL POSTGRES_URL: starts one server under test and prints its port. It loads that server's
// libraries only.
import * as stores from "./servers/stores.ts";

type Start = (databases: stores.Databases) => Promise<number>;

const onExpress = () => import("./servers/express.ts");
const onFastify = () => import("./servers/fastify.ts");
const onHono = () => import("../servers/coatcheck-hono.ts");

const starts: Readonly<Record<string, Start>> = {
  express: async () => (await onExpress()).startExpress(),
  "connect-redis": async (on) => (await onExpress()).startExpressSession(await stores.connectRedis(on)),
  "connect-pg-simple": async (on) => (await onExpress()).startExpressSession(await stores.connectPgSimple(on)),
  "coatcheck-express-redis": async (on) => (await onExpress()).startCoatcheckOnExpress(await stores.coatcheckRedis(on)),
  "coatcheck-express-postgres": async (on) =>
    (await onExpress()).startCoatcheckOnExpress(await stores.coatcheckPostgres(on)),
  fastify: async () => (await onFastify()).startFastify(),
  "fastify-session": async (on) =>
    (await onFastify()).startFastifySession(stores.forFastify(await stores.connectRedis(on))),
  "coatcheck-fastify-redis": async (on) =>
    (await import("../frameworks/servers/fastify.ts")).startCoatcheckOnFastify(await stores.coatcheckRedis(on)),
  hono: async () => (await import("../servers/hono.ts")).startHono(false),
  "coatcheck-hono-redis": async (on) => (await onHono()).startCoatcheckOnHono(await stores.coatcheckRedis(on)),
  "coatcheck-hono-postgres": async (on) => (await onHono()).startCoatcheckOnHono(await stores.coatcheckPostgres(on)),
};

const [name = "", redis = "", postgres = ""] = process.argv.slice(2);
const start = starts[name];
if (!start) throw new Error(`There is no server ${name}.`);
console.log(await start({ redis, postgres }));
// For each line, what this process has used of the processor, in microseconds.
process.stdin.on("data", () => {
  const { user, system } = process.cpuUsage();
  console.log(user + system);
});
// The benchmark has ended, however it did.
process.stdin.on("end", () => process.exit());
