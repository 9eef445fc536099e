// Puts the core and the default store together. Adapters take it from here when they are given options.
import { createManager, type SessionManager } from "./core/manager.ts";
import type { SessionOptions } from "./core/options.ts";
import type { SessionData, ValidSessionData } from "./core/session/types.ts";
import { sqliteStore } from "./stores/sqlite/index.ts";

/**
 * The manager of your sessions, for an adapter.
 *
 * @throws SessionOptionError when an option is wrong; SecretError when the secret is missing or weak. Both say what to do.
 * @example
 * const sessions = createSessions<{ username?: string; cart?: string[] }>({
 *   secret: process.env.SESSION_SECRET,
 *   idleTimeout: "2h",
 * });
 */
export function createSessions<Data extends ValidSessionData<Data> = SessionData>(
  options: SessionOptions<Data>,
): SessionManager<Data> {
  return createManagerWithDefaultStore(options);
}

/** The same for adapters that are given options; what the data may be was checked where the options were written. */
export function createManagerWithDefaultStore<Data>(options: SessionOptions<Data>): SessionManager<Data> {
  return createManager(options, sqliteStore);
}
