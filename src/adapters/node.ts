// Sessions for plain `node:http`, and for everything that takes a (req, res, next) middleware.
import type { IncomingMessage, ServerResponse } from "node:http";
import { whenDone } from "../core/awaitable.ts";
import { SessionError } from "../core/errors.ts";
import type { RequestSession, SessionManager } from "../core/manager.ts";
import type { Session, SessionData } from "../core/session.ts";
import type { Awaitable } from "../core/store.ts";
import { beforeHeaders } from "./before-headers.ts";
import { type ManagerOrOptions, managerOf } from "./manager-or-options.ts";
import { applyToNodeResponse } from "./response-headers.ts";

/** A request with its session. */
export interface SessionRequest<Data = SessionData> extends IncomingMessage {
  session: Session<Data>;
}

/** A middleware of the (req, res, next) kind. After `next()`, `req.session` is there. */
export type NodeMiddleware = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/** A request handler that gets its session with the request. */
export type SessionListener<Data> = (req: SessionRequest<Data>, res: ServerResponse) => unknown;

/**
 * Gives each request its session, and stores it just before the headers of the response go out, streamed responses
 * included. When storing fails, the app's response is replaced by one with the error's status.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @param listener Your handler. Without one, you get a (req, res, next) middleware.
 * @example
 * const sessions = createSessions<{ visits?: number }>({ secret: process.env.SESSION_SECRET });
 * createServer(
 *   session(sessions, (req, res) => {
 *     req.session.visits = (req.session.visits ?? 0) + 1;
 *     res.end(`Visit ${req.session.visits}`);
 *   }),
 * ).listen(3000);
 */
export function session<Data = SessionData>(sessions: ManagerOrOptions<Data>): NodeMiddleware;
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  listener: SessionListener<Data>,
): (req: IncomingMessage, res: ServerResponse) => void;
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  listener?: SessionListener<Data>,
): NodeMiddleware {
  const manager = managerOf(sessions);
  if (!listener) return (req, res, next) => openFor(manager, req, res, () => next(), next);
  return (req, res) => {
    const fail = (error: unknown): void => answerError(res, error);
    openFor(manager, req, res, (request, letGo) => listen(listener, request, res, letGo), fail);
  };
}

export default session;

/**
 * The session of a WebSocket's upgrade request. What is written to it is stored at once; no cookie is set, so a visitor
 * without a session can't be given one here, and writing throws a `HeadersSentError`. End the socket with the session:
 * `signal` fires when it is revoked. Check the `Origin` header before you trust an upgrade.
 *
 * @example
 * server.on("upgrade", async (req, socket, head) => {
 *   const session = await upgradeSession(sessions, req);
 *   if (!session.username) return socket.destroy();
 *   wss.handleUpgrade(req, socket, head, (ws) => {
 *     session.signal.addEventListener("abort", () => ws.close(4001, "logged out"));
 *   });
 * });
 */
export async function upgradeSession<Data>(
  sessions: SessionManager<Data>,
  req: IncomingMessage,
): Promise<Session<Data>> {
  const active = await sessions.open(req.headers.cookie);
  active.detach();
  return active.session;
}

function openFor<Data>(
  manager: SessionManager<Data>,
  req: IncomingMessage,
  res: ServerResponse,
  then: (request: SessionRequest<Data>, letGo: () => boolean) => void,
  fail: (error: unknown) => void,
): void {
  const proceed = (active: RequestSession<Data>): void => {
    const request = req as SessionRequest<Data>;
    request.session = active.session;
    const letGo = beforeHeaders(
      res,
      () => finish(active, req, res),
      (error) => answerError(res, error),
    );
    then(request, letGo);
  };
  let opened: Awaitable<RequestSession<Data>>;
  try {
    opened = manager.open(req.headers.cookie);
  } catch (error) {
    fail(error);
    return;
  }
  if (opened instanceof Promise) opened.then(proceed, fail);
  else proceed(opened);
}

function finish<Data>(active: RequestSession<Data>, req: IncomingMessage, res: ServerResponse): Awaitable<void> {
  const finished = active.finish(() => "encrypted" in req.socket && req.socket.encrypted === true);
  return whenDone(finished, (duties) => applyToNodeResponse(res, duties));
}

/** When the handler throws before it has answered, nothing is stored and the answer is 500. */
function listen<Data>(
  listener: SessionListener<Data>,
  req: SessionRequest<Data>,
  res: ServerResponse,
  letGo: () => boolean,
): void {
  const afterError = (error: unknown): void => {
    if (letGo()) answerError(res, error);
    else {
      reportError(error);
      if (!res.writableEnded) res.destroy();
    }
  };
  try {
    const listened = listener(req, res);
    if (listened instanceof Promise) listened.catch(afterError);
  } catch (error) {
    afterError(error);
  }
}

function answerError(res: ServerResponse, error: unknown): void {
  const isExpected = error instanceof SessionError && error.status !== 500;
  if (!isExpected) reportError(error);
  if (res.headersSent) {
    res.destroy();
    return;
  }
  for (const name of res.getHeaderNames()) res.removeHeader(name);
  res.writeHead(isExpected ? error.status : 500, {
    "Cache-Control": "no-store",
    "Content-Type": "text/plain; charset=utf-8",
    ...(isExpected ? error.headers : {}),
  });
  res.end(
    isExpected && error.status === 503 ? "Service Unavailable" : isExpected ? "Conflict" : "Internal Server Error",
  );
}

/** Plain node has no error handler to hand a mistake of the program's to. */
function reportError(error: unknown): void {
  console.error(error);
}
