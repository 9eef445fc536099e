// The frameworks of the suite: each starts the same app with sessions, or without.
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import connect from "connect";
import express5 from "express";
import express4 from "express4";
import { session as expressAdapter } from "../../src/adapters/express.ts";
import { session as nodeAdapter } from "../../src/adapters/node.ts";
import { session as dropIn } from "../../src/express-session/index.ts";
import { SECRET } from "../support/manager.ts";
import { files } from "./files.ts";
import type { HandlerCase, Next } from "./handler.ts";
import { handlers } from "./handlers.ts";
import type { Middleware, MiddlewareCase } from "./middlewares.ts";
import type { Sessions, StoreMode } from "./stores.ts";
import { applyUse } from "./stores.ts";
import { noteFor, watch } from "./view.ts";

export type Position = "above" | "below";

/** One app: the same middleware and handlers, with sessions or without. */
export interface AppOptions {
  readonly middleware: MiddlewareCase;
  /** Where the middleware stands to the session. */
  readonly position: Position;
  readonly sessions: Sessions | undefined;
  readonly mode: StoreMode;
}

export interface RunningApp {
  readonly port: number;
  close(): Promise<void>;
}

/** What is known of a case from outside. */
export type CaseInfo = Omit<HandlerCase, "handle" | "needs">;

export interface Framework {
  readonly name: string;
  readonly protocol: "http1" | "http2";
  /** Whether an app's own error before its answer leaves the session as it was. */
  readonly dropsOnError: boolean;
  readonly cases: readonly CaseInfo[];
  takes(middleware: MiddlewareCase): boolean;
  start(options: AppOptions): Promise<RunningApp>;
}

export type RequestWithSession = IncomingMessage & Record<string, unknown>;

/** The path of a case's handler. */
export function pathOf(name: string): string {
  return `/${encodeURIComponent(name)}`;
}

/** Begins a session, so that a case finds one. */
export const START = "/--start";

export async function listen(server: Server | Http2Server): Promise<RunningApp> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  return { port, close };
}

/** The session's middleware, the name of its property, and all that runs before the handlers. */
function chain(options: AppOptions, session: Middleware | undefined, name: string): Middleware[] {
  const { middleware, position, mode } = options;
  const own = middleware.make();
  const first: Middleware = (req, res, next) => {
    watch(req, res);
    next();
  };
  const sessions = session ? [session] : [];
  const route: Middleware = (req, res, next) => {
    const { [name]: found = {} } = req as RequestWithSession;
    return runHandler(req, res, next, found as Record<string, unknown>, middleware, mode);
  };
  return position === "above" ? [first, ...own, ...sessions, route] : [first, ...sessions, ...own, route];
}

const byPath = new Map(handlers.map((handler) => [pathOf(handler.name), handler]));

/** Answers a request of the suite, after the session was used. */
export function runHandler(
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
  session: Record<string, unknown>,
  middleware: MiddlewareCase,
  mode: StoreMode,
): unknown {
  if (req.url === "/--next") return res.end("next");
  if (req.url === START) {
    session["start"] = 1;
    return res.end("started");
  }
  const handler = byPath.get(req.url ?? "");
  if (handler === undefined) return next();
  middleware.beforeHandler?.(req);
  applyUse(session, mode);
  return handler.handle(req, res, next, noteFor(req));
}

/** The adapter's middleware, and the name of the session. */
type Subject = (sessions: Sessions, middleware: MiddlewareCase) => { session: Middleware; name: string };

const expressSubject: Subject = ({ manager }, { takesSession = false }) => {
  const name = takesSession ? "visitor" : "session";
  return { session: expressAdapter(manager, { as: name }) as unknown as Middleware, name };
};

const nodeSubject: Subject = ({ manager }) => ({ session: nodeAdapter(manager) as Middleware, name: "session" });

const dropInSubject: Subject = ({ store }) => ({
  session: dropIn({ secret: SECRET, store, resave: false, saveUninitialized: false }) as unknown as Middleware,
  name: "session",
});

