// What `import "coatcheck/express-session"` gives: the drop-in for express-session 1.19, and the bridge.
import { Cookie, type CookieData, type CookieOptions } from "./cookie.ts";
import { MemoryStore } from "./memory-store.ts";
import { createMiddleware, type SessionMiddleware } from "./middleware.ts";
import type { SessionOptions } from "./options.ts";
import type { SessionRequest } from "./request.ts";
import { Session } from "./session.ts";
import type { SessionData } from "./session-data.ts";
import { Store } from "./store.ts";

export { type BridgedStore, type BridgeOptions, bridge, type ExpressSessionStore } from "./bridge.ts";
// With a star, so that `declare module` can add to SessionData.
export * from "./session-data.ts";

export type { SessionMiddleware, SessionOptions, SessionRequest };
export { Cookie, type CookieData, type CookieOptions, MemoryStore, Session, Store };

/**
 * Gives each request its session, at `req.session`: express-session's API, options, cookies and records. Swap the import,
 * and everybody stays logged in. With a store of coatcheck's, parallel requests keep each other's changes, and a session
 * that has ended stays so.
 *
 * @param options Only `secret` is required, where cookie-parser leaves none at `req.secret`.
 * @throws SessionOptionError when an option can't be meant. A missing secret is told to `next`, at the first request.
 * @example
 * import session from "coatcheck/express-session";
 *
 * app.use(session({ secret: process.env.SESSION_SECRET, resave: false, saveUninitialized: false }));
 */
export function session(options?: SessionOptions | null): SessionMiddleware {
  return createMiddleware(options ?? {});
}

/** The classes, as properties of the function: stores ask for `session.Store`. */
export declare namespace session {
  export {
    Cookie,
    type CookieData,
    type CookieOptions,
    MemoryStore,
    Session,
    type SessionData,
    type SessionOptions,
    type SessionRequest,
    Store,
  };
}
Object.assign(session, { Cookie, MemoryStore, Session, Store });

export default session;
