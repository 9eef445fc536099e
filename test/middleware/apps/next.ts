// Next.js behind a custom server: with the adapter of node:http around it, and with coatcheck/next in its route handlers.
// scripts/middleware.ts builds the app beforehand.
import { createServer, type RequestListener } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";
import { createNextSession } from "../../../src/adapters/next/next-session.ts";
import { type AnySession, type AppOptions, answerToSuite, byName, type Framework, listen } from "../framework.ts";
import { middlewares } from "../middlewares.ts";
import { applyUse } from "../stores.ts";
import { noteFor } from "../view.ts";
import { fetchHandlers } from "./fetch-handlers.ts";
import { nextAppFolder } from "./next-build.ts";
import { listenerOf, nodeMiddlewares, nodeSubject, watchResponse } from "./node.ts";

/** Where the app's route finds the function that answers. */
const ROUTE = Symbol.for("coatcheck.suite.next");

type Route = (request: Request, name: string) => Promise<Response>;

/** What is used of Next's own object. */
interface NextServer {
  prepare(): Promise<void>;
  getRequestHandler(): RequestListener;
}

let prepared: Promise<RequestListener> | undefined;

/** One server of Next for all apps of this process. */
function nextListener(): Promise<RequestListener> {
  prepared ??= prepare();
  return prepared;
}

async function prepare(): Promise<RequestListener> {
  const dir = nextAppFolder();
  const createNext = createRequire(path.join(dir, "package.json"))("next") as (options: object) => NextServer;
  const server = createNext({ dir, dev: false, quiet: true });
  await server.prepare();
  return server.getRequestHandler();
}

/** What each request's route handler calls, by the port of its app. */
const routes = new Map<string, Route>();

function installRoutes(): void {
  const route: Route = (request, name) => {
    const found = routes.get(request.headers.get(APP_HEADER) ?? "");
    return found ? found(request, name) : Promise.resolve(new Response("no app", { status: 500 }));
  };
  Reflect.set(globalThis, ROUTE, route);
}

/** Says to which app a request belongs: all share one Next. */
const APP_HEADER = "x-suite-app";
let lastApp = 0;

const answerCase = async (
  request: Request,
  name: string,
  session: AnySession,
  options: AppOptions,
): Promise<Response> => {
  const answer = answerToSuite(`/${name}`, session);
  if (answer !== undefined) return new Response(answer);
  const found = fetchHandlers.find((each) => each.name === name);
  if (!found) return new Response("no route", { status: 404 });
  applyUse(session, options.mode);
  return found.handle(request, noteFor({ headers: Object.fromEntries(request.headers) }));
};

const PAGES = ["page", "streamed"];

async function start(options: AppOptions, isInside: boolean): Promise<Awaited<ReturnType<typeof listen>>> {
  installRoutes();
  const next = await nextListener();
  const app = String(++lastApp);
  const { sessions, position } = options;
  const middleware = byName(middlewares, options.middleware);
  const own = middleware.make();
  const around = sessions && !isInside ? nodeSubject(sessions, middleware) : undefined;
  const inside = sessions && isInside ? createNextSession(sessions.manager, noHeaders) : undefined;
  const withOwn = inside?.withSession((request, session, name: string) =>
    answerCase(request, name, session as unknown as AnySession, options),
  );
  // Around Next, the custom server has used the session before Next is called.
  routes.set(app, (request, name) =>
    withOwn
      ? withOwn(request, name)
      : answerCase(request, name, {}, { ...options, mode: { name: "", use: "nothing" } }),
  );
  const session = around ? [around.session] : [];
  const chain = position === "above" ? [...own, ...session] : [...session, ...own];
  const listener = listenerOf([
    watchResponse,
    ...chain,
    (req, res) => {
      req.headers[APP_HEADER] = app;
      const found = around ? (Reflect.get(req, around.name) as AnySession) : undefined;
      if (found && answerToSuite(req.url, found) === undefined) applyUse(found, options.mode);
      return next(req, res);
    },
  ]);
  const running = await listen(createServer(listener));
  const close = async (): Promise<void> => {
    routes.delete(app);
    await running.close();
  };
  return { port: running.port, close };
}

/** The route handlers of the suite answer without `redirect()`, which alone asks for these. */
function noHeaders(): Promise<never> {
  return Promise.reject(new Error("next/headers is not used here."));
}

const routeCases = fetchHandlers;
const pageCases = PAGES.map((name) => ({ name }));

const common = { protocol: "http1", cookie: "session", lowersNames: true, needsBuild: true } as const;

export const nextFrameworks: readonly Framework[] = [
  {
    ...common,
    name: "Next.js, node around it",
    // The custom server has written before Next fails, and Next's answer is one like any other.
    dropsOnError: false,
    cases: [...pageCases, ...routeCases],
    middlewares: nodeMiddlewares,
    start: (options) => start(options, false),
  },
  {
    ...common,
    name: "Next.js, in its routes",
    dropsOnError: true,
    cases: routeCases,
    middlewares: nodeMiddlewares,
    start: (options) => start(options, true),
  },
];