function chainWith(subject: Subject, options: AppOptions): Middleware[] {
  const { sessions, middleware } = options;
  if (!sessions) return chain(options, undefined, "no session");
  const { session, name } = subject(sessions, middleware);
  return chain(options, session, name);
}

function expressFramework(name: string, createApp: typeof express5, subject: Subject): Framework {
  return {
    name,
    protocol: "http1",
    dropsOnError: false,
    cases: handlers,
    takes: ({ takesSession = false }) => !takesSession || subject === expressSubject,
    start: (options) => {
      const app = createApp();
      // Errors are answered and not printed.
      app.set("env", "test");
      app.set("views", files.folder);
      app.set("view engine", "page");
      app.engine("page", (_path, { title }: { title?: string }, done) => done(null, `<h1>${title}</h1>`));
      for (const each of chainWith(subject, options)) app.use(asExpress(each));
      app.use(shortenStack);
      return listen(createServer(app));
    },
  };
}

/** Express 4 does not look at promises; apps on it hand their errors on by hand. */
function asExpress(middleware: Middleware): express5.RequestHandler {
  return (req, res, next) => {
    try {
      const done = middleware(req, res, next as Next);
      if (done instanceof Promise) done.catch(next);
    } catch (error) {
      next(error);
    }
  };
}

/** The stack is in Express's answer, and has the session's frames in it. */
const shortenStack: express5.ErrorRequestHandler = (error, _req, _res, next) => {
  if (error instanceof Error) error.stack = `${error.name}: ${error.message}`;
  next(error);
};

/** Runs a chain as a program on plain node would, with an answer to its errors. */
function listenerOf(middlewares: readonly Middleware[]): RequestListener {
  return (req, res) => {
    const step = (index: number, error?: unknown): void => {
      const middleware = middlewares[index];
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

function answerError(req: IncomingMessage, res: ServerResponse, error: unknown): void {
  noteFor(req)(`the app's error: ${Reflect.get(Object(error), "code") ?? error}`);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  res.statusCode = Number(Reflect.get(Object(error), "status") ?? (error ? 500 : 404));
  res.statusMessage = "";
  res.end("the app's error page");
}

const ofNode = handlers.filter(({ needs }) => needs !== "express");

const node: Framework = {
  name: "node",
  protocol: "http1",
  dropsOnError: false,
  cases: ofNode,
  takes: ({ needs }) => needs !== "express",
  start: (options) => listen(createServer(listenerOf(chainWith(nodeSubject, options)))),
};

const connectFramework: Framework = {
  ...node,
  name: "connect",
  start: (options) => {
    const app = connect();
    for (const each of chainWith(nodeSubject, options)) app.use(each as connect.NextHandleFunction);
    app.use(shortenStack as unknown as connect.ErrorHandleFunction);
    return listen(createServer(app));
  },
};

const http2: Framework = {
  ...node,
  name: "HTTP/2",
  protocol: "http2",
  cases: ofNode.filter(({ needs }) => needs !== "http1"),
  // compression 1.7 calls a private method that a response of HTTP/2 does not have.
  takes: ({ needs, name }) => needs !== "express" && name !== "multer" && name !== "compression 1.7",
  start: (options) => {
    const listener = listenerOf(chainWith(nodeSubject, options));
    return listen(createHttp2Server((req, res) => Reflect.apply(listener, undefined, [req, res])));
  },
};

export const frameworks: readonly Framework[] = [
  expressFramework("Express 5", express5, expressSubject),
  expressFramework("Express 4", express4, expressSubject),
  expressFramework("Express 5, drop-in", express5, dropInSubject),
  node,
  connectFramework,
  http2,
];

export function frameworkOf(name: string): Framework {
  const found = frameworks.find((each) => each.name === name);
  if (found === undefined) throw new Error(`No framework is named ${name}.`);
  return found;
}
