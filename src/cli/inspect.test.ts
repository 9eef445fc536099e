// `coatcheck inspect`: what a cookie is, who has signed it, what is wrong with it; and never the cookie itself.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { createSessions } from "coatcheck";

import { writeFlaskCookie } from "coatcheck/flask-cookie";
import { sqliteStore } from "coatcheck/sqlite";
import { coatcheck, emptyFolder, jsonOf, type RunOptions } from "../../test/fixtures/cli/program.ts";
import { createTestManager, SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { keyOfId } from "../core/request/session-id.ts";
import { createSigner } from "../express-session/signature.ts";
import { sign, signerOf } from "../flask-cookie/signer.ts";
import { cookieStore } from "../stores/cookie/index.ts";
import { parsePasted } from "./inspect/cookie-text.ts";
import { inspectCookie } from "./inspect/inspect.ts";
import type { CookieReport, Evidence } from "./inspect/report.ts";

const NEW = "nEwL0bUe7y9wTz4vNn3rKx8cPd5fGj6m";
const NOW = 1_700_000_000_000;

const evidence: Evidence = {
  secrets: [SECRET],
  wholeVariable: undefined,
  variable: "SESSION_SECRET",
  name: undefined,
  maxAge: 2_678_400,
  now: NOW,
};

/** Kind, verdict and the codes of what is wrong. */
function judge(value: string, own: Partial<Evidence> = {}): string {
  const { kind, signature, problems } = inspectCookie(value, { ...evidence, ...own });
  return [kind, signature.verdict, ...problems.map(({ code }) => code)].join(" ");
}

/** The value of a real cookie. */
async function ourCookie(name = "session"): Promise<{ value: string; id: string }> {
  const { sessions } = createTestManager({ cookie: { name } });
  const visitor = createVisitor(sessions);
  const id = await visitor.request((session) => {
    session.user = "ada";
    return session.id;
  });
  return { value: visitor.cookie?.split("=")[1] ?? "", id };
}

test("our cookie: what is right, and each way in which it can be wrong", async () => {
  const { value, id } = await ourCookie();
  const right = inspectCookie(value, evidence);
  assert.equal(right.key, keyOfId(id));
  assert.deepEqual(right.signature, { verdict: "right", secret: 1, secrets: 1, name: "session" });
  const cases: readonly (readonly [string, string, Partial<Evidence>?])[] = [
    [value, "coatcheck right"],
    [value, "coatcheck unchecked", { secrets: [] }],
    [value, "coatcheck right", { secrets: [NEW, SECRET] }],
    [value, "coatcheck wrong wrong-signature", { secrets: [NEW] }],
    [value, "coatcheck wrong weak-secret wrong-signature", { secrets: ["short"] }],
    [value, "coatcheck right wrong-name", { name: "sid" }],
    [value.slice(0, -1), "coatcheck unchecked truncated"],
    [value.slice(0, 43), "coatcheck unchecked truncated"],
    [value.slice(0, 30), "coatcheck unchecked truncated"],
    [`${value}A`, "coatcheck unchecked too-long"],
    [`${value}==`, "coatcheck right padding"],
    [`"${value}"`, "coatcheck right quoted"],
    [value.replace(".", "%2E"), "coatcheck right url-encoded"],
    [value.replace(".", "%252E"), "coatcheck right url-encoded-twice"],
    [`${value.slice(0, 20)}\n${value.slice(20)}`, "coatcheck right whitespace"],
    [`${value.slice(0, -1)}B`, "coatcheck unchecked damaged"],
    [`${id}.${"A".repeat(43)}`, "coatcheck wrong wrong-signature"],
  ];
  for (const [text, expected, own] of cases) assert.equal(judge(text, own), expected, text);
  const older = inspectCookie(value, { ...evidence, secrets: [NEW, SECRET] });
  assert.deepEqual(older.signature, { verdict: "right", secret: 2, secrets: 2, name: "session" });
});

test("a list of secrets that an app has taken for one is told as such", async () => {
  const list = `${NEW},${SECRET}`;
  const visitor = createVisitor(createTestManager({ secret: list }).sessions);
  await visitor.request((session) => {
    session.user = "ada";
  });
  const value = visitor.cookie?.split("=")[1] ?? "";
  const own = { secrets: [NEW, SECRET], wholeVariable: list };
  assert.equal(judge(value, own), "coatcheck wrong list-as-one-secret");
});

test("the sealed cookie of cookieStore() tells its session, and when it has expired", async () => {
  const sessions = createSessions<{ user?: string }>({ secret: SECRET, store: cookieStore() });
  const visitor = createVisitor(sessions);
  await visitor.request(async (session) => {
    session.user = "ada";
    await session.login("ada");
  });
  const value = visitor.cookie?.split("=")[1] ?? "";
  const found = inspectCookie(value, { ...evidence, now: Date.now() });
  assert.deepEqual([found.kind, found.signature.verdict, found.session?.owner], ["coatcheck-sealed", "right", "ada"]);
  assert.equal(judge(value, { now: Date.now() + 90_000_000 }), "coatcheck-sealed right expired");
  assert.equal(judge(value, { secrets: [NEW] }), "coatcheck-sealed wrong wrong-signature");
});

test("express-session's cookie: encoded once is right, anything else is told", () => {
  const sid = "Zm9vYmFyLXNlc3Npb24taWQtMTIzNDU2";
  const plain = createSigner([SECRET]).sign(sid);
  const value = encodeURIComponent(plain);
  assert.equal(inspectCookie(value, evidence).key, keyOfId(sid));
  const cases: readonly (readonly [string, string, Partial<Evidence>?])[] = [
    [value, "express-session right"],
    [plain, "express-session right"],
    [value, "express-session right", { secrets: [NEW, SECRET] }],
    [value, "express-session wrong wrong-signature", { secrets: [NEW] }],
    // Its secrets may be short; that is express-session's affair.
    [value, "express-session wrong wrong-signature", { secrets: ["keyboard cat"] }],
    [encodeURIComponent(value), "express-session right url-encoded-twice"],
    [value.slice(0, -2), "express-session unchecked truncated"],
    [`${plain}=`, "express-session right padding"],
    [plain.replaceAll("+", "-").replaceAll("/", "_"), `express-session right${/[+/]/.test(plain) ? " alphabet" : ""}`],
  ];
  for (const [text, expected, own] of cases) assert.equal(judge(text, own), expected, text);
});

test("Flask's cookie tells its age, what it holds and whether it has expired; Flask-Session's its signature", () => {
  const seconds = NOW / 1000;
  const value = writeFlaskCookie({ _user_id: "7", cart: [1] }, { secret: SECRET, now: seconds - 100 });
  const found = inspectCookie(value, evidence);
  assert.equal(found.signedAt, new Date(NOW - 100_000).toISOString());
  assert.deepEqual(found.fields, ["_user_id", "cart"]);
  const long = writeFlaskCookie({ text: "x".repeat(500) }, { secret: SECRET, now: seconds });
  const signed = sign(signerOf({ secret: SECRET, salt: "flask-session" }), "k".repeat(43));
  const cases: readonly (readonly [string, string, Partial<Evidence>?])[] = [
    [value, "flask right"],
    [value, "flask unchecked", { secrets: [] }],
    [value, "flask wrong wrong-signature", { secrets: [NEW] }],
    [value, "flask right expired", { maxAge: 99 }],
    [value, "flask right from-the-future", { now: NOW - 200_000 }],
    [value.slice(0, -3), "flask unchecked truncated"],
    [value.split(".").slice(0, 2).join("."), "flask unchecked truncated"],
    [encodeURIComponent(`${value}=`), "flask right url-encoded padding"],
    [long, "flask right"],
    [signed, "flask-session right"],
    [signed, "flask-session wrong wrong-signature", { secrets: [NEW] }],
    ["5c2f8b2e-7b0a-4a51-9d3f-1c2b3a4d5e6f", "flask-session unchecked"],
    ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "unknown unchecked unknown"],
    ["hello", "unknown unchecked unknown"],
    ["", "unknown unchecked unknown"],
  ];
  for (const [text, expected, own] of cases) assert.equal(judge(text, own), expected, text);
});

