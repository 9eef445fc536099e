// Sessions for Express 4 and 5: a middleware; the session is `req.session`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { SessionManager } from "../../core/manager.ts";
import type { SessionData } from "../../core/session/types.ts";
import { isThenable } from "../../core/util/awaitable.ts";
import { processWide } from "../../core/util/process-wide.ts";
import { openThen, storeBeforeHeaders } from "../node/exchange.ts";
import { type ManagerOrOptions, managerOf } from "../shared/manager-or-options.ts";
import { propertyName } from "../shared/property-name.ts";
import type {
  ExpressMiddleware,
  ExpressNext,
  RouteRequest,
  RouteResponse,
  SessionHandler,
  SessionRequest,
} from "./types.ts";

export { csrf, type ExpressCsrfMiddleware, type ExpressCsrfOptions } from "./csrf.ts";
export type {
  DeclaredSession,
  ExpressMiddleware,
  ExpressNext,
  SessionHandler,
  SessionRequest,
} from "./types.ts";

export interface ExpressSessionOptions {
  /** The name of the request's property, where an app has more than one session. Default: `"session"`. */
  readonly as?: string | undefined;
}

/**
 * Gives each request its session, and stores it just before the headers of the response go out, streamed responses and
 * those of error handlers included. When the session can't be read, Express's error handling gets the error; when it can't
 * be stored, the app's response is replaced by one with the error's status. `secure: "auto"` follows `req.secure`, and so
 * the app's setting `trust proxy`.
 *
 * @param sessions A manager of `createSessions`, or its options.
 * @param handler A route's handler, whose `req.session` is then typed. What it throws or rejects with goes to `next`, on
 * Express 4 too. Used beside the middleware, it opens nothing anew.
 * @example
 * const sessions = createSessions<{ visits?: number }>({ secret: process.env.SESSION_SECRET });
 * const app = express();
 * app.use(session(sessions));
 * app.get("/", session(sessions, (req, res) => {
 *   req.session.visits = (req.session.visits ?? 0) + 1;
 *   res.send(`Visit ${req.session.visits}`);
 * }));
 */
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  options?: ExpressSessionOptions,
): ExpressMiddleware;
export function session<
  Data = SessionData,
  Request extends IncomingMessage = RouteRequest,
  Response extends ServerResponse = RouteResponse,
>(
  sessions: ManagerOrOptions<Data>,
  handler: SessionHandler<Data, Request, Response>,
): (req: Request, res: Response, next: ExpressNext) => void;
export function session<Data = SessionData>(
  sessions: ManagerOrOptions<Data>,
  how: ExpressSessionOptions | SessionHandler<Data, IncomingMessage, ServerResponse> = {},
): ExpressMiddleware {
  const manager = managerOf(sessions);
  if (typeof how !== "function") return middlewareFor(manager, propertyName(how));
  const middleware = middlewareFor(manager, "session");
  return (req, res, next) =>
    middleware(req, res, (error) => {
      if (error) next(error);
      else handle(how, req as SessionRequest<Data>, res, next);
    });
}

export default session;

/** Where each manager notes at a request which session it opened: one that passes its middleware again keeps it. */
const places = processWide("express.places", () => new WeakMap<object, symbol>());

function placeOf(manager: object): symbol {
  const place = places.get(manager) ?? Symbol("coatcheck.session");
  places.set(manager, place);
  return place;
}

function middlewareFor<Data>(manager: SessionManager<Data>, name: string): ExpressMiddleware {
  const place = placeOf(manager);
  return (request, res, next) => {
    const req = request as typeof request & Record<PropertyKey, unknown>;
    const present = req[name];
    if (present !== undefined && present === req[place]) {
      next();
      return;
    }
    openThen(
      manager,
      req.headers.cookie,
      (active) => {
        req[place] = active.session;
        req[name] = active.session;
        storeBeforeHeaders(active, req, name, res, () => req["secure"] === true);
        next();
      },
      next,
    );
  };
}

function handle<Data>(
  handler: SessionHandler<Data, IncomingMessage, ServerResponse>,
  req: SessionRequest<Data>,
  res: ServerResponse,
  next: ExpressNext,
): void {
  try {
    const handled = handler(req, res, next);
    if (isThenable(handled)) handled.then(undefined, next);
  } catch (error) {
    next(error);
  }
}
