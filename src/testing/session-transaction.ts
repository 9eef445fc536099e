// Changes the session of a cookie from outside of a request, as `session_transaction` of Flask's test client does.
import type { SessionManager } from "../core/manager.ts";
import type { Session } from "../core/session/types.ts";
import { functionOption, managerOption, orNull, stringOption } from "../core/util/option-checks.ts";

/**
 * Opens the session that a Cookie header stands for, lets a function change it, stores it, and gives the Cookie header that
 * the next request should carry. It is the same header where nothing changed; where the session was ended, what was in it
 * besides the session's cookie, which may be nothing: `""`. Other cookies stay as they are. A cookie that opens nothing is
 * no session, as for the app.
 *
 * It works for every manager, also where the cookie changes with each write (`cookieStore`, `flaskCookieStore`).
 *
 * @param sessions The app's own manager.
 * @param cookieHeader What the browser would send: `"session=…"`. `undefined` for a visitor who is new.
 * @param change Gets the session; a promise is awaited. When it throws, nothing is stored, and that error is thrown.
 * @throws SessionOptionError when an argument is wrong; what storing throws: SessionValueError, SessionGoneError, StoreUnavailableError.
 * @example
 * const cookie = await sessionTransaction(sessions, undefined, (session) => {
 *   session.username = "ada";
 * });
 * const response = await app.request("/account", { headers: { cookie } });
 */
export async function sessionTransaction<Data>(
  sessions: SessionManager<Data>,
  cookieHeader: string | null | undefined,
  change: (session: Session<Data>) => unknown,
): Promise<string> {
  managerOption("sessions", sessions);
  if (cookieHeader !== undefined) orNull(stringOption)("cookieHeader", cookieHeader);
  functionOption("change", change);
  const setCookie = await changeSession(sessions, cookieHeader, change);
  const header = cookieHeader ?? "";
  return setCookie === undefined ? header : afterSetCookie(header, setCookie, sessions.cookieName);
}

/** The same for who keeps cookies otherwise: gives the Set-Cookie header, where the browser must hear of the change. */
export async function changeSession<Data>(
  sessions: SessionManager<Data>,
  cookieHeader: string | null | undefined,
  change: (session: Session<Data>) => unknown,
): Promise<string | undefined> {
  const active = await sessions.open(cookieHeader);
  await change(active.session);
  // A cookie that is always Secure is one for tests too.
  return (await active.finish(() => true)).setCookie;
}

/** What a browser sends after it was told to set the session's cookie, or to forget it. */
function afterSetCookie(header: string, setCookie: string, name: string): string {
  const others = header.split(/; */).filter((pair) => pair !== "" && !pair.startsWith(`${name}=`));
  const isForgotten = /; *Max-Age=0(;|$)/i.test(setCookie);
  const [pair = ""] = setCookie.split(";");
  return [...others, ...(isForgotten ? [] : [pair])].join("; ");
}
