// Apps on Hono, served by @hono/node-server.
import { getRequestListener } from "@hono/node-server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { secureHeaders } from "hono/secure-headers";
import { timing } from "hono/timing";
import { session as honoAdapter, type SessionEnv } from "../../../src/adapters/hono/index.ts";
import {
  type AnySession,
  type AppOptions,
  answerToSuite,
  byName,
  type Framework,
  type MiddlewareInfo,
  nameOf,
  type RunningApp,
} from "../framework.ts";
import type { Note } from "../handler.ts";
import { applyUse } from "../stores.ts";
import { noteFor } from "../view.ts";
import { serve } from "./fetch.ts";
import { fetchHandlers } from "./fetch-handlers.ts";
import { honoHandlers } from "./hono-handlers.ts";

interface HonoMiddlewareCase extends MiddlewareInfo {
  readonly make: () => readonly MiddlewareHandler[];
}

const ENDLESS = ["fetch: a client that leaves", "fetch: a stream that fails midway"];

const honoMiddlewares: readonly HonoMiddlewareCase[] = [
  { name: "none", make: () => [] },
  { name: "compress", isHard: true, make: () => [compress({ threshold: 100 })] },
  // It reads a copy of the whole body.
  { name: "etag", make: () => [etag()], breaks: ENDLESS },
  { name: "cors, secure-headers", make: () => [cors(), secureHeaders()] },
  { name: "a logger", make: () => [logger] },
  { name: "a middleware that replaces the response", make: () => [replaceResponse] },
  {
    name: "all of a usual Hono app",
    isHard: true,
    make: () => [logger, timing({ total: false }), secureHeaders(), cors(), compress({ threshold: 100 })],
  },
];

/** Notes the status that it sees, which for a failing store is the error handler's. */
const logger: MiddlewareHandler = async (c, next) => {
  await next();
  noteOf(c)(`the logger sees ${c.res.status}`);
};

const replaceResponse: MiddlewareHandler = async (c, next) => {
  await next();
  c.res = new Response(c.res.body, c.res);
  c.res.headers.set("X-Replaced", "yes");
};

function headersOf(c: Context): { headers: Record<string, string> } {
  return { headers: Object.fromEntries(c.req.raw.headers) };
}

function noteOf(c: Context): Note {
  return noteFor(headersOf(c));
}

const byHono = new Map(honoHandlers.map((each) => [each.name, each]));
const byFetch = new Map(fetchHandlers.map((each) => [each.name, each]));

function start({ middleware, position, sessions, mode }: AppOptions): Promise<RunningApp> {
  const app = new Hono<SessionEnv<AnySession>>();
  const own = byName(honoMiddlewares, middleware).make();
  const session = sessions ? [honoAdapter(sessions.manager) as unknown as MiddlewareHandler] : [];
  for (const each of position === "above" ? [...own, ...session] : [...session, ...own]) app.use(each);
  app.all("*", (c) => {
    const found = (sessions ? c.get("session") : {}) as unknown as AnySession;
    const answer = answerToSuite(c.req.path, found);
    if (answer !== undefined) return c.text(answer);
    // Hono decodes the path.
    const name = nameOf(new URL(c.req.url).pathname);
    const [onHono, onFetch] = [byHono.get(name), byFetch.get(name)];
    if (!onHono && !onFetch) return c.notFound();
    applyUse(found, mode);
    return onHono ? onHono.handle(c, noteOf(c)) : (onFetch?.handle(c.req.raw, noteOf(c)) ?? c.notFound());
  });
  app.onError((error, c) => {
    noteOf(c)(`onError: ${error.message}`);
    return new Response("failed", { status: Number(Reflect.get(error, "status") ?? 500) });
  });
  return serve(getRequestListener(app.fetch));
}

export const honoFramework: Framework = {
  name: "Hono",
  protocol: "http1",
  cookie: "session",
  lowersNames: true,
  dropsOnError: false,
  cases: [...honoHandlers, ...fetchHandlers],
  middlewares: honoMiddlewares,
  start,
};
