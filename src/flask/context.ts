// The request at work, found from anywhere below a view without being handed around.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "hono";
import type { FlashMessage } from "../core/session/types.ts";
import { processWide } from "../core/util/process-wide.ts";
import type { FlaskConfig } from "./config.ts";
import type { FlaskRequest } from "./request.ts";
import type { RouteMatch, RouteTable } from "./routing.ts";
import type { FlaskSession } from "./session.ts";

/** What functions that work on the current request need of its app. */
export interface CurrentApp {
  readonly config: FlaskConfig;
  readonly routes: RouteTable;
  /** @throws Error when the template is missing or fails. */
  renderTemplate(name: string, values: Readonly<Record<string, unknown>>): string;
}

/** What an app keeps for one request, such as the user whom `beforeRequest` has loaded. */
export type FlaskGlobals = Record<string, unknown>;

export interface RequestContext {
  readonly app: CurrentApp;
  readonly hono: Context;
  readonly match: RouteMatch;
  readonly request: FlaskRequest;
  /** `undefined` until the session is opened. */
  session: FlaskSession | undefined;
  /** What the app keeps for this request alone. */
  readonly g: FlaskGlobals;
  /** What `getFlashedMessages` took, as it may be called again. */
  flashes: readonly FlashMessage[] | undefined;
}

/** Of all copies of the library: a view may come from another one than its app. */
const storage = processWide("flask.context", () => new AsyncLocalStorage<RequestContext>());

export function runInContext<Result>(context: RequestContext, work: () => Result): Result {
  return storage.run(context, work);
}

/** @throws Error outside of a request. */
export function currentContext(used: string): RequestContext {
  const context = storage.getStore();
  if (context) return context;
  throw new Error(
    `Working outside of request context: ${used} belongs to a request, and there is none here. ` +
      "Use it in a view or in what a view calls; in a test, send a request by app.request(path).",
  );
}

/** The request at work; `undefined` outside of one. */
export function contextOrNone(): RequestContext | undefined {
  return storage.getStore();
}
