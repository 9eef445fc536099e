// examples/flask-blog in Python and in TypeScript: the same requests to both, over HTTP, and every answer compared: status,
// the headers that matter, and each byte of the body. What differs on purpose is named in DOCUMENTED.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findProgram } from "../../scripts/requirements.mjs";

const EXAMPLE = fileURLToPath(new URL("../../examples/flask-blog/", import.meta.url));
const python = findProgram("Python with Flask");
if (python === undefined) throw new Error("There is no Python with Flask here; npm test installs it.");
const folder = mkdtempSync(path.join(tmpdir(), "coatcheck-flask-blog-"));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function start(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const child = spawn(program, args, {
    cwd: EXAMPLE,
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
  children.push(child);
  for await (const line of createInterface(child.stdout)) {
    const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? [];
    if (url !== undefined) return url.slice(0, -1);
  }
  throw new Error(`${program} has ended.`);
}

const flaskUrl = await start(python, ["flask_app.py", "0"]);
const ourUrl = await start(process.execPath, ["--conditions=coatcheck-source", "typescript-app.ts", "0"], {
  SECRET_KEY: "a0b1c2d3e4f5a6b7c8d9-only-for-this-test-and-nothing-else",
  TMPDIR: folder,
});

/** A visitor of one of the two apps. */
interface Visitor {
  readonly origin: string;
  readonly cookies: Map<string, string>;
}

interface Sent {
  readonly who: string;
  readonly method?: string;
  readonly path: string;
  readonly form?: Readonly<Record<string, string>>;
  /** Sent as multipart. */
  readonly file?: { readonly name: string; readonly content: string; readonly type: string };
  readonly json?: string;
}

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly location: string | null;
  readonly allow: string | null;
  readonly vary: string | null;
  readonly own: readonly (string | null)[];
  readonly cookies: readonly string[];
  readonly body: string;
}

const visitors = new Map<string, Visitor>();

function visitorOf(who: string, origin: string): Visitor {
  const name = `${who} ${origin}`;
  const known = visitors.get(name) ?? { origin, cookies: new Map<string, string>() };
  visitors.set(name, known);
  return known;
}

function bodyOf({ form, file, json }: Sent): string | URLSearchParams | FormData | undefined {
  if (json !== undefined) return json;
  if (!file) return form && new URLSearchParams(form);
  const data = new FormData();
  for (const [name, value] of Object.entries(form ?? {})) data.append(name, value);
  data.append("attachment", new File([file.content], file.name, { type: file.type }));
  return data;
}

async function send(sent: Sent, origin: string): Promise<Answer> {
  const visitor = visitorOf(sent.who, origin);
  const headers = new Headers({ Cookie: [...visitor.cookies].map(([name, value]) => `${name}=${value}`).join("; ") });
  if (sent.json !== undefined) headers.set("Content-Type", "application/json");
  const method = sent.method ?? (sent.form || sent.file || sent.json !== undefined ? "POST" : "GET");
  const body = bodyOf(sent);
  const response = await fetch(origin + sent.path, { method, headers, redirect: "manual", ...(body && { body }) });
  for (const text of response.headers.getSetCookie()) keep(visitor, text);
  return answerOf(response, origin);
}

function keep({ cookies }: Visitor, setCookie: string): void {
  const [pair = ""] = setCookie.split("; ");
  const at = pair.indexOf("=");
  const isGone = /Max-Age=0|Expires=Thu, 01 Jan 1970/.test(setCookie);
  if (isGone) cookies.delete(pair.slice(0, at));
  else cookies.set(pair.slice(0, at), pair.slice(at + 1));
}

const sorted = (list: string | null): string | null => list?.split(", ").sort().join(", ") ?? null;

async function answerOf(response: Response, origin: string): Promise<Answer> {
  const { headers } = response;
  return {
    status: response.status,
    type: DOCUMENTED.type(headers.get("content-type")),
    location: DOCUMENTED.location(headers.get("location"), origin),
    allow: sorted(headers.get("allow")),
    vary: headers.get("vary"),
    own: [headers.get("x-blog"), headers.get("x-edit")],
    cookies: DOCUMENTED.cookies(headers.getSetCookie()),
    body: DOCUMENTED.body(await response.text(), origin),
  };
}

/** docs/flask.md, "What differs, and why". */
const DOCUMENTED = {
  /** Redirects to the slash are relative; werkzeug's name the host. */
  location: (location: string | null, origin: string) => location?.replace(origin, "") ?? null,
  body: (body: string, origin: string) => body.replaceAll(origin, ""),
  /** The session's cookie holds an ID, and is not sent again where the browser has it. The app's own cookies are the same. */
  cookies: (all: readonly string[]) => all.filter((text) => !text.startsWith("session=")).map(attributes),
  /** A file's type is the same; whether its charset is said is up to what serves files. */
  type: (type: string | null) => (type?.startsWith("text/css") ? "text/css" : type),
};

/** An app's cookie, whatever the order of its attributes; Flask says Max-Age and Expires. */
function attributes(setCookie: string): string {
  const [pair = "", ...others] = setCookie.split("; ");
  return [pair, ...others.filter((text) => !text.startsWith("Expires=")).sort()].join("; ");
}

const NAMES = ["ada", "b<o>b", "cé&cile", "ada"];
const WORDS = ["", "One", "Two <b>words</b>", "three \"quoted\" & 'more'", "中文 ü", "a, b ,, c", "</script><script>"];

function* accounts(): Generator<Sent> {
  for (const who of NAMES) {
    yield { who, path: "/" };
    for (const page of ["register", "login"]) {
      yield { who, path: `/auth/${page}` };
      for (const form of [
        { username: "", password: "" },
        { username: who, password: "" },
        { username: "", password: "x" },
        { username: who, password: page === "login" ? "wrong" : "" },
        { username: `${who}?`, password: "x", other: "ignored" },
      ]) {
        if (page === "register" && form.username.endsWith("?")) continue;
        yield { who, path: `/auth/${page}`, form };
      }
      yield { who, path: `/auth/${page}`, form: { username: who } as Record<string, string> };
      yield { who, path: `/auth/${page}`, form: { username: who, password: "pw" } };
      yield { who, path: "/" };
    }
  }
}

function* writing(): Generator<Sent> {
  yield { who: "guest", path: "/create" };
  yield { who: "guest", path: "/create", form: { title: "x", body: "y" } };
  for (const who of ["ada", "b<o>b"]) {
    for (const [i, title] of WORDS.entries()) {
      const body = WORDS[(i + 3) % WORDS.length] ?? "";
      const form = { title, body, tags: WORDS[(i + 5) % WORDS.length] ?? "", ...(i % 3 === 1 ? { draft: "on" } : {}) };
      yield { who, path: "/create" };
      yield { who, path: "/create", form };
      const file = { name: `f${i} ü.txt`, content: body.repeat(i), type: "text/plain" };
      yield { who, path: "/create", form, file };
      yield { who, path: "/" };
      yield { who: "guest", path: "/" };
    }
  }
}

function* reading(): Generator<Sent> {
  for (let id = 0; id <= 26; id++) {
    yield { who: "guest", path: `/${id}/` };
    yield { who: "guest", path: `/${id}` };
    yield { who: "ada", path: `/${id}/update` };
    yield { who: "ada", path: `/${id}/update`, form: { title: id % 2 ? "" : `T${id}`, body: "new", tags: "x,y" } };
    yield { who: "b<o>b", path: `/${id}/update`, form: { body: "without a title" } };
  }
}

function* edges(): Generator<Sent> {
  const paths = [
    "/files/a/b",
    "/files/a/b/edit",
    "/files/edit",
    "/files/%C3%BC",
    "/files/",
    "/files",
    "/nowhere",
    "/1/nope",
    "//",
    "/auth//login",
  ];
  for (const target of [
    ...paths,
    "/api/posts",
    "/api/posts?tag=x",
    "/api/posts?tag=%20",
    "/static/style.css",
    "/static/none.css",
  ]) {
    for (const method of ["GET", "HEAD", "POST", "OPTIONS", "DELETE"]) yield { who: "guest", path: target, method };
  }
  for (const json of ['{"b":1,"a":[1.5,null,"ü",{"z":true,"y":""}]}', "[]", '"text"', "{", "", "7"]) {
    yield { who: "guest", path: "/api/echo", json };
    yield { who: "ada", path: "/api/echo", json };
  }
  yield { who: "guest", path: "/api/echo", form: { a: "1" } };
  for (const theme of ["dark", "ü", "a,b", "a;b", "%22", "a b", "last"])
    yield { who: "guest", path: `/theme/${encodeURIComponent(theme)}` };
  for (const who of ["ada", "guest"]) {
    yield { who, path: "/auth/logout" };
    yield { who, path: "/" };
    yield { who, path: "/auth/login?next=/api/posts", form: { username: "ada", password: "pw" } };
  }
}

/** What differs: name, Flask's, ours; of bodies, the first line that does. */
function differences(theirs: Answer, ours: Answer): unknown[] {
  const names = Object.keys(theirs) as (keyof Answer)[];
  return names
    .filter((name) => JSON.stringify(theirs[name]) !== JSON.stringify(ours[name]))
    .map((name) =>
      name === "body" ? [name, ...firstDifference(theirs.body, ours.body)] : [name, theirs[name], ours[name]],
    );
}

function firstDifference(theirs: string, ours: string): [string | undefined, string | undefined] {
  const [left, right] = [theirs.split("\n"), ours.split("\n")];
  const at = [...left, ""].findIndex((line, i) => line !== right[i]);
  return [left[at], right[at]];
}

test("the blog answers each of at least 300 requests as the Python program does", async (t) => {
  const all = [...accounts(), ...writing(), ...reading(), ...edges()];
  assert.ok(all.length >= 300, `${all.length}`);
  const wrong: unknown[] = [];
  const statuses = new Map<number, number>();
  for (const sent of all) {
    const [theirs, ours] = [await send(sent, flaskUrl), await send(sent, ourUrl)];
    statuses.set(theirs.status, (statuses.get(theirs.status) ?? 0) + 1);
    const found = differences(theirs, ours);
    if (found.length > 0) wrong.push({ sent, found });
  }
  t.diagnostic(`${all.length} requests; ${JSON.stringify([...statuses])}`);
  assert.deepEqual(wrong, []);
});
