// The same visits to a real Flask app and to one of coatcheck/flask: what each step of a view gives, and what the response
// says of the session. Both run on clocks of the test's.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseSetCookie } from "cookie";
import { findProgram } from "../../scripts/requirements.mjs";
import { Flask, flash, getFlashedMessages, renderTemplate, session } from "../../src/flask/index.ts";
import { type Clock, memoryStore, type SessionStore } from "../../src/index.ts";

/** What a view does, one after another: `["set", "username", "ada"]`. The names are those of real_flask.py. */
export type Step = readonly [name: string, ...values: unknown[]];

export interface Visits {
  /** `null` for an app without one. */
  readonly secret: string | null;
  /** Settings of both apps. */
  readonly config?: Flask["config"];
  /** Texts of templates, by name, for the step `render`. */
  readonly templates?: Readonly<Record<string, string>>;
  readonly visits: readonly { readonly at: number; readonly steps: readonly Step[] }[];
}

/** A Set-Cookie header, as far as the two can be the same: one says Expires, the other Max-Age. */
interface SaidCookie {
  readonly name: string;
  readonly isDeleted: boolean;
  /** In seconds; `null` for as long as the browser runs. */
  readonly lifetime: number | null;
  readonly attributes: readonly string[];
}

export interface Answer {
  readonly steps: readonly unknown[];
  readonly cookies: readonly SaidCookie[];
  readonly vary: string | null;
}

interface RealFlask {
  /** `[3, 1, 3]` */
  readonly version: readonly number[];
  ask(visits: Visits): Promise<Answer[]>;
  close(): void;
}

interface RawAnswer {
  readonly steps: unknown[];
  readonly setCookies: string[];
  readonly vary: string | null;
}

/** Starts the Python of the machine's Flask. */
export async function startRealFlask(): Promise<RealFlask> {
  const python = findProgram("Python with Flask");
  if (python === undefined) throw new Error("There is no Python with Flask here; npm test installs it.");
  const script = fileURLToPath(new URL("real_flask.py", import.meta.url));
  const child = spawn(python, [script], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("Python has ended.");
    return JSON.parse(value);
  };
  return {
    version: String(await next())
      .split(".")
      .map(Number),
    async ask(visits) {
      child.stdin.write(`${JSON.stringify(visits)}\n`);
      const answers = (await next()) as RawAnswer[];
      return answers.map((raw, i) => answerOf(raw, visits.visits[i]?.at ?? 0));
    },
    close: () => child.stdin.end(),
  };
}

/** Whether a version is that one or a later one. */
export function isSince(version: readonly number[], since: readonly number[]): boolean {
  const at = since.findIndex((part, i) => part !== version[i]);
  return at === -1 || (version[at] ?? 0) > (since[at] ?? 0);
}

/** Our own app's answers to the same, with its sessions in a store of that clock. */
export async function askOurs(
  { secret, config, visits }: Visits,
  makeStore: (clock: Clock) => SessionStore = (clock) => memoryStore({ clock }),
): Promise<Answer[]> {
  let now = 0;
  const clock = (): number => now;
  const app = new Flask(import.meta.url, { templateFolder: "fixtures/templates" });
  Object.assign(app.config, config, { SESSION_STORE: makeStore(clock), SESSION_OPTIONS: { clock } });
  app.secretKey = secret ?? undefined;
  let steps: readonly Step[] = [];
  app.get("/", function visit() {
    return { given: steps.map(perform) };
  });
  const client = app.testClient();
  const answers: Answer[] = [];
  for (const visit of visits) {
    now = visit.at * 1000;
    steps = visit.steps;
    const response = await client.get("/");
    const { given } = (await response.json()) as { given: unknown[] };
    const { headers } = response;
    answers.push(answerOf({ steps: given, setCookies: headers.getSetCookie(), vary: headers.get("Vary") }, visit.at));
  }
  return answers;
}

const STEPS: Readonly<Record<string, (...values: never[]) => unknown>> = {
  get: (key: string, fallback: null = null) => session.get(key, fallback),
  set: (key: string, value: string) => void Reflect.set(session, key, value),
  has: (key: string) => key in session,
  pop: (key: string, fallback: null = null) => session.pop(key, fallback),
  delete: (key: string) => void delete session[key],
  setDefault: (key: string, value: string) => session.setDefault(key, value),
  update: (values: Record<string, string>) => session.update(values),
  clear: () => session.clear(),
  keys: () => Object.keys(session).sort(),
  push: (key: string, value: string) => void (session[key] as string[]).push(value),
  permanent: () => session.permanent,
  setPermanent: (value: boolean) => void Reflect.set(session, "permanent", value),
  isNew: () => session.isNew,
  modified: () => session.modified,
  setModified: () => void Reflect.set(session, "modified", true),
  accessed: () => session.accessed,
  flash: (message: string, category?: string) => flash(message, category),
  flashes: (withCategories = false, categoryFilter: string[] = []) =>
    withCategories
      ? getFlashedMessages({ withCategories: true, categoryFilter })
      : getFlashedMessages({ categoryFilter }),
  render: (name: string) => renderTemplate(name).split(/\s+/).filter(Boolean),
};

function perform([name, ...values]: Step): unknown {
  try {
    return STEPS[name]?.(...(values as never[])) ?? null;
  } catch (error) {
    return { error: error instanceof Error ? error.name : "", message: error instanceof Error ? error.message : "" };
  }
}

function answerOf({ steps, setCookies, vary }: RawAnswer, at: number): Answer {
  return { steps, cookies: setCookies.map((text) => saidOf(text, at)), vary };
}

function saidOf(text: string, at: number): SaidCookie {
  const cookie = parseSetCookie(text);
  const until = cookie.expires === undefined ? undefined : cookie.expires.getTime() / 1000 - at;
  const isDeleted = cookie.maxAge === 0 || cookie.expires?.getTime() === 0;
  const named = { Domain: cookie.domain, Path: cookie.path, SameSite: cookie.sameSite };
  const flags = { Secure: cookie.secure, HttpOnly: cookie.httpOnly, Partitioned: cookie.partitioned };
  const attributes = [
    ...Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${String(value)}`])),
    ...Object.entries(flags).flatMap(([name, isSet]) => (isSet === true ? [name] : [])),
  ];
  return { name: cookie.name, isDeleted, lifetime: isDeleted ? null : (cookie.maxAge ?? until ?? null), attributes };
}
