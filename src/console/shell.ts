// What both pages stand in: the path below which they lie, the headers of every response, the stylesheet and the script,
// the visitor's session, the check of forms, and the pages of errors. It knows nothing of what they show.
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { csrf, session as honoSession, type SessionEnv } from "../adapters/hono.ts";
import { CsrfError, SessionError, StoreUnavailableError } from "../core/errors.ts";
import type { SessionManager } from "../core/manager.ts";
import { assets } from "./assets/assets.ts";
import { speechFor } from "./language.ts";
import type { Language } from "./options.ts";
import type { Html, Page } from "./page.ts";
import { messagePage } from "./views/message.ts";

export interface ShellEnv<Data> {
  Variables: SessionEnv<Data>["Variables"] & { page: Page };
}

export type ShellContext<Data> = Context<ShellEnv<Data>>;

interface ShellSettings {
  readonly base: string;
  readonly language: Language | undefined;
}

type Policy = NonNullable<NonNullable<Parameters<typeof secureHeaders>[0]>["contentSecurityPolicy"]>;

/** The longest form: every session of a page selected. In bytes. */
const MAX_FORM = 64_000;

/** No inline script or style, nothing from another host, no frame. */
const pageHeaders = headersWith({
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  scriptSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
});

/** A chart's own styles, and nothing else: no script, no other address. */
const chartHeaders = headersWith({
  defaultSrc: ["'none'"],
  styleSrc: ["'unsafe-inline'"],
  frameAncestors: ["'none'"],
});

/** An app that serves its assets, and for everything else has nothing yet. */
export function createShell<Data>({ base, language }: ShellSettings): Hono<ShellEnv<Data>> {
  const app = new Hono<ShellEnv<Data>>({ getPath: ({ url }) => pathBelow(base, url) });
  app.use((c, next) => (c.req.path.startsWith("/charts/") ? chartHeaders(c, next) : pageHeaders(c, next)));
  app.use(async (c, next) => {
    c.set("page", { base, now: Date.now(), ...speechFor(c, language) });
    await next();
    if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
    c.header("Vary", "Accept-Language", { append: true });
  });
  app.get("/assets/:name", (c) => serveAsset(c, c.req.param("name")));
  app.onError((error, c) => answerError(error, c));
  app.notFound((c) => {
    const { missingTitle, missing } = c.get("page").texts.problems;
    return c.html(messagePage(c.get("page"), { title: missingTitle, text: missing }), 404);
  });
  return app;
}

function headersWith(contentSecurityPolicy: Policy): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy,
    // A form must be able to say from where it comes, and nothing else learns of owners in addresses.
    referrerPolicy: "same-origin",
    xFrameOptions: "DENY",
    // That is for the site to say.
    strictTransportSecurity: false,
  });
}

/** From here on, every request has its session, and one that changes something is this page's own. */
export function openSessions<Data>(
  app: Hono<ShellEnv<Data>>,
  sessions: SessionManager<Data>,
  trustedOrigins: readonly string[] | undefined,
): void {
  app.use(honoSession(sessions));
  app.use(
    bodyLimit({
      maxSize: MAX_FORM,
      onError: (c) => c.html(messagePage(pageOf(c), { title: pageOf(c).texts.problems.tooLargeTitle }), 413),
    }),
  );
  app.use(csrf({ trustedOrigins }));
}

/** The form of a request, text by text. */
export interface Form {
  /** The only or last text of a name. */
  text(name: string): string | undefined;
  texts(name: string): string[];
}

export async function formOf(c: Context): Promise<Form> {
  const body = await c.req.parseBody({ all: true });
  const texts = (name: string): string[] =>
    [Object.hasOwn(body, name) ? (body[name] ?? []) : []].flat().filter((value) => typeof value === "string");
  return { texts, text: (name) => texts(name).at(-1) };
}

/** For the types of Hono's own middleware, which do not know of it. */
function pageOf(c: Context): Page {
  return c.get("page") as Page;
}

/** The path as the routes know it, whether or not a router has taken the base off. */
function pathBelow(base: string, url: string): string {
  const { pathname } = new URL(url);
  const isBelow = base !== "" && (pathname === base || pathname.startsWith(`${base}/`));
  return (isBelow ? pathname.slice(base.length) : pathname).replace(/\/+$/, "") || "/";
}

function serveAsset(c: Context, name: string): Response | Promise<Response> {
  const asset = assets.get(name);
  if (!asset) return c.notFound();
  // Its address changes with its text.
  return c.body(asset.text, 200, {
    "Content-Type": asset.type,
    "Cache-Control": "public, max-age=31536000, immutable",
  });
}

/** What is the visitor's or the store's doing is answered here; a mistake of the program is the program's. */
function answerError(error: Error, c: Context): Response | Promise<Response> {
  const page = pageOf(c);
  const { problems } = page.texts;
  if (error instanceof CsrfError) {
    return c.html(messagePage(page, { title: problems.forgedTitle, text: problems.forged, back: true }), 403);
  }
  if (error instanceof StoreUnavailableError) {
    c.header("Retry-After", "1");
    const body: Html = messagePage(page, { title: problems.unavailableTitle, text: problems.unavailable, back: true });
    return c.html(body, 503);
  }
  if (error instanceof SessionError && error.status !== 500) return error.getResponse();
  throw error;
}
