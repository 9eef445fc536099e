// Types of Express's requests, middlewares and handlers with a session. They need no `@types/express`.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Session, SessionData } from "../../core/session/types.ts";

// Exported so that the emitted declarations keep it: Express's Request inherits from it.
export type { RequestProperties } from "./request-type.ts";

/** The data of `req.session` where your program has not declared the keys of its sessions. */
type UndeclaredData = { [key: string]: unknown };

/** Adds `session` to Express's Request, typed by the keys that your program declares in `SessionData`, or with any key. */
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

/** Removes the `session` that takes any key, so that it does not widen a session whose keys are known. */
type WithoutUndeclared<Request> = keyof SessionData extends never
  ? "session" extends keyof Request
    ? Omit<Request, "session">
    : Request
  : Request;

/** A middleware of Express. After `next()`, `req.session` is there. */
export type ExpressMiddleware = (req: IncomingMessage, res: ServerResponse, next: ExpressNext) => void;

/** Express's `next` function. */
export type ExpressNext = (error?: unknown) => void;

/** A route's handler, with the session typed on its request. */
export type SessionHandler<Data, Request, Response> = (
  req: SessionRequest<Data, Request>,
  res: Response,
  next: ExpressNext,
) => unknown;

// The default types of a route's request and response; `any` where `@types/express` is not installed.
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
export type RouteRequest = import("express").Request;
// biome-ignore lint/suspicious/noTsIgnore: an error only where those types are missing, so none can be expected.
/** @ts-ignore */
export type RouteResponse = import("express").Response;
