// The devices page: a user's own sessions, and how to end them. Whose they are, the server asks the store; what a form says
// is only looked for among them.
import type { SessionData } from "../core/session.ts";
import { endedOf, endOne, isConfirmed } from "./ending.ts";
import { type MountedPage, mountedPage } from "./mounted-page.ts";
import { checkDevicesOptions, type DevicesPageOptions, parseBasePath } from "./options.ts";
import { createShell, formOf, openSessions, type ShellContext } from "./shell.ts";
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
  const app = createShell<Data>({ base, language });

  openSessions(app, sessions, trustedOrigins);
  app.use(async (c, next) => {
    if (c.get("session").owner !== undefined) return next();
    if (loginUrl !== undefined) return c.redirect(loginUrl, 303);
    const { notLoggedIn, notLoggedInText } = c.get("page").texts.devices;
    return c.html(messagePage(c.get("page"), { title: notLoggedIn, text: notLoggedInText }), 403);
  });
  app.get("/", (c) => showDevices(c, sessions));
  app.post("/end", (c) => logOut(c, sessions));
  app.post("/end-others", (c) => logOutOthers(c, sessions));
  return mountedPage(app, base);
}

async function showDevices<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const view = {
    visitor: c.get("session"),
    sessions: await sessions.list(ownerOf(c)),
    ended: endedOf(c),
  };
  return c.html(devicesView(c.get("page"), view));
}

async function logOut<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const form = await formOf(c);
  const wanted = form.text("only");
  const own = await sessions.list(ownerOf(c));
  const session = own.find(({ key }) => key === wanted);
  // Somebody else's session and one that has ended look the same from here.
  if (!session) return backToDevices(c, 0);
  const page = c.get("page");
  if (!isConfirmed(form)) {
    return ask(c, page.texts.devices.askOne(deviceLabel(page, session.device)), "/end", [["only", session.key]]);
  }
  const isHere = session.key === c.get("session").key;
  const wasLive = await endOne(c, sessions, session.key);
  return isHere
    ? c.html(messagePage(page, { title: page.texts.devices.loggedOut }))
    : backToDevices(c, Number(wasLive));
}

async function logOutOthers<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const form = await formOf(c);
  if (!isConfirmed(form)) return ask(c, c.get("page").texts.devices.askOthers, "/end-others", []);
  return backToDevices(c, await sessions.revokeAll(ownerOf(c), { except: c.get("session").key }));
}

/** Who has come this far is logged in. */
function ownerOf<Data>(c: ShellContext<Data>): string {
  return c.get("session").owner ?? "";
}

function ask<Data>(
  c: ShellContext<Data>,
  question: string,
  path: string,
  fields: readonly (readonly [string, string])[],
): Response | Promise<Response> {
  const page = c.get("page");
  const { devices, end } = page.texts;
  const given = { visitor: c.get("session"), question, consequence: end.consequence, confirm: devices.confirm, fields };
  return c.html(questionPage(page, { ...given, action: page.base + path, cancel: `${page.base}/` }));
}

function backToDevices<Data>(c: ShellContext<Data>, ended: number): Response {
  return c.redirect(`${c.get("page").base}/?ended=${ended}`, 303);
}
