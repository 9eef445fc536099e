// A session that can only be read: what a page sees while Next.js renders it, when no cookie can be set any more.

import { SessionError } from "../../core/errors.ts";
import { effectOf, type ReadableControl } from "../../core/session/controls.ts";
import type { Session, SessionControls, SessionData } from "../../core/session/types.ts";
import { shareClass } from "../../core/util/process-wide.ts";

/** The session was written where Next.js can't set a cookie: while it renders a page, or in `proxy.ts`. */
export class ReadOnlySessionError extends SessionError {
  constructor(what: string) {
    super(
      "READ_ONLY_SESSION",
      `${what} can't be done here: while Next.js renders, the session can only be read. Write in a Server Action, by updateSession(async (session) => { ... }), or in a route handler, by withSession(async (request, session) => { ... }).`,
    );
  }
}

shareClass(ReadOnlySessionError, "ReadOnlySessionError");

/** A session's data and what can be asked about it. Values inside are frozen. */
export type ReadOnlySession<Data = SessionData> = Readonly<Data> &
  Readonly<Pick<SessionControls<Data>, Exclude<ReadableControl, "get">>> &
  Pick<SessionControls<Readonly<Data>>, "get">;

/** The same dictionary, in which every write throws a {@link ReadOnlySessionError}. */
export function readOnly<Data>(session: Session<Data>): ReadOnlySession<Data> {
  const refuse = (name: PropertyKey): never => {
    throw new ReadOnlySessionError(`session[${JSON.stringify(String(name))}] = …`);
  };
  /** Copies: what is changed inside a Map or a Date, which can't be frozen, is not stored by accident. */
  const copies = new Map<PropertyKey, unknown>();

  function valueOf(name: PropertyKey): unknown {
    if (copies.has(name)) return copies.get(name);
    const value: unknown = Reflect.get(session, name);
    // Methods, and the classes of the library: no data.
    if (typeof value !== "object" || value === null || !(name in session)) return value;
    const copy = deepFreeze(structuredClone(value));
    copies.set(name, copy);
    return copy;
  }

  return new Proxy<object>(session as object, {
    get(_target, name) {
      const effect = effectOf(name);
      if (effect === "writes") {
        return () => {
          throw new ReadOnlySessionError(`session.${String(name)}()`);
        };
      }
      if (effect === "begins" && session.isNew) {
        throw new ReadOnlySessionError(`Making a new session's ${String(name)}`);
      }
      if (name === "get") return (key: string, fallback?: unknown) => (key in session ? valueOf(key) : fallback);
      return valueOf(name);
    },
    getOwnPropertyDescriptor(target, name) {
      const found = Reflect.getOwnPropertyDescriptor(target, name);
      return found && { ...found, value: valueOf(name) };
    },
    set: (_target, name) => refuse(name),
    defineProperty: (_target, name) => refuse(name),
    deleteProperty(_target, name) {
      throw new ReadOnlySessionError(`delete session[${JSON.stringify(String(name))}]`);
    },
  }) as ReadOnlySession<Data>;
}

function deepFreeze(value: unknown): unknown {
  // Bytes can't be frozen.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