test("a value, a pair and whole headers are read alike", () => {
  const names = (text: string): string =>
    parsePasted(text)
      .map(({ name, value }) => `${name}:${value}`)
      .join(" ");
  assert.equal(names("abc.def"), "undefined:abc.def");
  assert.equal(names("abc.def=="), "undefined:abc.def==");
  assert.equal(names("session=abc.def\n"), "session:abc.def");
  assert.equal(names("Cookie: a=1; session=abc.def; b=2"), "a:1 session:abc.def b:2");
  assert.equal(names("Set-Cookie: session=abc.def; Path=/; HttpOnly"), "session:abc.def");
  assert.equal(names("session=abc.def; Path=/; HttpOnly"), "session:abc.def");
});

test("S22 no text whatever makes it throw, and none comes back out", () => {
  const pieces = ["s:", "%", "%25", "=", ".", "eyJ", "\0", '"', "é", "A".repeat(43), " ", ";", ".eJ", "-"];
  for (let seed = 1; seed < 2_000; seed++) {
    let text = "";
    for (let n = seed; n > 0; n = Math.floor(n / pieces.length)) text += pieces[n % pieces.length];
    for (const { value } of parsePasted(text)) {
      const report = JSON.stringify(inspectCookie(value, evidence));
      if (value.length > 20) assert.equal(report.includes(value), false);
    }
  }
});

