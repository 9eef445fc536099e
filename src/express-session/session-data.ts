// The data of sessions. A file of its own, so that `declare module "coatcheck/express-session"` can add to it.
import type { Cookie } from "./cookie.ts";
// A cycle of types that can't be cut: what CommonJS files declare is added there, and counts here.
import type * as commonjs from "./index.cts";

/**
 * What `req.session` holds beside its methods. Add your own keys:
 *
 * @example
 * declare module "coatcheck/express-session" {
 *   interface SessionData {
 *     user?: string;
 *   }
 * }
 */
export interface SessionData extends Omit<commonjs.SessionData, "cookie"> {
  cookie: Cookie;
}

// Where @types/express-session is installed as well, as the types of many stores bring it, its type of `req.session`
// stands. It learns here what the drop-in adds, so that `declare module "coatcheck/express-session"` counts there, too.
type OwnData = Omit<SessionData, "cookie">;
// biome-ignore lint/suspicious/noTsIgnore: an error only where the package is missing, so none can be expected.
/** @ts-ignore */
declare module "express-session" {
  interface SessionData extends OwnData {}

  interface Session {
    regenerate(): Promise<void>;
    destroy(): Promise<void>;
    reload(): Promise<void>;
    save(): Promise<void>;
  }
}
