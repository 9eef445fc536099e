// Runs cases of the suite, a group at a time: one app with sessions, beside the same app without.

import { HANG } from "./answer.ts";
import { ask, cookieOf } from "./client.ts";
import { differenceOf, type Observed } from "./compare.ts";
import { byName, type CaseInfo, type Framework, type Position, pathOf, type RunningApp, START } from "./framework.ts";
import { frameworkOf } from "./frameworks.ts";
import { askHttp2 } from "./http2-client.ts";
import { makeSessions, type Sessions, type StoreMode, storeModeOf, UNTIL_TOUCH } from "./stores.ts";
import { beginView, CASE_HEADER, endView } from "./view.ts";

/** The cases of one app. */
export interface Group {
  readonly framework: string;
  readonly middleware: string;
  readonly position: Position;
  readonly store: string;
  readonly cases: readonly string[];
}

export interface Result extends Omit<Group, "cases"> {
  readonly handler: string;
  /** In one short line; none where all is the same. */
  readonly difference?: string | undefined;
}

/** How many cases of one app run at a time. Several at once would fail often enough for the store to count as out. */
const CONCURRENCY = 8;
const FAILING_CONCURRENCY = 1;

/** Errors that would have ended the process, since they were last asked for. */
const crashes: string[] = [];
let crashed = new AbortController();

function forgetCrashes(): void {
  crashes.length = 0;
  crashed = new AbortController();
}

export function watchForCrashes(): void {
  const note = (error: unknown): void => {
    crashes.push(String(Reflect.get(Object(error), "code") ?? error));
    crashed.abort();
  };
  process.on("uncaughtException", note);
  process.on("unhandledRejection", note);
}

export async function runGroup(group: Group): Promise<Result[]> {
  const framework = frameworkOf(group.framework);
  const mode = storeModeOf(group.store);
  const infos = group.cases.map((name) => byName(framework.cases, name));
  const references = await referencesOf(framework, group, infos);
  const observed = await observe({ framework, ...placeOf(group), mode, hasSessions: true }, infos);
  return infos.map((info) => {
    const [reference, seen] = [references.get(info.name), observed.get(info.name)];
    if (!reference || !seen) throw new Error(`The case ${info.name} was not run.`);
    const difference = differenceOf({ info, mode, framework, reference, observed: seen });
    return { ...group, cases: undefined, handler: info.name, difference };
  });
}

/** The cases whose app without sessions differs from itself: none, or the suite is wrong. */
export async function runReferenceTwice(group: Group): Promise<Result[]> {
  const framework = frameworkOf(group.framework);
  const mode = storeModeOf("untouched");
  const infos = group.cases.map((name) => byName(framework.cases, name));
  const references = await referencesOf(framework, group, infos);
  const again = await observe({ framework, ...placeOf(group), mode, hasSessions: false }, infos);
  return infos.map((info) => {
    const [reference, seen] = [references.get(info.name) as Observed, again.get(info.name) as Observed];
    const difference = differenceOf({ info, mode, framework, reference, observed: seen });
    return { ...group, cases: undefined, handler: info.name, difference };
  });
}

function placeOf({ middleware, position }: Group): { middleware: string; position: Position } {
  return { middleware, position };
}

const knownReferences = new Map<string, Map<string, Observed>>();

/** Without sessions, the place of the middleware is all one, and so is the store: each case runs once. */
async function referencesOf(
  framework: Framework,
  group: Group,
  infos: readonly CaseInfo[],
): Promise<Map<string, Observed>> {
  const key = `${framework.name}|${group.middleware}`;
  const known = knownReferences.get(key) ?? new Map<string, Observed>();
  knownReferences.set(key, known);
  const missing = infos.filter(({ name }) => !known.has(name));
  if (missing.length === 0) return known;
  const app = { framework, ...placeOf(group), mode: storeModeOf("untouched"), hasSessions: false };
  for (const [name, observed] of await observe(app, missing)) known.set(name, observed);
  return known;
}

interface AppToObserve {
  readonly framework: Framework;
  readonly middleware: string;
  readonly position: Position;
  readonly mode: StoreMode;
  readonly hasSessions: boolean;
}

