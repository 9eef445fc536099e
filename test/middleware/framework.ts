// The frameworks of the suite: each starts the same app with sessions, or without.
import { once } from "node:events";
import type { Server } from "node:http";
import type { Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import type { HandlerCase } from "./handler.ts";
import type { Sessions, StoreMode } from "./stores.ts";

export type Position = "above" | "below";

/** One app: the same middleware and handlers, with sessions or without. */
export interface AppOptions {
  /** The name of one of the framework's middlewares. */
  readonly middleware: string;
  /** Where the middleware stands to the session. */
  readonly position: Position;
  readonly sessions: Sessions | undefined;
  readonly mode: StoreMode;
}

export interface RunningApp {
  readonly port: number;
  close(): Promise<void>;
}

/** What is known of a case from outside. */
export type CaseInfo = Omit<HandlerCase, "handle" | "needs">;

/** What is known of a middleware from outside. */
export interface MiddlewareInfo {
  readonly name: string;
  /** Whether it changes a response so much that it is tried with more stores. */
  readonly isHard?: boolean;
  /** Cases that it breaks by itself: without our sessions, the process would end or nothing would be answered. */
  readonly breaks?: readonly string[];
}

export interface Framework {
  readonly name: string;
  readonly protocol: "http1" | "http2";
  /** The name of the session's cookie. */
  readonly cookie: string;
  /** Whether an app's own error before its answer leaves the session as it was. */
  readonly dropsOnError: boolean;
  /** Whether headers pass through `Headers`, which writes all names in lower case; so do servers that see one. */
  readonly lowersNames?: boolean;
  /** Whether it needs more than the npm packages, so that `npm test` leaves it out. */
  readonly needsBuild?: boolean;
  readonly cases: readonly CaseInfo[];
  readonly middlewares: readonly MiddlewareInfo[];
  start(options: AppOptions): Promise<RunningApp>;
}

/** What stands in a session's place where an app has none. */
export type AnySession = Record<string, unknown>;

/** The path of a case's handler. */
export function pathOf(name: string): string {
  return `/${encodeURIComponent(name)}`;
}

/** The name of the case that a path asks for. */
export function nameOf(path = "/"): string {
  return decodeURIComponent(path.slice(1));
}

/** Begins a session, so that a case finds one. */
export const START = "/--start";

/** Asked on the connection of a case, when that is answered. */
export const NEXT = "/--next";

/** Answers what the suite asks of every app; `undefined` for the path of a case. */
export function answerToSuite(path: string | undefined, session: AnySession): string | undefined {
  if (path === NEXT) return "next";
  if (path !== START) return undefined;
  session["start"] = 1;
  return "started";
}

/** Finds a thing by its name. @throws Error where there is none. */
export function byName<Named extends { readonly name: string }>(all: readonly Named[], name: string): Named {
  const found = all.find((each) => each.name === name);
  if (found === undefined) throw new Error(`Nothing in the suite is named ${name}.`);
  return found;
}

export async function listen(server: Server | Http2Server): Promise<RunningApp> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    if ("closeAllConnections" in server) server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, "close");
  };
  return { port, close };
}
