// The devices page: a user's own sessions, and how to end them. Whose they are, the server asks the store; what a form says
// is only looked for among them.
import type { SessionData } from "../core/session.ts";
import { createMiddleware } from "./node-middleware.ts";
import { checkOptions, DEVICES_OPTIONS, type DevicesPageOptions, parseBasePath } from "./options.ts";
import type { MountedPage } from "./session-console.ts";
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
  checkOptions(options, DEVICES_OPTIONS);
  const { sessions, loginUrl, language, trustedOrigins } = options;
  const base = parseBasePath(options.basePath, "/devices");
  const app = createShell<Data>({ base, language });
  const fetch = async (request: Request): Promise<Response> => app.fetch(request);

  openSessions(app, sessions, trustedOrigins);
  app.use(async (c, next) => {
    if (c.get("session").owner !== undefined) return next();
    if (loginUrl !== undefined) return c.redirect(loginUrl, 303);
    const { notLoggedIn, notLoggedInText } = c.get("page").texts.devices;
    return c.html(messagePage(c.get("page"), { title: notLoggedIn, text: notLoggedInText }), 403);
  });
  app.get("/", (c) => showDevices(c, sessions));
  app.post("/end", (c) => endOne(c, sessions));
  app.post("/end-others", (c) => endOthers(c, sessions));
  return { fetch, middleware: createMiddleware(base, fetch), close: () => undefined };
}

async function showDevices<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const ended = c.req.query("ended") ?? "";
  const view = {
    visitor: c.get("session"),
    sessions: await sessions.list(ownerOf(c)),
    ended: /^\d{1,9}$/.test(ended) ? Number(ended) : undefined,
  };
  return c.html(devicesView(c.get("page"), view));
}

async function endOne<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const form = await formOf(c);
  const wanted = form.text("only");
  const own = await sessions.list(ownerOf(c));
  const session = own.find(({ key }) => key === wanted);
  // Somebody else's session and one that has ended look the same from here.
  if (!session) return backToDevices(c, 0);
  const page = c.get("page");
  if (form.text("confirmed") !== "yes") {
    return ask(c, page.texts.devices.askOne(deviceLabel(page, session.device)), "/end", [["only", session.key]]);
  }
  if (session.key !== c.get("session").key) return backToDevices(c, Number(await sessions.revoke(session.key)));
  await c.get("session").logout();
  return c.html(messagePage(page, { title: page.texts.devices.loggedOut }));
}

async function endOthers<Data>(c: ShellContext<Data>, sessions: Sessions): Promise<Response> {
  const form = await formOf(c);
  if (form.text("confirmed") !== "yes") return ask(c, c.get("page").texts.devices.askOthers, "/end-others", []);
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
