// Fastify: bare, with @fastify/session, and with coatcheck's plugin.
import fastifyCookie from "@fastify/cookie";
import fastifySession, { type FastifySessionOptions } from "@fastify/session";
import { createSessions, type SessionStore } from "coatcheck";
import { session as coatcheck } from "coatcheck/fastify";
import fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { bareRoutes, routes, type Visitor } from "./routes.ts";
import { SECRET } from "./texts.ts";

const TEXT = "text/plain; charset=utf-8";

export function startFastify(): Promise<number> {
  const app = fastify();
  for (const [path, route] of Object.entries(bareRoutes)) {
    app.get(path, async (_request, reply) => {
      reply.type(TEXT);
      return route((header) => void reply.header("Set-Cookie", header));
    });
  }
  return listen(app);
}

/** Set up as its documentation does; without `secure: false` it would set no cookie over HTTP. */
export function startFastifySession(store: NonNullable<FastifySessionOptions["store"]>): Promise<number> {
  const app = fastify();
  app.register(fastifyCookie);
  app.register(fastifySession, { secret: SECRET, store, saveUninitialized: false, cookie: { secure: false } });
  return startWith(app, ({ session }) => ({
    data: session as unknown as Visitor["data"],
    end: () => session.destroy(),
  }));
}

export function startCoatcheckOnFastify(store: SessionStore): Promise<number> {
  const app = fastify();
  app.register(coatcheck(createSessions<Visitor["data"]>({ secret: SECRET, store })));
  return startWith(app, (request) => {
    const { session } = request as unknown as { session: Visitor["data"] & { logout(): Promise<void> } };
    return { data: session, end: () => session.logout() };
  });
}

function startWith(app: FastifyInstance, visitorOf: (request: FastifyRequest) => Visitor): Promise<number> {
  app.register(async (inner) => {
    for (const [path, route] of Object.entries(routes)) {
      inner.get<{ Params: { param?: string } }>(path, async (request, reply) => {
        reply.type(TEXT);
        return route(visitorOf(request), request.params.param ?? "");
      });
    }
  });
  return listen(app);
}

async function listen(app: FastifyInstance): Promise<number> {
  const address = await app.listen({ host: "127.0.0.1", port: 0 });
  return Number(new URL(address).port);
}
