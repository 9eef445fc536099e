// Apps on node:http, connect and HTTP/2, and the chain of (req, res, next) middlewares that Express shares.
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import connect from "connect";
import { session as nodeAdapter } from "../../../src/adapters/node/index.ts";
import {
  type AnySession,
  type AppOptions,
  answerToSuite,
  byName,
  type Framework,
  listen,
  nameOf,
} from "../framework.ts";
import type { Next } from "../handler.ts";
import { handlers } from "../handlers.ts";
import { type Middleware, type MiddlewareCase, middlewares } from "../middlewares.ts";
import { applyUse, type Sessions, type StoreMode } from "../stores.ts";
import { noteFor, watch } from "../view.ts";

/** The session's middleware, and the name of its property on a request. */
export interface SessionMiddleware {
  readonly session: Middleware;
  readonly name: string;
}

export type Subject = (sessions: Sessions, middleware: MiddlewareCase) => SessionMiddleware;

export const nodeSubject: Subject = ({ manager }) => ({
  session: nodeAdapter(manager) as Middleware,
  name: "session",
});

/** All that runs for a request: the middleware, the session, and the handlers. */
export function chainWith(subject: Subject, options: AppOptions): Middleware[] {
  const { sessions, mode, position } = options;
  const middleware = byName(middlewares, options.middleware);
  const used = sessions && subject(sessions, middleware);
  const own = middleware.make();
  const session = used ? [used.session] : [];
  const route: Middleware = (req, res, next) => {
    const found = used && (Reflect.get(req, used.name) as AnySession | undefined);
    return runHandler(req, res, next, found ?? {}, middleware, mode);
  };
  return position === "above" ? [watchResponse, ...own, ...session, route] : [watchResponse, ...session, ...own, route];
}

export const watchResponse: Middleware = (req, res, next) => {
  watch(req, res);
  next();
};

/** Answers a request of the suite, after the session was used. */
function runHandler(
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
  session: AnySession,
  middleware: MiddlewareCase,
  mode: StoreMode,
): unknown {
  const answer = answerToSuite(req.url, session);
  if (answer !== undefined) return res.end(answer);
  const handler = handlerOf.get(nameOf(req.url));
  if (handler === undefined) return next();
  middleware.beforeHandler?.(req);
  applyUse(session, mode);
  return handler.handle(req, res, next, noteFor(req));
}

const handlerOf = new Map(handlers.map((handler) => [handler.name, handler]));

/** Runs a chain as a program on plain node would, with an answer to its errors. */
export function listenerOf(chain: readonly Middleware[]): RequestListener {
  return (req, res) => {
    const step = (index: number, error?: unknown): void => {
      const middleware = chain[index];
      if (error !== undefined || middleware === undefined) {
        answerError(req, res, error);
        return;
      }
      const next: Next = (failure) => step(index + 1, failure ?? undefined);
      try {
        const done = middleware(req, res, next);
        if (done instanceof Promise) done.catch((failure) => answerError(req, res, failure));
      } catch (failure) {
        answerError(req, res, failure);
      }
    };
    step(0);
  };
}

/** An app's own answer to its errors. */
export function answerError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  noteFor(req)(`the app's error: ${Reflect.get(Object(error), "code") ?? error}`);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.statusCode = Number(Reflect.get(Object(error), "status") ?? (error ? 500 : 404));
  res.statusMessage = "";
  res.end("the app's error page");
}

/** The cases that need nothing but Node's response. */
export const nodeCases = handlers.filter(({ needs }) => needs !== "express");

/** The middlewares that need nothing but Node's request and response. */
export const nodeMiddlewares = middlewares.filter(({ needs }) => needs !== "express");

export const node: Framework = {
  name: "node",
  protocol: "http1",
  cookie: "session",
  dropsOnError: false,
  cases: nodeCases,
  middlewares: nodeMiddlewares,
  start: (options) => listen(createServer(listenerOf(chainWith(nodeSubject, options)))),
};

export const connectFramework: Framework = {
  ...node,
  name: "connect",
  start: (options) => {
    const app = connect();
    for (const each of chainWith(nodeSubject, options)) app.use(each as connect.NextHandleFunction);
    app.use(shortenStack as connect.ErrorHandleFunction);
    return listen(createServer(app));
  },
};

/** The stack is in the framework's answer, and has the session's frames in it. */
export function shortenStack(error: unknown, _req: unknown, _res: unknown, next: (error: unknown) => void): void {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
  next(error);
}

/** compression 1.7 calls a private method that a response of HTTP/2 does not have; multer's parser wants a socket. */
const NOT_ON_HTTP2 = new Set(["compression 1.7", "multer", "http-proxy-middleware"]);

export const http2: Framework = {
  ...node,
  name: "HTTP/2",
  protocol: "http2",
  cases: nodeCases.filter(({ needs }) => needs !== "http1"),
  middlewares: nodeMiddlewares.filter(({ name }) => !NOT_ON_HTTP2.has(name)),
  start: (options) => {
    const listener = listenerOf(chainWith(nodeSubject, options));
    return listen(createHttp2Server((req, res) => Reflect.apply(listener, undefined, [req, res])));
  },
};