async function observe(app: AppToObserve, infos: readonly CaseInfo[]): Promise<Map<string, Observed>> {
  const isAlone = ({ request }: CaseInfo): boolean => request?.client === "last";
  const together = infos.filter((info) => !isAlone(info));
  forgetCrashes();
  let observed = await observeTogether(app, together, app.mode.fails ? FAILING_CONCURRENCY : CONCURRENCY);
  // Of several cases at once, nobody can tell which one it was.
  if (crashes.length > 0) observed = await observeOneByOne(app, together);
  for (const info of infos.filter(isAlone)) {
    for (const [name, seen] of await observeTogether(app, [info], 1)) observed.set(name, seen);
  }
  return observed;
}

async function observeOneByOne(app: AppToObserve, infos: readonly CaseInfo[]): Promise<Map<string, Observed>> {
  const observed = new Map<string, Observed>();
  for (const info of infos) {
    forgetCrashes();
    for (const [name, seen] of await observeTogether(app, [info], 1)) {
      await settle();
      observed.set(name, { ...seen, crashes: [...crashes] });
    }
  }
  forgetCrashes();
  return observed;
}

async function observeTogether(
  { framework, middleware, position, mode, hasSessions }: AppToObserve,
  infos: readonly CaseInfo[],
  concurrency: number,
): Promise<Map<string, Observed>> {
  const sessions = hasSessions ? makeSessions(mode) : undefined;
  const running = await framework.start({ middleware, position, sessions, mode });
  const observed = new Map<string, Observed>();
  const cookies = await startSessions(framework, running, infos, sessions, mode);
  const left = [...infos];
  const work = async (): Promise<void> => {
    for (let info = left.shift(); info; info = left.shift()) {
      // A crash among several is looked for one by one, from the start.
      if (concurrency > 1 && crashes.length > 0) return;
      observed.set(info.name, await observeCase(framework, running, info, cookies.get(info.name) ?? "", mode));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  await settle();
  await running.close();
  await sessions?.manager.close();
  return observed;
}

/** Errors of what a case left behind come in the next turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** A session for each case that wants one to be there. */
async function startSessions(
  framework: Framework,
  { port }: RunningApp,
  infos: readonly CaseInfo[],
  sessions: Sessions | undefined,
  { use }: StoreMode,
): Promise<Map<string, string>> {
  const cookies = new Map<string, string>();
  if (!sessions || (use !== "change" && use !== "read")) return cookies;
  for (const { name } of infos) {
    cookies.set(name, await (framework.protocol === "http2" ? cookieOfHttp2(port) : cookieOf(port, START, {})));
  }
  if (use === "read") sessions.clock.advance(UNTIL_TOUCH);
  return cookies;
}

async function cookieOfHttp2(port: number): Promise<string> {
  const { answers } = await askHttp2(port, START, {}, {});
  return answers[0]?.cookiePairs.join("; ") ?? "";
}

let lastCase = 0;
let beginCase = (_name: string): void => {};

/** Calls the listener with the name of each case that begins. */
export function onCaseBegin(listener: (name: string) => void): void {
  beginCase = listener;
}

async function observeCase(
  framework: Framework,
  { port }: RunningApp,
  { name, request = {} }: CaseInfo,
  cookie: string,
  { fails = false }: StoreMode,
): Promise<Observed> {
  beginCase(name);
  const id = String(++lastCase);
  const view = beginView(id);
  const headers = { [CASE_HEADER]: id, ...(cookie && { cookie }) };
  const isHttp2 = framework.protocol === "http2";
  // A store that answered well meanwhile does not count as out.
  if (fails) await (isHttp2 ? cookieOfHttp2(port) : cookieOf(port, START, {}));
  const wire = await (isHttp2 ? askHttp2 : ask)(port, pathOf(name), request, headers, crashed.signal);
  const isClosed = await closes(view.whenClosed());
  endView(id);
  return { wire, events: view.events, logged: view.logged, isClosed, crashes: [] };
}

async function closes(closed: Promise<void>): Promise<boolean> {
  let limit: NodeJS.Timeout | undefined;
  const given = new Promise<false>((resolve) => {
    limit = setTimeout(() => resolve(false), HANG);
    if (crashed.signal.aborted) resolve(false);
  });
  const isClosed = await Promise.race([closed.then(() => true as const), given]);
  clearTimeout(limit);
  return isClosed;
}
