// What Express's requests, middlewares and handlers look like with a session. They do without `@types/express`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session, SessionData } from "../../core/session.ts";

/**
 * What every request of Express has, once your program has declared the keys of its sessions. Without such a declaration it
 * is nothing, so that it is in nobody's way who types `req.session` otherwise.
 */
export type DeclaredSession = keyof SessionData extends never ? object : { session: Session<SessionData> };

declare global {
  namespace Express {
    // As a parent, and not as a property: where another package declares a `req.session`, its declaration stands.
    // biome-ignore lint/suspicious/noTsIgnore: an error only where there is another, so none can be expected.
    /** @ts-ignore */
    interface Request extends DeclaredSession {}
  }
}

/** A request with its session: `SessionRequest<Data, Request>` is Express's own request with it. */
export type SessionRequest<Data = SessionData, Request = IncomingMessage> = Request & { session: Session<Data> };

/** A middleware of Express. After `next()`, `req.session` is there. */
export type ExpressMiddleware = (req: IncomingMessage, res: ServerResponse, next: ExpressNext) => void;

/** What Express hands over to go on, or to go on with an error. */
export type ExpressNext = (error?: unknown) => void;

/** A handler that gets its session with the request, and beside it all that its route gives. */
export type SessionHandler<Data, Request, Response> = (
  req: SessionRequest<Data, Request>,
  res: Response,
  next: ExpressNext,
) => unknown;

// What a route's handler gets where its route can't be seen from here; anything where `@types/express` is not installed.
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
export type RouteRequest = import("express").Request;
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
export type RouteResponse = import("express").Response;
