// Logs a test in without going through the app's login page.
import type { SessionManager } from "../core/manager.ts";
import {
  checkOptions,
  managerOption,
  nameOption,
  type OptionChecks,
  objectOption,
} from "../core/util/option-checks.ts";

interface SessionCookieOptions {
  owner?: string | undefined;
}

const CHECKS: OptionChecks<SessionCookieOptions> = { owner: nameOption };

/**
 * Stores a session with this data and gives the Cookie header that opens it: `session=…`.
 *
 * @param sessions The app's own manager.
 * @param data What the session holds. Empty data without an owner is no session, and an error.
 * @param options `owner`: logs the session in as this user.
 * @throws SessionOptionError when an argument is wrong.
 * @example
 * const cookie = await sessionCookie(sessions, { theme: "dark" }, { owner: "ada" });
 * const response = await app.request("/account", { headers: { cookie } });
 */
export async function sessionCookie<Data>(
  sessions: SessionManager<Data>,
  data: Partial<Data>,
  options: SessionCookieOptions = {},
): Promise<string> {
  managerOption("sessions", sessions);
  objectOption('Give what the session holds: { theme: "dark" }.')("data", data);
  checkOptions<SessionCookieOptions>(options, CHECKS, 'Call sessionCookie(sessions, data, { owner: "ada" }).');
  const active = await sessions.open(undefined);
  active.session.update(data);
  if (options.owner !== undefined) await active.session.login(options.owner);
  const { setCookie } = await active.finish(() => true);
  if (setCookie === undefined) throw new TypeError("A session without data and without an owner is never stored.");
  return setCookie.slice(0, setCookie.indexOf(";"));
}
