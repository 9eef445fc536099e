// A request as the middleware finds it and leaves it.
import type { IncomingMessage } from "node:http";
import type { SaveListener, Session, VISIT } from "./session.ts";
import type { SessionData } from "./session-data.ts";
import type { Store } from "./store.ts";

// Exported, so that the declarations keep it: it has the parent of Express's Request.
export type { RequestProperties } from "../adapters/express/request-type.ts";

/** What the middleware adds to a request. */
export interface SessionProperties {
  /** The visitor's session. Setting it to `null` unsets it: see the option `unset`. */
  session: Session & Partial<SessionData>;
  /** The ID of the session. */
  sessionID: string;
  /** The store, in express-session's terms. */
  sessionStore: Store;
}

/** A request with its session. */
export interface SessionRequest extends IncomingMessage, SessionProperties {}

/** A request of any framework, before and after. */
export interface OpenRequest extends IncomingMessage {
  session?: (Session & Partial<SessionData>) | null | undefined;
  sessionID?: string | undefined;
  sessionStore?: Store | undefined;
  /** Express and connect keep the whole path here where an app is mounted. */
  originalUrl?: string;
  /** Express: whether the request came by https, as far as its proxies are trusted. */
  secure?: boolean;
  /** cookie-parser's. */
  secret?: unknown;
  cookies?: Record<string, unknown>;
  signedCookies?: Record<string, unknown>;
  [VISIT]?: SaveListener;
}

declare global {
  namespace Express {
    interface CoatcheckRequests {
      readonly dropIn: SessionProperties;
    }
  }
}

/** A whole URL, as a proxy's client may send it, up to the path. */
const BEFORE_PATH = /^[a-z][a-z\d+.-]*:\/\/[^/?#]*/i;

/** The path that the browser asked for, without the query; `"*"` of `OPTIONS *`. */
export function pathOf(req: OpenRequest): string {
  const url = req.originalUrl ?? req.url ?? "/";
  const target = url.startsWith("/") ? url : url.replace(BEFORE_PATH, "");
  const end = target.indexOf("?");
  const path = end === -1 ? target : target.slice(0, end);
  // The host's own page, also before a fragment, which no browser sends.
  return path === "" || path.startsWith("#") ? "/" : path;
}

/** @param proxy The option: whose word counts beside the connection's own. */
export function isSecure(req: OpenRequest, proxy: boolean | undefined): boolean {
  if ("encrypted" in (req.socket ?? {}) && Reflect.get(req.socket, "encrypted")) return true;
  if (proxy === false) return false;
  if (proxy !== true) return req.secure === true;
  const [protocol = ""] = String(req.headers["x-forwarded-proto"] ?? "").split(",", 1);
  return protocol.trim().toLowerCase() === "https";
}
