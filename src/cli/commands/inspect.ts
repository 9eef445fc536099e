// `coatcheck inspect`: what a cookie is, who has signed it, and what is wrong with it. It prints the session's key, and
// neither the cookie nor the session ID.
import type { Command } from "commander";
import { FLASK_LIFETIME } from "../../flask-cookie/cookie.ts";
import {
  addIdleTimeout,
  addStoreOptions,
  createCommand,
  type OutputOptions,
  plainInfo,
  positiveInteger,
  sessionJson,
} from "../command.ts";
import { EXIT, usageError } from "../exit.ts";
import { type PastedCookie, parsePasted } from "../inspect/cookie-text.ts";
import { inspectCookie } from "../inspect/inspect.ts";
import type { CookieReport, Evidence, Problem } from "../inspect/report.ts";
import { listOf, type OpenedStore, type StoreOptions, withStore } from "../store/open.ts";
import type { Terminal } from "../terminal.ts";
import { fromNow, printable, table } from "../text.ts";

interface InspectOptions extends StoreOptions, OutputOptions {
  readonly name?: string | undefined;
  readonly secretEnv: string;
  readonly maxAge: number;
}

export function inspectCommand(terminal: Terminal): Command {
  const command = createCommand(
    "inspect",
    "Tell what a cookie is, who has signed it, and what is wrong with it: coatcheck's, express-session's or Flask's.",
    [
      "coatcheck inspect                      # asks for it, so that it is not in the shell's history",
      "pbpaste | coatcheck inspect --name session",
      "SESSION_SECRET=newest,older coatcheck inspect --store redis://localhost:6379 < cookie.txt",
      "coatcheck inspect --secret-env SECRET_KEY < flask-cookie.txt",
    ],
  );
  addIdleTimeout(addStoreOptions(command))
    .argument("[cookie]", "a value, a pair, or a whole Cookie header; without it, or as -, standard input is read")
    .option("--name <name>", "the cookie's name in the app, where the text does not say it")
    .option("--secret-env <variable>", "the variable that has the secrets, the newest first", "SESSION_SECRET")
    .option("--max-age <seconds>", "Flask's PERMANENT_SESSION_LIFETIME", positiveInteger, FLASK_LIFETIME);
  return command.action((cookie: string | undefined, options: InspectOptions) => inspect(terminal, cookie, options));
}

async function inspect(terminal: Terminal, given: string | undefined, options: InspectOptions): Promise<void> {
  const text = given === undefined || given === "-" ? await terminal.readInput("The cookie: ") : given;
  if (given !== undefined && given !== "-" && !options.json) {
    terminal.note("The cookie is in your shell's history now. `coatcheck inspect` without it asks for it.");
  }
  const pasted = chooseCookies(parsePasted(text), options);
  const reports = pasted.map((cookie) => report(cookie, options));
  const looked = options.store ? await withStore(options, (opened) => lookUp(opened, reports, options)) : reports;
  if (options.json) terminal.printJson({ cookies: looked });
  else for (const [i, each] of looked.entries()) printReport(terminal, each, i, options);
  if (looked.some(({ problems }) => problems.length > 0)) process.exitCode = EXIT.failed;
}

/** Of a whole header, the cookies of the name; where no name is given, those that are some session's. */
function chooseCookies(pasted: PastedCookie[], options: InspectOptions): PastedCookie[] {
  const { name } = options;
  if (pasted.length === 0) throw usageError("There is no cookie. Paste its value, or the whole Cookie header.");
  const named = pasted.filter((cookie) => name === undefined || cookie.name === undefined || cookie.name === name);
  const known = named.filter((cookie) => pasted.length === 1 || report(cookie, options).kind !== "unknown");
  if (known.length > 0) return known;
  throw usageError(
    name === undefined
      ? "No cookie in this header is a session's. Say which one it should be: --name."
      : "This header has no session's cookie of that name.",
  );
}

function report({ name: given, value }: PastedCookie, options: InspectOptions): CookieReport {
  const variable = options.secretEnv;
  const text = process.env[variable];
  const secrets = listOf(text);
  const evidence: Evidence = {
    secrets,
    wholeVariable: secrets.length > 1 ? text : undefined,
    variable,
    name: given ?? options.name,
    maxAge: options.maxAge,
    now: Date.now(),
  };
  return { signedAt: null, fields: null, session: null, name: given ?? null, ...inspectCookie(value, evidence) };
}

async function lookUp(
  { store }: OpenedStore,
  reports: readonly CookieReport[],
  { idleTimeout }: InspectOptions,
): Promise<CookieReport[]> {
  return Promise.all(
    reports.map(async (each) => {
      if (each.key === null || HOLD_THEIR_SESSION.includes(each.kind)) return each;
      const record = await store.load(each.key);
      if (!record) return { ...each, problems: [...each.problems, NOT_IN_STORE] };
      const key = record.movedTo ?? each.key;
      const live = record.movedTo === undefined ? record : await store.load(key);
      const session = live ? sessionJson(plainInfo({ key, record: live }, idleTimeout)) : null;
      return { ...each, session };
    }),
  );
}

/** Of these, no store knows anything. */
const HOLD_THEIR_SESSION: readonly CookieReport["kind"][] = ["flask", "coatcheck-sealed", "unknown"];

const NOT_IN_STORE: Problem = {
  code: "not-in-store",
  message: "The store has no live session for it: it has ended or expired, or the app has another store.",
};

const NAMES: Readonly<Record<CookieReport["kind"], string>> = {
  coatcheck: "a cookie of coatcheck",
  "coatcheck-sealed": "a cookie of coatcheck's cookieStore(), which holds the session itself",
  "express-session": "a cookie of express-session",
  flask: "Flask's own cookie, which holds the data itself",
  "flask-session": "a cookie of Flask-Session",
  unknown: "unknown",
};

function printReport({ print, colors }: Terminal, found: CookieReport, i: number, options: InspectOptions): void {
  const now = Date.now();
  const { kind, name, key, signedAt, fields, session, problems } = found;
  const facts: [string, string | undefined][] = [
    ["kind", NAMES[kind]],
    ["name", name ?? undefined],
    ["key", key ?? undefined],
    ["signature", signatureText(found, options)],
    ["signed", signedAt === null ? undefined : fromNow(new Date(signedAt), now)],
    ["holds", fields === null ? undefined : fields.join(", ") || "nothing"],
    ["owner", session === null ? undefined : (session.owner ?? "- (nobody has logged in)")],
    ["began", session === null ? undefined : fromNow(new Date(session.createdAt), now)],
    ["ends", session === null ? undefined : fromNow(new Date(session.expiresAt), now)],
  ];
  if (i > 0) print("");
  const known = facts.flatMap(([label, text]) => (text === undefined ? [] : [[label, printable(text)]]));
  for (const line of table(known)) print(line);
  for (const { code, message } of problems) print(`${colors.red("wrong")}  ${message} (${code})`);
  if (problems.length === 0) print(colors.green("Nothing is wrong with it."));
}

function signatureText({ kind, signature }: CookieReport, { secretEnv }: InspectOptions): string {
  const { verdict, secret, secrets, name } = signature;
  if (verdict === "wrong") return "wrong";
  if (verdict === "unchecked") {
    if (secrets === 0) return `not checked: ${secretEnv} is not set (--secret-env names another variable)`;
    return kind === "flask-session" ? "it has none" : "not checked: it is not whole";
  }
  const by = secrets === 1 ? "" : `, by secret ${secret} of ${secrets}${secret === 1 ? "" : ", an older one"}`;
  return `right${by}${name === null ? "" : `, for the name ${name}`}`;
}
