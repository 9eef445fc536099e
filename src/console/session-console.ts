// The console: who is logged in, from where, and how to throw them out. For operators alone: denied by default.
import type { Hono } from "hono";
import { SessionRecordError } from "../core/errors.ts";
import type { SessionData } from "../core/session.ts";
import { loadCharts } from "./chart-svg.ts";
import { CHARTS, chartOf, isChartName, recordedPart, tableOf } from "./charts.ts";
import { endedOf, endOne, isConfirmed } from "./ending.ts";
import { findSessions } from "./find-sessions.ts";
import { formatListQuery, type ListQuery, parseListQuery } from "./list-query.ts";
import { createRecorder, type Range, type Recorder } from "./metrics.ts";
import { type MountedPage, mountedPage } from "./mounted-page.ts";
import { checkConsoleOptions, parseBasePath, type SessionConsoleOptions } from "./options.ts";
import type { Page } from "./page.ts";
import { createShell, formOf, openSessions, type ShellContext, type ShellEnv } from "./shell.ts";
import { activityPage } from "./views/activity.ts";
import { listPage, type Summary } from "./views/list.ts";
import { messagePage, type Question, questionPage } from "./views/message.ts";
import { cut } from "./views/parts.ts";
import { sessionPage } from "./views/session.ts";
import type { Sessions, Visitor } from "./visitor.ts";

/** How an operator writes `authorize`, for the page that says that it is missing. */
const HOW = `sessionConsole({
  sessions,
  authorize: (session) => session.owner === "admin",
});`;

/** What an operator acts on. */
interface Subject {
  readonly sessions: Sessions;
  readonly recorder: Recorder;
  readonly showValues: boolean;
}

/**
 * The web console of a manager's sessions: lists, searches and ends them, and draws what happens over time. It answers 403
 * to everybody until `authorize` says otherwise (SECURITY-BAR S38), and shows keys, never IDs (S27).
 *
 * @throws SessionOptionError when an option is wrong.
 * @example
 * const admin = sessionConsole({ sessions, authorize: (session) => session.owner === "admin" });
 * app.mount("/sessions", admin.fetch);    // Hono; on Express, Fastify and Koa see docs/console.md
 */
export function sessionConsole<Data = SessionData>(options: SessionConsoleOptions<Data>): MountedPage {
  const { sessions, authorize, language, showValues = false, trustedOrigins, basePath } = checkConsoleOptions(options);
  const base = parseBasePath(basePath, "/sessions");
  const app = createShell<Data>({ base, language });
  if (!authorize) {
    app.all("*", (c) => c.html(closedPage(c.get("page")), 403));
    return mountedPage(app, base);
  }

  openSessions(app, sessions, trustedOrigins);
  app.use(async (c, next) => {
    if ((await authorize(c.get("session"), c.req.raw)) === true) return next();
    const { forbiddenTitle, forbidden } = c.get("page").texts.problems;
    return c.html(messagePage(c.get("page"), { title: forbiddenTitle, text: forbidden }), 403);
  });
  const recorder = createRecorder(sessions);
  addRoutes(app, { sessions, recorder, showValues });
  return mountedPage(app, base, recorder.close);
}

function closedPage(page: Page): ReturnType<typeof messagePage> {
  const { closedTitle, closed, closedHow } = page.texts.problems;
  return messagePage(page, { title: closedTitle, text: `${closed} ${closedHow}`, code: HOW });
}

function addRoutes<Data>(app: Hono<ShellEnv<Data>>, subject: Subject): void {
  app.get("/", (c) => showList(c, subject));
  app.get("/key/:key", (c) => showSession(c, subject, c.req.param("key")));
  app.get("/activity", (c) => showActivity(c, subject));
  app.get("/charts/:file", (c) => showChart(c, subject, c.req.param("file")));
  app.post("/end", (c) => endSome(c, subject));
  app.post("/end-all", (c) => endAll(c, subject));
}

async function showList<Data>(c: ShellContext<Data>, { sessions, recorder }: Subject): Promise<Response> {
  const query = queryOf(c);
  const found = await findSessions(sessions, query);
  const view = {
    visitor: c.get("session"),
    query,
    found,
    browseOrder: sessions.browseOrder,
    summary: await summaryOf(sessions, recorder),
    ended: endedOf(c),
  };
  return c.html(listPage(c.get("page"), view));
}

async function summaryOf(sessions: Sessions, recorder: Recorder): Promise<Summary> {
  const active = await recorder.countActive();
  const buckets = recorder.read("hour");
  const sum = (...names: readonly (keyof (typeof buckets)[number]["counts"])[]): number =>
    buckets.reduce((total, { counts }) => total + names.reduce((part, name) => part + counts[name], 0), 0);
  return {
    active,
    logins: sum("logins"),
    ended: sum("revoked", "loggedOut"),
    refused: sum("malformed", "signature", "unknown"),
    store: sessions.storeName,
    isAvailable: recorder.health().isAvailable,
  };
}

