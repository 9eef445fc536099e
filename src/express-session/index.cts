// What `require("coatcheck/express-session")` gives: the function itself, with its classes and types as properties.
// The types are imported as those of an ES module, since Node 20.19's `require` of one is unknown to older settings of compilers.
import type * as esm from "./index.js" with { "resolution-mode": "import" };

const session: typeof esm.session = require("./index.js").session;

declare namespace session {
  export type Cookie = esm.Cookie;
  export type CookieData = esm.CookieData;
  export type CookieOptions = esm.CookieOptions;
  export type MemoryStore = esm.MemoryStore;
  export type Session = esm.Session;
  /**
   * What `req.session` holds beside its methods. An interface of its own, since `declare module` of a CommonJS file adds to
   * this one, and can't add to a name for another. That of ES modules extends it, and is the one of `req.session`.
   */
  export interface SessionData {
    cookie: esm.Cookie;
  }
  export type SessionOptions = esm.SessionOptions;
  export type SessionRequest = esm.SessionRequest;
  export type Store = esm.Store;
}

// CommonJS's own; it becomes code in the build, and no development tool runs this file.
// @ts-expect-error
export = session;
