// What both pages stand in: the path below which they lie, the headers of every response, the stylesheet and the script,
// the visitor's session, the check of forms, and the pages of errors. It knows nothing of what they show.
import { createCsrfCheck } from "../adapters/shared/csrf-check.ts";
import { readUpTo } from "../adapters/shared/form-body.ts";
import { withDuties } from "../adapters/shared/response-headers.ts";
import { CsrfError, SessionError, StoreUnavailableError } from "../core/errors.ts";
import type { SessionManager } from "../core/manager.ts";
import type { Session } from "../core/session/types.ts";
import { assets } from "./assets/assets.ts";
import type { Html } from "./html.ts";
import { speechFor } from "./language.ts";
import type { Language } from "./options.ts";
import type { Page } from "./page.ts";
import { withPageHeaders } from "./page-headers.ts";
import { messagePage } from "./views/message.ts";

/** One request of a visitor, with the session open. */
export interface Visit<Data> {
  readonly request: Request;
  readonly url: URL;
  readonly page: Page;
  readonly session: Session<Data>;
  /** Empty for a request without one. */
  readonly form: Form;
}

/** The form of a request, text by text. */
export interface Form {
  /** The only or last text of a name. */
  text(name: string): string | undefined;
  texts(name: string): string[];
}

type Answer = Response | Promise<Response>;

export interface Route<Data> {
  readonly method: "GET" | "POST";
  /** A path, or the beginning of one that ends in `/`: what follows is the parameter. */
  readonly path: string;
  readonly handle: (visit: Visit<Data>, parameter: string) => Answer;
}

export interface Shell<Data> {
  readonly base: string;
  readonly language: Language | undefined;
  readonly sessions: SessionManager<Data>;
  readonly trustedOrigins: readonly string[] | undefined;
  readonly routes: readonly Route<Data>[];
  /** Returns the answer for a visitor who may not come in. */
  readonly refuse: (visit: Visit<Data>) => Response | undefined | Promise<Response | undefined>;
}

/** The longest form: every session of a page selected. In bytes. */
const MAX_FORM = 64_000;

/** @throws SessionOptionError for wrong origins. */
export function createShell<Data>(shell: Shell<Data>): (request: Request) => Promise<Response> {
  const openVisit = createOpening(shell);
  return createPages(shell, async (request, url, page) => {
    const active = await shell.sessions.open(request.headers.get("cookie"));
    const response = await answerOrExplain(page, async () => {
      const visit = await openVisit(request, url, page, active.session);
      if (visit instanceof Response) return visit;
      return (await shell.refuse(visit)) ?? route(shell.routes, visit);
    });
    return withDuties(response, await active.finish(() => url.protocol === "https:"));
  });
}

/** Pages without sessions: their headers, their assets and the pages of their errors. */
export function createPages(
  { base, language }: Pick<Shell<unknown>, "base" | "language">,
  answer: (request: Request, url: URL, page: Page) => Answer,
): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const path = pathBelow(base, url);
    const page = { base, now: Date.now(), ...speechFor(request.headers.get("Accept-Language"), language) };
    const asset = assetOf(request.method, path);
    const response = asset ?? (await answerOrExplain(page, () => answer(request, url, page)));
    return withPageHeaders(request.method, path, response);
  };
}

export function htmlResponse(body: Html, status = 200): Response {
  return new Response(body.toString(), { status, headers: { "Content-Type": "text/html; charset=UTF-8" } });
}

/** After a form, so that a browser's "reload" does not send it again. */
export function redirectTo(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location } });
}

export function notFound(page: Page): Response {
  const { missingTitle, missing } = page.texts.problems;
  return htmlResponse(messagePage(page, { title: missingTitle, text: missing }), 404);
}

