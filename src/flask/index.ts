// What `import ... from "coatcheck/flask"` gives.

export { SecretError, SessionError, SessionOptionError } from "../core/errors.ts";
export type { SessionValue } from "../core/record/codec.ts";
export type { AcceptLanguages } from "./accept-languages.ts";
export { Flask, type FlaskOptions, type RouteOptions, type View } from "./app.ts";
export type { FlaskConfig } from "./config.ts";
export type { FlaskGlobals } from "./context.ts";
export { abort, BadRequestKeyError, HTTPException, type HTTPExceptionOptions } from "./errors.ts";
export { type FlashedOptions, flash, getFlashedMessages } from "./flash.ts";
export { g, request, session } from "./globals.ts";
export type { AfterRequest, BeforeRequest, ErrorHandler } from "./handlers.ts";
export { escape, html, Markup } from "./html.ts";
export type { Lifetime, Timedelta } from "./lifetime.ts";
export type { MultiDict, MultiDictMethods } from "./multi-dict.ts";
export type { FlaskRequest } from "./request.ts";
export {
  type CookieOptions,
  FlaskResponse,
  jsonify,
  makeResponse,
  type ResponseHeaders,
  redirect,
  type ViewResult,
} from "./response.ts";
export { BuildError } from "./routing.ts";
export type { RouteParams } from "./rule.ts";
export type { RunningServer, RunOptions } from "./run.ts";
export type { FlaskSession, FlaskSessionData } from "./session.ts";
export { type ContextProcessor, renderTemplate, type TemplateFilter } from "./templates.ts";
export { type UrlOptions, urlFor } from "./url-for.ts";
