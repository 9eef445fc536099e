// node serve.ts NAME REDIS_URL POSTGRES_URL: starts one server under test.
import { serveChosen } from "../serve-chosen.ts";
import * as stores from "./stores.ts";

const [redis = "", postgres = ""] = process.argv.slice(3);
const on: stores.Databases = { redis, postgres };
const onExpress = () => import("../servers/express.ts");
const onFastify = () => import("../servers/fastify.ts");
const onHono = () => import("../servers/coatcheck-hono.ts");

await serveChosen({
  express: async () => (await onExpress()).startExpress(),
  "connect-redis": async () => (await onExpress()).startExpressSession(await stores.connectRedis(on)),
  "connect-pg-simple": async () => (await onExpress()).startExpressSession(await stores.connectPgSimple(on)),
  "coatcheck-express-redis": async () => (await onExpress()).startCoatcheckOnExpress(await stores.coatcheckRedis(on)),
  "coatcheck-express-postgres": async () =>
    (await onExpress()).startCoatcheckOnExpress(await stores.coatcheckPostgres(on)),
  fastify: async () => (await onFastify()).startFastify(),
  "fastify-session": async () =>
    (await onFastify()).startFastifySession(stores.forFastify(await stores.connectRedis(on))),
  "coatcheck-fastify-redis": async () => (await onFastify()).startCoatcheckOnFastify(await stores.coatcheckRedis(on)),
  hono: async () => (await import("../servers/hono.ts")).startHono(false),
  "coatcheck-hono-redis": async () => (await onHono()).startCoatcheckOnHono(await stores.coatcheckRedis(on)),
  "coatcheck-hono-postgres": async () => (await onHono()).startCoatcheckOnHono(await stores.coatcheckPostgres(on)),
});