/** Reads the form of a request that changes something, and checks that this site's own page has sent it. */
function createOpening<Data>({ trustedOrigins }: Shell<Data>) {
  const check = createCsrfCheck<Request>({ trustedOrigins });
  return async (request: Request, url: URL, page: Page, session: Session<Data>): Promise<Visit<Data> | Response> => {
    const { method, headers } = request;
    if (!check.concerns(method, request)) return { request, url, page, session, form: formOf(new FormData()) };
    const body = await readForm(request);
    if (!body) return htmlResponse(messagePage(page, { title: page.texts.problems.tooLargeTitle }), 413);
    const form = formOf(body);
    const visitor: Parameters<typeof check.checkFormToken>[0] = session;
    if (check.checkHeaders({ method, headers, origin: url.origin }, visitor)) {
      check.checkFormToken(visitor, form.text(check.field));
    }
    return { request, url, page, session, form };
  };
}

/** @returns `undefined` for a form that is too long. */
async function readForm(request: Request): Promise<FormData | undefined> {
  if (Number(request.headers.get("content-length") ?? 0) > MAX_FORM) return undefined;
  const bytes = await readUpTo(request.body, MAX_FORM);
  if (!bytes) return undefined;
  try {
    const headers = { "Content-Type": request.headers.get("content-type") ?? "" };
    return await new Response(Buffer.from(bytes), { headers }).formData();
  } catch {
    // No form at all: it has no token either.
    return new FormData();
  }
}

function formOf(body: FormData): Form {
  const texts = (name: string): string[] => body.getAll(name).filter((value) => typeof value === "string");
  return { texts, text: (name) => texts(name).at(-1) };
}

/** The path as the routes know it, whether or not a router has taken the base off. */
function pathBelow(base: string, { pathname }: URL): string {
  const isBelow = base !== "" && (pathname === base || pathname.startsWith(`${base}/`));
  return (isBelow ? pathname.slice(base.length) : pathname).replace(/\/+$/, "") || "/";
}

function route<Data>(routes: readonly Route<Data>[], visit: Visit<Data>): Answer {
  const method = visit.request.method === "HEAD" ? "GET" : visit.request.method;
  const path = pathBelow(visit.page.base, visit.url);
  for (const candidate of routes) {
    const parameter = candidate.method === method ? parameterOf(candidate.path, path) : undefined;
    if (parameter !== undefined) return candidate.handle(visit, parameter);
  }
  return notFound(visit.page);
}

/** What follows the route's path, which is nothing for most; `undefined` for the path of another route. */
function parameterOf(route: string, path: string): string | undefined {
  if (route === path) return "";
  if (route === "/" || !route.endsWith("/") || !path.startsWith(route)) return undefined;
  const rest = path.slice(route.length);
  if (rest === "" || rest.includes("/")) return undefined;
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest;
  }
}

const ASSETS = "/assets/";

function assetOf(method: string, path: string): Response | undefined {
  const asset = path.startsWith(ASSETS) ? assets.get(path.slice(ASSETS.length)) : undefined;
  if (!asset || (method !== "GET" && method !== "HEAD")) return undefined;
  // Its address changes with its text.
  const headers = { "Content-Type": asset.type, "Cache-Control": "public, max-age=31536000, immutable" };
  return new Response(asset.text, { headers });
}

/** What is the visitor's or the store's doing is answered here; a mistake of the program is the program's. */
async function answerOrExplain(page: Page, answer: () => Answer): Promise<Response> {
  try {
    return await answer();
  } catch (error) {
    return explain(error, page);
  }
}

function explain(error: unknown, page: Page): Response {
  const { problems } = page.texts;
  if (error instanceof CsrfError) {
    return htmlResponse(messagePage(page, { title: problems.forgedTitle, text: problems.forged, back: true }), 403);
  }
  if (error instanceof StoreUnavailableError) {
    const body = messagePage(page, { title: problems.unavailableTitle, text: problems.unavailable, back: true });
    const response = htmlResponse(body, 503);
    response.headers.set("Retry-After", "1");
    return response;
  }
  if (error instanceof SessionError && error.status !== 500) return error.getResponse();
  throw error;
}
