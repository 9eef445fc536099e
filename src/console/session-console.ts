// The console: who is logged in, from where, and how to throw them out. For operators alone: denied by default.
import { SessionRecordError } from "../core/errors.ts";
import type { SessionData } from "../core/session/types.ts";
import { loadCharts } from "./chart-svg.ts";
import { CHARTS, chartOf, isChartName, recordedPart, tableOf } from "./charts.ts";
import { endedOf, endOne, isConfirmed } from "./ending.ts";
import { findSessions } from "./find-sessions.ts";
import { formatListQuery, type ListQuery, parseListQuery } from "./list-query.ts";
import { type Range, type Recorder, recorderOf } from "./metrics.ts";
import { type MountedPage, mountedPage } from "./mounted-page.ts";
import { checkConsoleOptions, parseBasePath, type SessionConsoleOptions } from "./options.ts";
import type { Page } from "./page.ts";
import { createPages, createShell, htmlResponse, notFound, type Route, redirectTo, type Visit } from "./shell.ts";
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
  if (!authorize) {
    return mountedPage(
      createPages({ base, language }, (_request, _url, page) => htmlResponse(closedPage(page), 403)),
      base,
    );
  }

  const recorder = recorderOf(sessions);
  const fetch = createShell<Data>({
    base,
    language,
    sessions,
    trustedOrigins,
    routes: routesOf({ sessions, recorder, showValues }),
    async refuse({ session, request, page }) {
      if ((await authorize(session, request)) === true) return undefined;
      const { forbiddenTitle, forbidden } = page.texts.problems;
      return htmlResponse(messagePage(page, { title: forbiddenTitle, text: forbidden }), 403);
    },
  });
  return mountedPage(fetch, base, recorder.close);
}

function closedPage(page: Page): ReturnType<typeof messagePage> {
  const { closedTitle, closed, closedHow } = page.texts.problems;
  return messagePage(page, { title: closedTitle, text: `${closed} ${closedHow}`, code: HOW });
}

function routesOf<Data>(subject: Subject): readonly Route<Data>[] {
  return [
    { method: "GET", path: "/", handle: (visit) => showList(visit, subject) },
    { method: "GET", path: "/key/", handle: (visit, key) => showSession(visit, subject, key) },
    { method: "GET", path: "/activity", handle: (visit) => showActivity(visit, subject) },
    { method: "GET", path: "/charts/", handle: (visit, file) => showChart(visit, subject, file) },
    { method: "POST", path: "/end", handle: (visit) => endSome(visit, subject) },
    { method: "POST", path: "/end-all", handle: (visit) => endAll(visit, subject) },
  ];
}

async function showList<Data>(visit: Visit<Data>, { sessions, recorder }: Subject): Promise<Response> {
  const query = queryOf(visit);
  const found = await findSessions(sessions, query);
  const view = {
    visitor: visit.session,
    query,
    found,
    browseOrder: sessions.browseOrder,
    summary: await summaryOf(sessions, recorder),
    ended: endedOf(visit),
  };
  return htmlResponse(listPage(visit.page, view));
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

async function showSession<Data>(visit: Visit<Data>, subject: Subject, key: string): Promise<Response> {
  const session = await inspect(subject.sessions, key);
  const view = { visitor: visit.session, key, session, showValues: subject.showValues };
  return htmlResponse(sessionPage(visit.page, view), session === undefined ? 404 : 200);
}

async function inspect(sessions: Sessions, key: string): Promise<Awaited<ReturnType<Sessions["inspect"]>> | "broken"> {
  try {
    return await sessions.inspect(key);
  } catch (error) {
    if (error instanceof SessionRecordError) return "broken";
    throw error;
  }
}

async function showActivity<Data>(visit: Visit<Data>, { sessions, recorder }: Subject): Promise<Response> {
  const page = visit.page;
  const range = rangeOf(visit);
  await recorder.countActive();
  const buckets = recordedPart(recorder.read(range));
  const hour = recorder.read("hour");
  const view = {
    visitor: visit.session,
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
  return htmlResponse(activityPage(page, view));
}

async function showChart<Data>(visit: Visit<Data>, { recorder }: Subject, file: string): Promise<Response> {
  const name = file.replace(/\.svg$/, "");
  const draw = await loadCharts();
  if (!draw || !isChartName(name)) return notFound(visit.page);
  await recorder.countActive();
  const page = visit.page;
  const chart = chartOf(page, name, recordedPart(recorder.read(rangeOf(visit))));
  const scheme = visit.url.searchParams.get("scheme") === "dark" ? "dark" : "light";
  const size = visit.url.searchParams.get("size") === "small" ? "small" : "wide";
  const image = draw(chart, { scheme, size, formats: page.formats });
  return new Response(image, { headers: { "Content-Type": "image/svg+xml; charset=utf-8" } });
}

/** Ends one session or several, when the operator has said yes. */
async function endSome<Data>(visit: Visit<Data>, { sessions }: Subject): Promise<Response> {
  const { form } = visit;
  const only = form.text("only");
  const keys = [...new Set(only === undefined ? form.texts("key") : [only])];
  if (keys.length > 0 && !isConfirmed(form)) {
    const { askOne, askSelected } = visit.page.texts.end;
    const question = only === undefined ? askSelected(visit.page.formats.number(keys.length)) : askOne(undefined);
    return ask(
      visit,
      question,
      "/end",
      keys.map((key) => ["key", key]),
    );
  }
  let ended = 0;
  for (const key of keys) if (await endOne(visit, sessions, key)) ended++;
  return backToList(visit, queryOf(visit), ended);
}

/** Ends all sessions of an owner, or all of one's own but this one. */
async function endAll<Data>(visit: Visit<Data>, { sessions }: Subject): Promise<Response> {
  const { form } = visit;
  const owner = form.text("owner") ?? "";
  const visitor: Visitor = visit.session;
  const isOwn = owner === visitor.owner;
  const keepsMine = form.text("except") === "mine" && isOwn;
  if (owner !== "" && !isConfirmed(form)) {
    const { askAll, askAllButMine } = visit.page.texts.end;
    const except = keepsMine ? ([["except", "mine"]] as const) : [];
    return ask(visit, keepsMine ? askAllButMine : askAll(cut(owner)), "/end-all", [["owner", owner], ...except]);
  }
  const { key } = visitor;
  let ended = owner === "" ? 0 : await sessions.revokeAll(owner, isOwn ? { except: key } : {});
  if (isOwn && !keepsMine && (await endOne(visit, sessions, key))) ended++;
  return backToList(visit, parseListQuery(new URLSearchParams()), ended);
}

function ask<Data>(
  visit: Visit<Data>,
  question: string,
  path: string,
  fields: Question["fields"],
): Response | Promise<Response> {
  const page = visit.page;
  const { consequence, confirm } = page.texts.end;
  const address = formatListQuery(queryOf(visit));
  const given = { visitor: visit.session, question, consequence, confirm, fields };
  return htmlResponse(
    questionPage(page, { ...given, action: `${page.base}${path}${address}`, cancel: `${page.base}/${address}` }),
  );
}

function backToList<Data>(visit: Visit<Data>, query: ListQuery, ended: number): Response {
  return redirectTo(`${visit.page.base}/${formatListQuery(query, { ended: String(ended) })}`);
}

function queryOf<Data>(visit: Visit<Data>): ListQuery {
  return parseListQuery(visit.url.searchParams);
}

function rangeOf<Data>(visit: Visit<Data>): Range {
  return visit.url.searchParams.get("range") === "day" ? "day" : "hour";
}
