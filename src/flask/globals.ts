// `session` and `request` as names that every module can import: each use goes to the request at work.
import { inspect } from "node:util";
import type { FlaskConfig } from "./config.ts";
import { contextOrNone, currentContext, type FlaskGlobals } from "./context.ts";
import type { FlaskRequest } from "./request.ts";
import type { FlaskSession } from "./session.ts";

/**
 * The visitor's session, a dictionary. Whatever a view puts in is stored before its response goes out. Any use of it
 * counts as access, so that the response says `Vary: Cookie`; so does Flask since 3.1.3 (GHSA-68rp-wp8r-4726).
 *
 * @throws Error outside of a request; SecretError when it is written and the app has no secret key.
 * @example
 * session.username = request.form.username;
 * if ("username" in session) session.pop("username", null);
 */
export const session: FlaskSession = createGlobal("session", () => {
  const { session: current } = currentContext("session");
  if (!current) throw new Error("The session is not open yet. Use it in a view or in what a view calls.");
  // Asked for any key, even one that is never there, a session knows that it was accessed.
  void ("" in current);
  return current;
});

/**
 * The request at work.
 *
 * @throws Error outside of a request.
 * @example
 * if (request.method === "POST") session.username = request.form.username;
 */
export const request: FlaskRequest = createGlobal("request", () => currentContext("request").request);

/**
 * What your app keeps for this request alone, such as the user whom `beforeRequest` has loaded. Templates have it too.
 *
 * @throws Error outside of a request.
 * @example
 * app.beforeRequest(() => {
 *   g.user = users.get(session.userId);
 * });
 */
export const g: FlaskGlobals = createGlobal("g", () => currentContext("g").g);

/** The app's config, for templates. */
export const config: FlaskConfig = createGlobal("config", () => currentContext("config").app.config);

/** An object that forwards everything to the one of this moment. */
function createGlobal<T extends object>(name: string, current: () => T): T {
  const shown = {
    // What a console shows, which looks behind a Proxy.
    [inspect.custom]: (_depth: number, options: object) =>
      contextOrNone() ? inspect(current(), options) : `<${name} outside of a request>`,
  };
  const target = Object.create(shown) as T;
  return new Proxy(target, {
    get(_target, key) {
      const owner = current();
      const value: unknown = Reflect.get(owner, key, owner);
      return typeof value === "function" ? value.bind(owner) : value;
    },
    set: (_target, key, value) => Reflect.set(current(), key, value),
    has: (_target, key) => Reflect.has(current(), key),
    deleteProperty: (_target, key) => Reflect.deleteProperty(current(), key),
    ownKeys: () => Reflect.ownKeys(current()),
    getOwnPropertyDescriptor: (_target, key) => Reflect.getOwnPropertyDescriptor(current(), key),
    defineProperty: (_target, key, attributes) => Reflect.defineProperty(current(), key, attributes),
    getPrototypeOf: () => Reflect.getPrototypeOf(current()),
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  });
}
