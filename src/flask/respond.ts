// The way of a request below the session: before -> view -> error page -> after. Whatever happens, a response comes out.
import { inspect } from "node:util";
import type { CurrentApp, RequestContext } from "./context.ts";
import { asHttpException, errorPage, HTTPException } from "./errors.ts";
import type { Handlers } from "./handlers.ts";
import { escapeHtml } from "./html.ts";
import { FlaskRequest } from "./request.ts";
import { readBody } from "./request-body.ts";
import { type FlaskResponse, makeResponse, redirect, toWebResponse, type ViewResult, withStatus } from "./response.ts";
import type { PathChange } from "./route-matcher.ts";
import type { RouteMatch } from "./routing.ts";

/** A view, as it is kept: its type was checked where it was registered. */
export type KeptView = (params: Record<string, unknown>) => ViewResult | Promise<ViewResult>;

/** What an app is made of, to answer with. */
export interface Answering extends CurrentApp {
  readonly handlers: Handlers;
  readonly views: ReadonlyMap<string, KeptView>;
}

/** The response to a request. @throws what no handler takes, where the config says TESTING. */
export async function respond(app: Answering, context: RequestContext): Promise<Response> {
  try {
    return await finish(app, await answer(app, context));
  } catch (error) {
    return respondToError(app, context, error);
  }
}

/** The response to an error, with what `afterRequest` adds to each. */
export async function respondToError(app: Answering, context: RequestContext, thrown: unknown): Promise<Response> {
  const response = await answerOrMistake(app, context, errorOf(thrown));
  try {
    return await finish(app, response);
  } catch (second) {
    // The visitor gets the error's page as it is, as in Flask.
    if (app.config.TESTING === true) throw second;
    logError(context, second);
    return toWebResponse(response);
  }
}

function errorOf(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("A value that is no Error was thrown.", { cause: thrown });
}

/** A handler that fails is a mistake, which the handler of 500 answers; where that fails too, it is the plain page. */
async function answerOrMistake(app: Answering, context: RequestContext, error: Error): Promise<FlaskResponse> {
  try {
    return await answerError(app, context, error);
  } catch (second) {
    if (app.config.TESTING === true) throw second;
    if (asHttpException(error)) return answerOrMistake(app, context, mistakeOf(second));
    logError(context, second);
    return mistakePage(app, context, second);
  }
}

/** What a handler throws is a mistake, an `abort` in it too. */
function mistakeOf(thrown: unknown): Error {
  const error = errorOf(thrown);
  return asHttpException(error) ? new Error(`An error handler failed: ${error.message}`, { cause: error }) : error;
}

async function answer(app: Answering, context: RequestContext): Promise<FlaskResponse> {
  const { match, hono, request } = context;
  if (match.kind === "found") FlaskRequest.fill(request, await readBody(hono, app.config));
  for (const before of app.handlers.before) {
    const result = await before();
    if (result !== undefined && result !== null) return makeResponse(result);
  }
  return match.kind === "found" ? callView(app, match) : answerWithoutView(context, match);
}

async function callView(app: Answering, match: RouteMatch & { kind: "found" }): Promise<FlaskResponse> {
  const { endpoint } = match.route;
  const result: unknown = await app.views.get(endpoint)?.(match.params);
  if (result === undefined || result === null) {
    throw new TypeError(`The view "${endpoint}" gave no response. It returned nothing or ended without a return.`);
  }
  return makeResponse(result as ViewResult);
}

function answerWithoutView({ request }: RequestContext, match: Exclude<RouteMatch, { kind: "found" }>): FlaskResponse {
  switch (match.kind) {
    case "options":
      return makeResponse("", 200, { Allow: match.methods.join(", ") });
    case "redirect":
      return redirect(changePath(request.fullPath, match), 308);
    case "methodNotAllowed":
      throw new HTTPException(405, undefined, { headers: { Allow: match.methods.join(", ") } });
    case "notFound":
      throw new HTTPException(404);
  }
}

/** It begins with a single slash, so that it can't be taken for another host: `//evil.example/`. */
function changePath(fullPath: string, { mergeSlashes, addSlash }: PathChange): string {
  const [path = "", ...query] = fullPath.split("?");
  const changed = mergeSlashes ? path.replace(/\/{2,}/g, "/") : path.replace(/^\/{2,}/, "/");
  return [changed + (addSlash ? "/" : ""), ...query].join("?");
}

async function answerError(app: Answering, context: RequestContext, error: Error): Promise<FlaskResponse> {
  const handler = app.handlers.findErrorHandler(error);
  const http = asHttpException(error);
  if (!http) {
    if (!handler && app.config.TESTING === true) throw error;
    logError(context, error);
  }
  if (handler) return withStatus(await handler(), http?.code ?? 500, http?.headers);
  if (!http) return mistakePage(app, context, error);
  if (http.response) return makeResponse(http.response);
  return makeResponse(errorPage(http, app.config.DEBUG === true), http.code, http.headers);
}

async function finish(app: Answering, response: FlaskResponse): Promise<Response> {
  let current = response;
  for (const after of app.handlers.after.toReversed()) {
    const result = await after(current);
    if (result !== undefined && result !== null) current = makeResponse(result);
  }
  return toWebResponse(current);
}

function mistakePage(app: Answering, context: RequestContext, error: unknown): FlaskResponse {
  const page = app.config.DEBUG === true ? debugPage(context, error) : errorPage(new HTTPException(500), false);
  return makeResponse(page, 500, { "Cache-Control": "no-store" });
}

/** For the developer alone. It shows code and values, and can't run any. */
function debugPage({ request }: RequestContext, error: unknown): string {
  const title = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `<!doctype html>
<html lang=en>
<title>${escapeHtml(title)}</title>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(request.method)} ${escapeHtml(request.fullPath)}</p>
<pre>${escapeHtml(inspect(error))}</pre>
<p>This page is shown under debug alone. Without it, visitors see "Internal Server Error".</p>
`;
}

function logError({ request }: RequestContext, error: unknown): void {
  // Without the query, which may hold a visitor's secrets, and encoded, so that it is one line.
  const [path] = request.fullPath.split("?");
  console.error(`Exception on ${path} [${request.method}]`, error);
}
