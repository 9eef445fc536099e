// Logs a test in without going through the app's login page.
import type { SessionManager } from "../core/manager.ts";

/**
 * Stores a session with this data and gives the Cookie header that opens it: `session=…`.
 *
 * @param sessions The app's own manager.
 * @param data What the session holds. Empty data without an owner is no session, and an error.
 * @param options `owner`: logs the session in as this user.
 * @example
 * const cookie = await sessionCookie(sessions, { theme: "dark" }, { owner: "ada" });
 * const response = await app.request("/account", { headers: { cookie } });
 */
export async function sessionCookie<Data>(
  sessions: SessionManager<Data>,
  data: Partial<Data>,
  options: { owner?: string | undefined } = {},
): Promise<string> {
  const active = await sessions.open(undefined);
  active.session.update(data);
  if (options.owner !== undefined) await active.session.login(options.owner);
  const { setCookie } = await active.finish(() => true);
  if (setCookie === undefined) throw new TypeError("A session without data and without an owner is never stored.");
  return setCookie.slice(0, setCookie.indexOf(";"));
}
