// Apps that turn a Request into a Response, on the fetch adapter.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { withSession } from "../../../src/adapters/fetch/index.ts";
import {
  type AnySession,
  type AppOptions,
  answerToSuite,
  byName,
  type Framework,
  listen,
  type MiddlewareInfo,
  nameOf,
  type RunningApp,
} from "../framework.ts";
import { applyUse } from "../stores.ts";
import { noteFor, watch } from "../view.ts";
import { fetchHandlers } from "./fetch-handlers.ts";

type FetchHandler = (request: Request) => Response | Promise<Response>;

interface FetchMiddlewareCase extends MiddlewareInfo {
  readonly wrap: (handler: FetchHandler) => FetchHandler;
}

const fetchMiddlewares: readonly FetchMiddlewareCase[] = [
  { name: "none", wrap: (handler) => handler },
  {
    name: "a compressing wrapper",
    isHard: true,
    wrap: (handler) => async (request) => compressed(await handler(request)),
  },
  { name: "a wrapper that adds headers", wrap: (handler) => async (request) => withHeader(await handler(request)) },
  {
    name: "a wrapper that reads the body",
    wrap: (handler) => async (request) => reread(await handler(request)),
    // The first would never end; the second fails while it is read.
    breaks: ["fetch: a client that leaves", "fetch: a stream that fails midway"],
  },
];

function compressed(response: Response): Response {
  if (!response.body || response.headers.has("Content-Encoding")) return response;
  const headers = new Headers(response.headers);
  headers.set("Content-Encoding", "gzip");
  headers.delete("Content-Length");
  return new Response(response.body.pipeThrough(new CompressionStream("gzip")), { status: response.status, headers });
}

function withHeader(response: Response): Response {
  const copy = new Response(response.body, response);
  copy.headers.set("X-Wrapper", "set late");
  return copy;
}

async function reread(response: Response): Promise<Response> {
  return response.body ? new Response(await response.bytes(), response) : response;
}

/** The same events and headers for loggers as on Node. */
export function serve(listener: (req: IncomingMessage, res: ServerResponse) => unknown): Promise<RunningApp> {
  return listen(
    createServer((req, res) => {
      watch(req, res);
      void listener(req, res);
    }),
  );
}

const byCase = new Map(fetchHandlers.map((each) => [each.name, each]));

/** Answers as the suite asks. */
export async function answerOf(request: Request, session: AnySession, { mode }: AppOptions): Promise<Response> {
  const path = new URL(request.url).pathname;
  const answer = answerToSuite(path, session);
  if (answer !== undefined) return new Response(answer);
  const found = byCase.get(nameOf(path));
  if (!found) return new Response("no route", { status: 404 });
  applyUse(session, mode);
  return found.handle(request, noteFor({ headers: Object.fromEntries(request.headers) }));
}

function start(options: AppOptions): Promise<RunningApp> {
  const { middleware, position, sessions } = options;
  const { wrap } = byName(fetchMiddlewares, middleware);
  const withOwnSession = (handler: (request: Request, session: AnySession) => Promise<Response>): FetchHandler =>
    sessions
      ? withSession(sessions.manager, (request, session) => handler(request, session as unknown as AnySession))
      : (request) => handler(request, {});
  const answer = (request: Request, session: AnySession): Promise<Response> => answerOf(request, session, options);
  const app =
    position === "above"
      ? wrap(withOwnSession(answer))
      : withOwnSession(async (request, session) => wrap((inner) => answer(inner, session))(request));
  return serve(getRequestListener(app, { errorHandler: () => new Response("failed", { status: 500 }) }));
}

export const fetchFramework: Framework = {
  name: "fetch",
  protocol: "http1",
  cookie: "session",
  lowersNames: true,
  dropsOnError: true,
  cases: fetchHandlers,
  middlewares: fetchMiddlewares,
  start,
};
