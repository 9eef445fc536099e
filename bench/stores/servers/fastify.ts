// Fastify: bare, and with @fastify/session.
import fastifyCookie from "@fastify/cookie";
import fastifySession, { type FastifySessionOptions } from "@fastify/session";
import fastify, { type FastifyInstance } from "fastify";
import { SECRET } from "../../servers/texts.ts";
import { bareRoutes, routes, type Visitor } from "./routes.ts";

const TEXT = "text/plain; charset=utf-8";

export function startFastify(): Promise<number> {
  const app = fastify();
  for (const [path, route] of Object.entries(bareRoutes)) {
    app.get(path, (_request, reply) => {
      reply.type(TEXT).send(route((header) => void reply.header("Set-Cookie", header)));
    });
  }
  return listen(app);
}

/** Set up as its documentation does; without `secure: false` it would set no cookie over HTTP. */
export function startFastifySession(store: NonNullable<FastifySessionOptions["store"]>): Promise<number> {
  const app = fastify();
  app.register(fastifyCookie);
  app.register(fastifySession, { secret: SECRET, store, saveUninitialized: false, cookie: { secure: false } });
  app.register(async (inner) => {
    for (const [path, route] of Object.entries(routes)) {
      inner.get<{ Params: { param?: string } }>(path, async (request, reply) => {
        const { session, params } = request;
        const data = session as unknown as Visitor["data"];
        reply.type(TEXT);
        return route({ data, end: () => session.destroy() }, params.param ?? "");
      });
    }
  });
  return listen(app);
}

async function listen(app: FastifyInstance): Promise<number> {
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  return Number(new URL(address).port);
}
