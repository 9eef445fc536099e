// Sessions for plain `node:http`, and for everything that takes a (req, res, next) middleware.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { RequestSession, SessionManager } from "../../core/manager.ts";
import type { Session, SessionData } from "../../core/session/types.ts";
import { isThenable } from "../../core/util/awaitable.ts";
import { functionOption } from "../../core/util/option-checks.ts";
import { failureAnswer } from "../node-response/failure-answer.ts";
import type { LeaveHeadOut } from "../node-response/hold-response.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import {
  answerError,
  type NodeRequest,
  type NodeResponse,
  openThen,
  reportError,
  storeBeforeHeaders,
} from "./exchange.ts";

export { csrf, csrfRequest, type NodeCsrfMiddleware, type NodeCsrfOptions } from "./csrf.ts";

/** A request with its session. */
export interface SessionRequest<Data = SessionData> extends IncomingMessage {
  session: Session<Data>;
}

export type { NodeRequest, NodeResponse };

/** A middleware of the (req, res, next) kind. After `next()`, `req.session` is there. */
export type NodeMiddleware = (req: NodeRequest, res: NodeResponse, next: (error?: unknown) => void) => void;

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
): (req: NodeRequest, res: NodeResponse) => void;
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  listener?: SessionListener<Data>,
): NodeMiddleware {
  const manager = managerOf(sessions);
  if (listener !== undefined) functionOption("listener", listener);
  if (!listener) return (req, res, next) => openFor(manager, req, res, () => next(), next);
  return (req, res) => {
    const fail = (error: unknown): void => answerError(res as ServerResponse, error);
    openFor(manager, req, res, (...exchange) => listen(listener, ...exchange), fail);
  };
}

export default session;

/**
 * The session of a WebSocket's upgrade request. What is written to it is stored soon after; no cookie is set, so a visitor
 * without a session can't be given one here, and writing throws a `HeadersSentError`. End the socket with the session:
 * `signal` fires when it is revoked. Check the `Origin` header before you trust an upgrade.
 *
 * A client that goes while the session is read ends nothing but its socket.
 *
 * @throws StoreUnavailableError when the session can't be read. The client has its 503 then, and the socket is closed.
 * @example
 * server.on("upgrade", async (req, socket, head) => {
 *   try {
 *     const session = await upgradeSession(sessions, req);
 *     if (!session.username) return socket.destroy();
 *     wss.handleUpgrade(req, socket, head, (ws) => {
 *       session.signal.addEventListener("abort", () => ws.close(4001, "logged out"));
 *     });
 *   } catch (error) {
 *     console.error(error);
 *   }
 * });
 */
export async function upgradeSession<Data>(
  sessions: SessionManager<Data>,
  req: IncomingMessage,
): Promise<Session<Data>> {
  // Node takes its own listener away from a socket that it hands over, and an error without one ends the process.
  req.socket.on("error", () => req.socket.destroy());
  try {
    const active = await sessions.open(req.headers.cookie);
    active.detach();
    return active.session;
  } catch (error) {
    refuseUpgrade(req.socket, error);
    throw error;
  }
}

function refuseUpgrade(socket: Socket, error: unknown): void {
  const { status, statusText } = failureAnswer(error);
  socket.end(`HTTP/1.1 ${status} ${statusText}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function openFor<Data>(
  manager: SessionManager<Data>,
  req: NodeRequest,
  res: NodeResponse,
  then: (request: SessionRequest<Data>, response: ServerResponse, letGo: LeaveHeadOut) => void,
  fail: (error: unknown) => void,
): void {
  // The compatible form of HTTP/2 has all that is used here.
  const request = req as SessionRequest<Data>;
  const response = res as ServerResponse;
  // Asked now: once the stream of an HTTP/2 request has closed, it has no socket to ask.
  const isSecure = isEncrypted(req);
  const proceed = (active: RequestSession<Data>): void => {
    request.session = active.session;
    then(
      request,
      response,
      storeBeforeHeaders(active, request, "session", response, () => isSecure),
    );
  };
  openThen(manager, req.headers.cookie, proceed, fail);
}

/** No header is asked: whether a proxy is to be believed is not known here. */
function isEncrypted({ socket }: NodeRequest): boolean {
  return "encrypted" in socket && socket.encrypted === true;
}

/** When the handler throws before it has answered, nothing is stored and the answer is 500. */
function listen<Data>(
  listener: SessionListener<Data>,
  req: SessionRequest<Data>,
  res: ServerResponse,
  letGo: LeaveHeadOut,
): void {
  const afterError = (error: unknown): void => {
    if (letGo("failed")) answerError(res, error);
    else {
      reportError(error);
      if (!res.writableEnded) res.destroy();
    }
  };
  try {
    const listened = listener(req, res);
    if (isThenable(listened)) listened.then(undefined, afterError);
  } catch (error) {
    afterError(error);
  }
}
