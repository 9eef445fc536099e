// Every adapter takes a manager, or the options to make one.
import type { SessionManager } from "../core/manager.ts";
import type { SessionOptions } from "../core/options.ts";
import type { ValidSessionData } from "../core/session.ts";
import { createSessions } from "../create-sessions.ts";

export type ManagerOrOptions<Data> = SessionManager<Data> | SessionOptions<Data>;

export function managerOf<Data extends ValidSessionData<Data>>(sessions: ManagerOrOptions<Data>): SessionManager<Data> {
  return isManager(sessions) ? sessions : createSessions<Data>(sessions);
}

function isManager<Data>(sessions: ManagerOrOptions<Data>): sessions is SessionManager<Data> {
  return typeof Reflect.get(Object(sessions), "open") === "function";
}
