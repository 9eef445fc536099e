// What a handler of the suite is.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawRequest } from "./answer.ts";

export type Next = (error?: unknown) => void;

/** Notes what the app sees, in order. */
export type Note = (event: string) => void;

export type Handle<Request = IncomingMessage, Response = ServerResponse> = (
  req: Request,
  res: Response,
  next: Next,
  note: Note,
) => unknown;

export interface HandlerCase {
  readonly name: string;
  readonly handle: Handle;
  /** What the client sends; by default a GET that accepts gzip. */
  readonly request?: RawRequest;
  /** Where it can run: on Express alone, or on HTTP/1 alone. By default on everything of Node's kind. */
  readonly needs?: "express" | "http1";
  /** Whether it takes seconds. It is then run on a few apps only. */
  readonly isHeavy?: boolean;
  /** Whether the app cuts the connection by itself, so that a failing store may find it cut. */
  readonly isCut?: boolean;
  /** Whether the handler fails before it has answered: an adapter may then store nothing. */
  readonly throws?: boolean;
}
