// Every adapter takes a manager, or the options to make one.
import { SessionOptionError } from "../../core/errors.ts";
import { createManagerWithDefaultStore } from "../../create-sessions.ts";
// From the package's main module, so that TypeScript knows it wherever an adapter is imported: only then can a program
// say `declare module "coatcheck"` for its SessionData.
import type { SessionManager, SessionOptions } from "../../index.ts";

export type ManagerOrOptions<Data> = SessionManager<Data> | SessionOptions<Data>;

export function managerOf<Data>(sessions: ManagerOrOptions<Data>): SessionManager<Data> {
  if (isManager(sessions)) return sessions;
  const slip = slipOf(sessions);
  if (slip) throw new SessionOptionError("sessions", ...slip);
  return createManagerWithDefaultStore(sessions);
}

const SETUP = "Give a manager of createSessions, or its options: session({ secret: process.env.SESSION_SECRET }).";

/** What was given in the place of a manager, and what to do instead. */
function slipOf(given: unknown): [problem: string, remedy: string] | undefined {
  if (typeof given !== "object" || given === null) return ["must be a manager, or its options", SETUP];
  // A request, a context, an instance of Fastify: the framework was given the function itself.
  if (["headers", "req", "register"].some((name) => name in given))
    return ["must be a manager, or its options, and is the framework's own object", SETUP];
  if (typeof Reflect.get(given, "then") === "function")
    return ["must be a manager, or its options, and is a promise", "Await it first."];
  return undefined;
}

function isManager<Data>(sessions: ManagerOrOptions<Data>): sessions is SessionManager<Data> {
  return typeof Reflect.get(Object(sessions), "open") === "function";
}
