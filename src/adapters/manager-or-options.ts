// Every adapter takes a manager, or the options to make one.
import { createManagerWithDefaultStore } from "../create-sessions.ts";
// From the package's main module, so that TypeScript knows it wherever an adapter is imported: only then can a program
// say `declare module "coatcheck"` for its SessionData.
import type { SessionManager, SessionOptions } from "../index.ts";

export type ManagerOrOptions<Data> = SessionManager<Data> | SessionOptions<Data>;

export function managerOf<Data>(sessions: ManagerOrOptions<Data>): SessionManager<Data> {
  return isManager(sessions) ? sessions : createManagerWithDefaultStore(sessions);
}

function isManager<Data>(sessions: ManagerOrOptions<Data>): sessions is SessionManager<Data> {
  return typeof Reflect.get(Object(sessions), "open") === "function";
}
