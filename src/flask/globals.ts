// `session` and `request` as names that every module can import: each use goes to the request at work.
import { inspect } from "node:util";
import { SecretError } from "../core/errors.ts";
import { currentContext, hasContext } from "./context.ts";
import type { FlaskRequest } from "./request.ts";
import type { FlaskSession } from "./session.ts";

/**
 * The visitor's session, a dictionary. Whatever a view puts in is stored before its response goes out.
 *
 * @throws Error outside of a request; SecretError when the app has no secret key.
 * @example
 * session.username = request.form.username;
 * if ("username" in session) session.pop("username", null);
 */
export const session: FlaskSession = createGlobal("session", () => {
  const current = currentContext("session").session;
  if (current) return current;
  throw new SecretError("The session is unavailable because app.secretKey is not set.");
});

/**
 * The request at work.
 *
 * @throws Error outside of a request.
 * @example
 * if (request.method === "POST") session.username = request.form.username;
 */
export const request: FlaskRequest = createGlobal("request", () => currentContext("request").request);

/** An object that forwards everything to the one of this moment. */
function createGlobal<T extends object>(name: string, current: () => T): T {
  const shown = {
    // What a console shows, which looks behind a Proxy.
    [inspect.custom]: (_depth: number, options: object) =>
      hasContext() ? inspect(current(), options) : `<${name} outside of a request>`,
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
