// The devices page: a user's own sessions, and how to end them. Whose they are, the server asks the store; what a form says
// is only looked for among them.
import type { SessionData } from "../core/session/types.ts";
import { endedOf, endOne, isConfirmed } from "./ending.ts";
import { type MountedPage, mountedPage } from "./mounted-page.ts";
import { checkDevicesOptions, type DevicesPageOptions, parseBasePath } from "./options.ts";
import { createShell, htmlResponse, redirectTo, type Visit } from "./shell.ts";
import { devicesView } from "./views/devices.ts";
import { messagePage, questionPage } from "./views/message.ts";
import { deviceLabel } from "./views/parts.ts";
import type { Sessions } from "./visitor.ts";

/**
 * "Your devices", for users: where they are logged in, with a button to log out each place, and all places but this one.
 * A user sees and ends no session but their own (ASVS 7.5.2).
 *
 * @throws SessionOptionError when an option is wrong.
 * @example
 * app.mount("/devices", devicesPage({ sessions, loginUrl: "/login" }).fetch);
 */
export function devicesPage<Data = SessionData>(options: DevicesPageOptions<Data>): MountedPage {
  const { sessions, loginUrl, language, trustedOrigins, basePath } = checkDevicesOptions(options);
  const base = parseBasePath(basePath, "/devices");
  const fetch = createShell<Data>({
    base,
    language,
    sessions,
    trustedOrigins,
    routes: [
      { method: "GET", path: "/", handle: (visit) => showDevices(visit, sessions) },
      { method: "POST", path: "/end", handle: (visit) => logOut(visit, sessions) },
      { method: "POST", path: "/end-others", handle: (visit) => logOutOthers(visit, sessions) },
    ],
    refuse({ session, page }) {
      if (session.owner !== undefined) return undefined;
      if (loginUrl !== undefined) return redirectTo(loginUrl);
      const { notLoggedIn, notLoggedInText } = page.texts.devices;
      return htmlResponse(messagePage(page, { title: notLoggedIn, text: notLoggedInText }), 403);
    },
  });
  return mountedPage(fetch, base);
}

async function showDevices<Data>(visit: Visit<Data>, sessions: Sessions): Promise<Response> {
  const view = {
    visitor: visit.session,
    sessions: await sessions.list(ownerOf(visit)),
    ended: endedOf(visit),
  };
  return htmlResponse(devicesView(visit.page, view));
}

async function logOut<Data>(visit: Visit<Data>, sessions: Sessions): Promise<Response> {
  const { form } = visit;
  const wanted = form.text("only");
  const own = await sessions.list(ownerOf(visit));
  const session = own.find(({ key }) => key === wanted);
  // Somebody else's session and one that has ended look the same from here.
  if (!session) return backToDevices(visit, 0);
  const page = visit.page;
  if (!isConfirmed(form)) {
    return ask(visit, page.texts.devices.askOne(deviceLabel(page, session.device)), "/end", [["only", session.key]]);
  }
  const isHere = session.key === visit.session.key;
  const wasLive = await endOne(visit, sessions, session.key);
  return isHere
    ? htmlResponse(messagePage(page, { title: page.texts.devices.loggedOut }))
    : backToDevices(visit, Number(wasLive));
}

async function logOutOthers<Data>(visit: Visit<Data>, sessions: Sessions): Promise<Response> {
  const { form } = visit;
  if (!isConfirmed(form)) return ask(visit, visit.page.texts.devices.askOthers, "/end-others", []);
  return backToDevices(visit, await sessions.revokeAll(ownerOf(visit), { except: visit.session.key }));
}

/** Who has come this far is logged in. */
function ownerOf<Data>(visit: Visit<Data>): string {
  return visit.session.owner ?? "";
}

function ask<Data>(
  visit: Visit<Data>,
  question: string,
  path: string,
  fields: readonly (readonly [string, string])[],
): Response | Promise<Response> {
  const page = visit.page;
  const { devices, end } = page.texts;
  const given = { visitor: visit.session, question, consequence: end.consequence, confirm: devices.confirm, fields };
  return htmlResponse(questionPage(page, { ...given, action: page.base + path, cancel: `${page.base}/` }));
}

function backToDevices<Data>(visit: Visit<Data>, ended: number): Response {
  return redirectTo(`${visit.page.base}/?ended=${ended}`);
}