test("S27 as a program: from standard input, with the store, and without a trace of the ID", async () => {
  const folder = emptyFolder();
  after(() => rmSync(folder, { recursive: true, force: true }));
  const path = `${folder}/sessions`;
  const sessions = createSessions<{ user?: string }>({ secret: [NEW, SECRET], store: sqliteStore({ path }) });
  const visitor = createVisitor(sessions);
  const { id, key } = await visitor.request(async (session) => {
    await session.login("ada");
    return { id: session.id, key: session.key };
  });
  const cookie = visitor.cookie ?? "";
  const value = cookie.split("=")[1] ?? "";
  const env = { SESSION_SECRET: `${NEW},${SECRET}` };
  const inspect = async (args: string[], options: RunOptions): Promise<[number | null, CookieReport]> => {
    const result = await coatcheck(["inspect", "--json", ...args], options);
    for (const secret of [id, value, NEW, SECRET])
      assert.equal((result.stdout + result.stderr).includes(secret), false);
    return [result.code, jsonOf<{ cookies: CookieReport[] }>(result).cookies[0]!];
  };

  const [code, live] = await inspect(["--store", path], { env, input: `Cookie: theme=dark; ${cookie}\n` });
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(live).sort(), [
    "fields",
    "key",
    "kind",
    "name",
    "problems",
    "session",
    "signature",
    "signedAt",
  ]);
  assert.deepEqual([live.key, live.name, live.session?.owner], [key, "session", "ada"]);
  await sessions.revoke(key);
  const [goneCode, gone] = await inspect(["-", "--store", path], { env, input: cookie });
  assert.deepEqual([goneCode, gone.problems.map((problem) => problem.code)], [1, ["not-in-store"]]);

  const other = await coatcheck(["inspect", value, "--secret-env", "MY_KEY"], { env: { MY_KEY: NEW } });
  assert.equal(other.code, 0);
  assert.match(other.stdout, /^signature +right, for the name session$/m);
  assert.match(other.stderr, /shell's history/);
  assert.equal((other.stdout + other.stderr).includes(id), false);
  assert.equal((await coatcheck(["inspect"], { input: "\n" })).code, 2);
  await sessions.close();
});
