// What Express's requests, middlewares and handlers look like with a session. They do without `@types/express`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session, SessionData } from "../../core/session.ts";

// Exported, so that the declarations keep it: it has the parent of Express's Request.
export type { RequestProperties } from "./request-type.ts";

/** The data of `req.session` where your program has not declared the keys of its sessions. */
type UndeclaredData = { [key: string]: unknown };

/** What every request of Express has: the session with the keys that your program has declared, or with any key. */
export interface DeclaredSession {
  session: Session<keyof SessionData extends never ? UndeclaredData : SessionData>;
}

declare global {
  namespace Express {
    interface CoatcheckRequests {
      readonly adapter: DeclaredSession;
    }
  }
}

/** A request with its session: `SessionRequest<Data, Request>` is Express's own request with it. */
export type SessionRequest<Data = SessionData, Request = IncomingMessage> = WithoutUndeclared<Request> & {
  session: Session<Data>;
};

/** Where no keys are declared, `req.session` takes any: that must not show through where the keys are known. */
type WithoutUndeclared<Request> = keyof SessionData extends never
  ? "session" extends keyof Request
    ? Omit<Request, "session">
    : Request
  : Request;

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
