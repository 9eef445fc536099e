// The options of both pages, checked at start. It knows no request and no page.

import { SessionOptionError } from "../core/errors.ts";
import type { SessionManager } from "../core/manager.ts";
import { trustedOriginsOption } from "../core/request/csrf.ts";
import type { Session, SessionData } from "../core/session/types.ts";
import {
  booleanOption,
  checkedWhereParsed,
  checkOptions,
  functionOption,
  managerOption,
  nameOption,
  type OptionChecks,
  oneOfOption,
  required,
} from "../core/util/option-checks.ts";

/** The languages that the pages speak. */
export type Language = "en" | "zh";

export interface PageOptions<Data = SessionData> {
  /** The manager of `createSessions`. */
  readonly sessions: SessionManager<Data>;
  /** Default: what the browser's Accept-Language asks for, else English. */
  readonly language?: Language | undefined;
  /**
   * The path under which visitors reach it, as links say it. Default `"/sessions"` for the console, `"/devices"` for the
   * devices page. Requests may come with it or, from a router that takes it off, without.
   */
  readonly basePath?: string | undefined;
  /** Other origins whose pages may send its forms, where a proxy hides this one's: see `verifyCsrf`. Default: none. */
  readonly trustedOrigins?: readonly string[] | undefined;
}

export interface SessionConsoleOptions<Data = SessionData> extends PageOptions<Data> {
  /**
   * Who may see the console: asked at each request, with the visitor's session. Only `true` opens it. Without this
   * function nobody may (SECURITY-BAR S38).
   * @example
   * authorize: (session) => session.owner === "admin"
   */
  readonly authorize?: ((session: Session<Data>, request: Request) => boolean | Promise<boolean>) | undefined;
  /** Whether the page of one session shows the values of its keys. Default `false`: names and sizes only. */
  readonly showValues?: boolean | undefined;
}

export interface DevicesPageOptions<Data = SessionData> extends PageOptions<Data> {
  /** Where a visitor who is not logged in is sent. Without it, the answer is 403. */
  readonly loginUrl?: string | undefined;
}

const PAGE_CHECKS: OptionChecks<PageOptions> = {
  sessions: required(managerOption),
  language: oneOfOption("en", "zh"),
  basePath: checkedWhereParsed,
  trustedOrigins: trustedOriginsOption,
};
const CONSOLE_CHECKS: OptionChecks<SessionConsoleOptions> = {
  ...PAGE_CHECKS,
  authorize: functionOption,
  showValues: booleanOption,
};
const DEVICES_CHECKS: OptionChecks<DevicesPageOptions> = { ...PAGE_CHECKS, loginUrl: nameOption };

/** First parts of our own paths: a base path that begins with one could not be told from it. */
const OWN_PATHS = ["assets", "key", "activity", "charts", "end", "end-all", "end-others"];

/** @throws SessionOptionError when an option is unknown, missing or wrong, so that a mistake opens nothing. */
export function checkConsoleOptions<Data>(options: SessionConsoleOptions<Data>): SessionConsoleOptions<Data> {
  return checkOptions<SessionConsoleOptions<Data>>(options, CONSOLE_CHECKS, "Call sessionConsole({ sessions }).");
}

/** @throws SessionOptionError when an option is unknown, missing or wrong. */
export function checkDevicesOptions<Data>(options: DevicesPageOptions<Data>): DevicesPageOptions<Data> {
  return checkOptions<DevicesPageOptions<Data>>(options, DEVICES_CHECKS, "Call devicesPage({ sessions }).");
}

/** The base path without its last slash: `""` for the root. @throws SessionOptionError. */
export function parseBasePath(basePath: unknown, fallback: string): string {
  const given = basePath === undefined ? fallback : basePath;
  const path = typeof given === "string" ? given.replace(/\/+$/, "") : undefined;
  if (path === undefined || !/^(\/[\w.~%-]+)*$/.test(path)) {
    throw new SessionOptionError("basePath", "must be a path", 'Give one such as "/admin/sessions".');
  }
  const first = path.split("/")[1];
  if (first !== undefined && OWN_PATHS.includes(first)) {
    throw new SessionOptionError("basePath", `begins with /${first}, which is a path below it`, "Use another.");
  }
  return path;
}
