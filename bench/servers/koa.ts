// Koa: bare, with koa-session, and with coatcheck. Koa has no router of its own; the paths are looked up in a map.
import { createServer } from "node:http";
import { createSessions, memoryStore } from "coatcheck";
import { session as coatcheck } from "coatcheck/koa";
import Koa, { type Context, type Middleware } from "koa";
import koaSession from "koa-session";
import { listenWithNode } from "./listen.ts";
import { bareRoutes, routes, type Visitor } from "./routes.ts";
import { SECRET } from "./texts.ts";

/** @param withMiddleware Whether a middleware tells caches to keep visitors apart: the least that sessions must do. */
export function startKoa(withMiddleware: boolean): Promise<number> {
  const app = new Koa();
  if (withMiddleware) {
    app.use(async (ctx, next) => {
      await next();
      ctx.res.setHeader("Vary", "Cookie");
    });
  }
  app.use(async (ctx) => {
    const [route] = find(bareRoutes, ctx.path);
    ctx.body = await route?.((header) => ctx.set("Set-Cookie", header));
  });
  return listenWithNode(createServer(app.callback()));
}

/** With a store in memory, as the documentation says for sessions on the server. */
export function startKoaSession(): Promise<number> {
  const records = new Map<string, unknown>();
  const app = new Koa();
  app.keys = [SECRET];
  const store = {
    get: async (key: string) => records.get(key),
    set: async (key: string, session: unknown) => void records.set(key, session),
    destroy: async (key: string) => void records.delete(key),
  };
  return startWith(app, koaSession({ store }, app as never) as unknown as Middleware);
}

export function startCoatcheckOnKoa(): Promise<number> {
  const sessions = createSessions<Visitor["data"]>({ secret: SECRET, store: memoryStore() });
  return startWith(new Koa(), coatcheck(sessions) as unknown as Middleware);
}

function startWith(app: Koa, middleware: Middleware): Promise<number> {
  app.use(middleware);
  app.use(async (ctx: Context) => {
    const [route, param] = find(routes, ctx.path);
    const { session } = ctx as unknown as { session: Visitor["data"] };
    ctx.body = await route?.({ data: session, end: () => Promise.reject(new Error("Nobody logs out here.")) }, param);
  });
  return listenWithNode(createServer(app.callback()));
}

function find<Route>(of: Readonly<Record<string, Route>>, path: string): [route: Route | undefined, param: string] {
  const exact = of[path];
  if (exact) return [exact, ""];
  const slash = path.lastIndexOf("/");
  return [of[`${path.slice(0, slash)}/:param`], path.slice(slash + 1)];
}
