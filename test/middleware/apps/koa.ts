// Apps on Koa 2 and 3.
import { createServer } from "node:http";
import Koa, { type Middleware } from "koa";
import compress from "koa-compress";
import koa2 from "koa2";
import { session as koaAdapter } from "../../../src/adapters/koa/index.ts";
import {
  type AnySession,
  type AppOptions,
  answerToSuite,
  byName,
  type Framework,
  listen,
  type MiddlewareInfo,
  nameOf,
} from "../framework.ts";
import type { HandlerCase } from "../handler.ts";
import type { Middleware as NodeMiddleware } from "../middlewares.ts";
import { applyUse } from "../stores.ts";
import { noteFor, noteLogged, watch } from "../view.ts";
import { koaHandlers } from "./koa-handlers.ts";
import { nodeCases, nodeMiddlewares } from "./node.ts";

interface KoaMiddlewareCase extends MiddlewareInfo {
  readonly make: () => readonly Middleware[];
}

const koaMiddlewares: readonly KoaMiddlewareCase[] = [
  { name: "koa-compress", isHard: true, make: () => [compress({ threshold: 100 })] },
  { name: "a logger", make: () => [logger] },
  { name: "an error handler", make: () => [errorHandler] },
  { name: "all of a usual Koa app", isHard: true, make: () => [logger, errorHandler, compress({ threshold: 100 })] },
  ...nodeMiddlewares.map(({ make, ...info }) => ({ ...info, make: () => make().map(connected) })),
];

const logger: Middleware = (ctx, next) => {
  ctx.res.on("finish", () => noteLogged(ctx.req, "the logger", ctx.status));
  return next();
};

const errorHandler: Middleware = async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    // Also where a handler has failed past Koa, which would answer nothing otherwise.
    ctx.respond = true;
    ctx.status = Number(Reflect.get(Object(error), "status") ?? 500);
    ctx.body = { error: "handled" };
  }
};

/** Runs a middleware of (req, res, next), as koa-connect does. */
function connected(middleware: NodeMiddleware): Middleware {
  return (ctx, next) =>
    new Promise((resolve, reject) => {
      middleware(ctx.req, ctx.res, (error) => (error ? reject(error) : resolve(next())));
    });
}

/** Koa leaves the response open when one of these throws after the head: the app would have to close it. */
const NOT_ON_KOA = new Set(["throw after the first byte"]);

const responseCases = nodeCases.filter(({ name }) => !NOT_ON_KOA.has(name));

const byResponse = new Map(responseCases.map((each) => [each.name, each]));
const byContext = new Map(koaHandlers.map((each) => [each.name, each]));

function start(App: typeof Koa, { middleware, position, sessions, mode }: AppOptions): Koa {
  const app = new App();
  app.on("error", () => {});
  const own = byName(koaMiddlewares, middleware).make();
  const session = sessions ? [koaAdapter(sessions.manager) as unknown as Middleware] : [];
  const route: Middleware = async (ctx, next) => {
    const found = (sessions ? ctx["session"] : {}) as AnySession;
    const answer = answerToSuite(ctx.req.url, found);
    if (answer !== undefined) {
      ctx.body = answer;
      return;
    }
    const name = nameOf(ctx.req.url);
    const [onContext, onResponse] = [byContext.get(name), byResponse.get(name)];
    if (!onContext && !onResponse) return next();
    applyUse(found, mode);
    await (onContext ? onContext.handle(ctx, noteFor(ctx.req)) : onResponse && pastKoa(onResponse, ctx));
  };
  app.use((ctx, next) => {
    watch(ctx.req, ctx.res);
    return next();
  });
  for (const each of position === "above" ? [...own, ...session, route] : [...session, ...own, route]) app.use(each);
  return app;
}

/** Runs a handler on Node's own response, which Koa then leaves alone. */
async function pastKoa({ handle }: HandlerCase, ctx: Koa.Context): Promise<void> {
  ctx.respond = false;
  // Koa begins with 404.
  ctx.res.statusCode = 200;
  const { promise: passed, resolve, reject } = Promise.withResolvers<void>();
  const next = (error?: unknown): void => {
    if (error) reject(error);
    ctx.respond = true;
    resolve();
  };
  const handled = Promise.resolve(handle(ctx.req, ctx.res, next, noteFor(ctx.req)));
  await Promise.race([passed, handled]);
}

function koaFramework(name: string, App: typeof Koa): Framework {
  return {
    name,
    protocol: "http1",
    cookie: "session",
    dropsOnError: true,
    cases: [...koaHandlers, ...responseCases],
    middlewares: koaMiddlewares,
    start: (options) => listen(createServer(start(App, options).callback())),
  };
}

export const koaFrameworks: readonly Framework[] = [
  koaFramework("Koa 3", Koa),
  koaFramework("Koa 2", koa2 as typeof Koa),
];