async function showSession<Data>(c: ShellContext<Data>, subject: Subject, key: string): Promise<Response> {
  const session = await inspect(subject.sessions, key);
  const view = { visitor: c.get("session"), key, session, showValues: subject.showValues };
  return c.html(sessionPage(c.get("page"), view), session === undefined ? 404 : 200);
}

async function inspect(sessions: Sessions, key: string): Promise<Awaited<ReturnType<Sessions["inspect"]>> | "broken"> {
  try {
    return await sessions.inspect(key);
  } catch (error) {
    if (error instanceof SessionRecordError) return "broken";
    throw error;
  }
}

async function showActivity<Data>(c: ShellContext<Data>, { sessions, recorder }: Subject): Promise<Response> {
  const page = c.get("page");
  const range = rangeOf(c);
  await recorder.countActive();
  const buckets = recordedPart(recorder.read(range));
  const hour = recorder.read("hour");
  const view = {
    visitor: c.get("session"),
    range,
    startedAt: recorder.startedAt,
    charts: CHARTS.map((name) => ({ chart: chartOf(page, name, buckets), table: tableOf(page, name, buckets) })),
    canDraw: (await loadCharts()) !== undefined,
    store: {
      name: sessions.storeName,
      order: sessions.browseOrder,
      health: recorder.health(),
      latency: hour.findLast(({ latency }) => latency !== undefined)?.latency?.median,
      failures: hour.reduce((sum, { counts }) => sum + counts.failures, 0),
    },
  };
  return c.html(activityPage(page, view));
}

async function showChart<Data>(c: ShellContext<Data>, { recorder }: Subject, file: string): Promise<Response> {
  const name = file.replace(/\.svg$/, "");
  const draw = await loadCharts();
  if (!draw || !isChartName(name)) return c.notFound();
  await recorder.countActive();
  const page = c.get("page");
  const chart = chartOf(page, name, recordedPart(recorder.read(rangeOf(c))));
  const scheme = c.req.query("scheme") === "dark" ? "dark" : "light";
  const size = c.req.query("size") === "small" ? "small" : "wide";
  const image = draw(chart, { scheme, size, formats: page.formats });
  return c.body(image, 200, { "Content-Type": "image/svg+xml; charset=utf-8" });
}

/** Ends one session or several, when the operator has said yes. */
async function endSome<Data>(c: ShellContext<Data>, { sessions }: Subject): Promise<Response> {
  const form = await formOf(c);
  const only = form.text("only");
  const keys = [...new Set(only === undefined ? form.texts("key") : [only])];
  if (keys.length > 0 && !isConfirmed(form)) {
    const { askOne, askSelected } = c.get("page").texts.end;
    const question = only === undefined ? askSelected(c.get("page").formats.number(keys.length)) : askOne(undefined);
    return ask(
      c,
      question,
      "/end",
      keys.map((key) => ["key", key]),
    );
  }
  let ended = 0;
  for (const key of keys) if (await endOne(c, sessions, key)) ended++;
  return backToList(c, queryOf(c), ended);
}

/** Ends all sessions of an owner, or all of one's own but this one. */
async function endAll<Data>(c: ShellContext<Data>, { sessions }: Subject): Promise<Response> {
  const form = await formOf(c);
  const owner = form.text("owner") ?? "";
  const visitor: Visitor = c.get("session");
  const isOwn = owner === visitor.owner;
  const keepsMine = form.text("except") === "mine" && isOwn;
  if (owner !== "" && !isConfirmed(form)) {
    const { askAll, askAllButMine } = c.get("page").texts.end;
    const except = keepsMine ? ([["except", "mine"]] as const) : [];
    return ask(c, keepsMine ? askAllButMine : askAll(cut(owner)), "/end-all", [["owner", owner], ...except]);
  }
  const { key } = visitor;
  let ended = owner === "" ? 0 : await sessions.revokeAll(owner, isOwn ? { except: key } : {});
  if (isOwn && !keepsMine && (await endOne(c, sessions, key))) ended++;
  return backToList(c, parseListQuery(new URLSearchParams()), ended);
}

function ask<Data>(
  c: ShellContext<Data>,
  question: string,
  path: string,
  fields: Question["fields"],
): Response | Promise<Response> {
  const page = c.get("page");
  const { consequence, confirm } = page.texts.end;
  const address = formatListQuery(queryOf(c));
  const given = { visitor: c.get("session"), question, consequence, confirm, fields };
  return c.html(
    questionPage(page, { ...given, action: `${page.base}${path}${address}`, cancel: `${page.base}/${address}` }),
  );
}

function backToList<Data>(c: ShellContext<Data>, query: ListQuery, ended: number): Response {
  return c.redirect(`${c.get("page").base}/${formatListQuery(query, { ended: String(ended) })}`, 303);
}

function queryOf<Data>(c: ShellContext<Data>): ListQuery {
  return parseListQuery(new URL(c.req.url).searchParams);
}

function rangeOf<Data>(c: ShellContext<Data>): Range {
  return c.req.query("range") === "day" ? "day" : "hour";
}
