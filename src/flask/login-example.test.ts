// examples/login, the program of `npm start`, as visitors and attackers meet it (SECURITY-BAR S37).
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { fail, type Program, start } from "../../test/fixtures/flask/helpers.ts";
import { sqliteStore } from "../stores/sqlite/index.ts";

const FILE = "examples/login/app.ts";

async function environment(t: TestContext): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), "coatcheck-login-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return { PORT: "0", SESSION_PATH: path.join(folder, "sessions") };
}

async function login(t: TestContext): Promise<Program> {
  return start(t, FILE, await environment(t));
}

const TEXTS = {
  en: ["Logged in as ", "click here to log out", "You are not logged in", "click here to log in", ">Login</button>"],
  zh: ["登录用户名是:", "点击这里注销", "您暂未登录", "点击这里登录", ">登录</button>"],
} as const;

for (const [language, header] of [
  ["zh", "zh-CN,zh;q=0.9,en;q=0.8"],
  ["en", "en-US,en;q=0.9,zh;q=0.5"],
] as const) {
  test(`log in, come back, log out (${language})`, async (t) => {
    const visitor = (await login(t)).visit();
    const headers = { "Accept-Language": header };
    const [loggedIn, logOut, notLoggedIn, logIn, button] = TEXTS[language];
    const page = async (where: string): Promise<string> => (await visitor.get(where, { headers })).text();

    const home = await page("/");
    assert.ok(home.includes(notLoggedIn) && home.includes(logIn) && home.includes('href="/login"'), home);
    assert.match(home, new RegExp(`<html lang="${language}`));
    assert.equal(visitor.cookies.size, 0);

    const form = await page("/login");
    assert.ok(form.includes(button), form);
    assert.match(
      form,
      /<label for="username">[\s\S]*<input id="username" name="username"[^>]*autocomplete="username"[^>]*autofocus/,
    );

    assert.equal((await visitor.post("/login", { username: " admin " })).headers.get("location"), "/");
    const welcome = await page("/");
    assert.ok(welcome.includes(`${loggedIn}admin<`) && welcome.includes(logOut), welcome);

    assert.equal((await visitor.get("/logout")).headers.get("location"), "/");
    assert.ok((await page("/")).includes(notLoggedIn));
    assert.equal(visitor.cookies.size, 0);
  });
}

test("a visitor who only looks gets no cookie, and nothing is stored, before the form is asked for", async (t) => {
  const env = await environment(t);
  const program = await start(t, FILE, env);
  for (const where of ["/", "/logout", "/nope"]) {
    assert.deepEqual((await fetch(program.url + where, { redirect: "manual" })).headers.getSetCookie(), [], where);
  }
  const store = sqliteStore({ path: env.SESSION_PATH });
  t.after(() => store.close());
  assert.equal(await store.sweep(Number.MAX_SAFE_INTEGER, 10), 0);
});

test("names are escaped, trimmed, and neither missing nor endless", async (t) => {
  const program = await login(t);
  const visitor = program.visit();
  await visitor.post("/login", { username: ` <img src=x onerror="alert('1')">&amp; ` });
  const page = await (await visitor.get("/")).text();
  assert.ok(page.includes("Logged in as &lt;img src=x onerror=&#34;alert(&#39;1&#39;)&#34;&gt;&amp;amp;<"), page);

  const stranger = program.visit();
  const fields = ["", "  ", "\u3000\n", "x".repeat(65)].map((username) => ({ username }));
  for (const field of [{}, ...fields]) {
    const refused = await stranger.post("/login", field);
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /aria-invalid="true"[\s\S]*role="alert">[^<]+<[\s\S]*<button/);
    assert.match(await (await stranger.get("/")).text(), /You are not logged in/);
  }
  assert.equal((await stranger.post("/login", { username: "名".repeat(64) })).status, 302);
});

test("login gives a new ID, and logout ends the session for every copy of the cookie", async (t) => {
  const program = await login(t);
  const visitor = program.visit();
  const ask = async (cookie: string | undefined): Promise<string> =>
    (await fetch(program.url, { headers: { Cookie: `session=${cookie}` } })).text();
  await visitor.post("/login", { username: "one" });
  const first = visitor.cookies.get("session");
  await visitor.post("/login", { username: "two" });
  const second = visitor.cookies.get("session");
  assert.match(await ask(first), /You are not logged in/);
  assert.match(await ask(second), /Logged in as two/);
  await visitor.get("/logout");
  assert.match(await ask(second), /You are not logged in/);
});

test("other sites can neither log a visitor in nor out", async (t) => {
  const program = await login(t);
  const visitor = program.visit();
  await visitor.post("/login", { username: "admin" });
  const body = new URLSearchParams({ username: "attacker" });
  for (const headers of [
    { "Sec-Fetch-Site": "cross-site" },
    { "Sec-Fetch-Site": "same-site" },
    { Origin: "https://evil.example" },
    { Origin: "null" },
  ]) {
    assert.equal((await visitor.get("/logout", { headers })).status, 403);
    assert.equal((await visitor.get("/login", { method: "POST", body, headers })).status, 403);
    assert.match(await (await visitor.get("/", { headers })).text(), /Logged in as admin/);
  }
  const own = { "Sec-Fetch-Site": "same-origin", Origin: program.url };
  assert.equal((await visitor.get("/login", { method: "POST", body, headers: own })).status, 302);
  const old = { Origin: program.url };
  assert.equal((await visitor.get("/login", { method: "POST", body, headers: old })).status, 302);
  assert.equal((await visitor.get("/logout", { headers: { "Sec-Fetch-Site": "none" } })).status, 302);
});

for (const [header, word] of [
  ["en", "This page was out of date. Please try again."],
  ["zh-CN", "页面已过期,请再试一次。"],
] as const) {
  test(`S36 the form's token logs in once; an outdated form is refused and shown anew (${header})`, async (t) => {
    const visitor = (await login(t)).visit();
    const headers = { "Accept-Language": header };
    const post = (_csrf: string, username: string) =>
      visitor.get("/login", { method: "POST", body: new URLSearchParams({ _csrf, username }), headers });
    const tokenOf = (page: string): string => /name="_csrf" value="([\w-]{43})"/.exec(page)?.[1] ?? "";

    const token = tokenOf(await (await visitor.get("/login")).text());
    assert.equal((await post(token, "one")).status, 302);
    const refused = await post(token, "two");
    assert.equal(refused.status, 403);
    const page = await refused.text();
    assert.ok(page.includes(word), page);
    assert.match(await (await visitor.get("/")).text(), /Logged in as one/);
    assert.notEqual(tokenOf(page), token);
    assert.equal((await post(tokenOf(page), "two")).status, 302);
    assert.match(await (await visitor.get("/")).text(), /Logged in as two/);
  });
}

test("S36 whoever is refused because of another site gets no form, and so no cookie in place of the visitor's", async (t) => {
  const program = await login(t);
  for (const headers of [{ "Sec-Fetch-Site": "cross-site" }, { Origin: "https://evil.example" }]) {
    const body = new URLSearchParams({ username: "attacker", _csrf: "x" });
    const response = await fetch(`${program.url}/login`, { method: "POST", body, headers });
    assert.deepEqual([response.status, response.headers.getSetCookie()], [403, []]);
    assert.doesNotMatch(await response.text(), /<form/);
  }
});

test("every page is framed by nobody, runs no script, and is kept by no cache", async (t) => {
  const program = await login(t);
  for (const where of ["/", "/login", "/logout", "/static/style.css", "/nope"]) {
    const { headers } = await fetch(program.url + where, { redirect: "manual" });
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'.*form-action 'self'.*frame-ancestors 'none'/, where);
    assert.doesNotMatch(policy, /script-src|unsafe/);
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "same-origin");
  }
  const { headers } = await fetch(program.url);
  assert.equal(headers.get("cache-control"), "no-store");
  assert.equal(headers.get("vary"), "Accept-Language, Cookie");
  const page = await (await fetch(`${program.url}/login`)).text();
  assert.doesNotMatch(page, /<script|<style| style=| on\w+=/);
});

test("still logged in after kill -9 and a restart, with the secret that was made for development", async (t) => {
  const env = await environment(t);
  const first = await start(t, FILE, env);
  assert.equal(first.output().match(/No secret was given/g)?.length, 1);
  const visitor = first.visit();
  await visitor.post("/login", { username: "admin" });
  await first.stop("SIGKILL");
  const second = await start(t, FILE, env);
  const cookie = `session=${visitor.cookies.get("session")}`;
  assert.match(await (await fetch(second.url, { headers: { Cookie: cookie } })).text(), /Logged in as admin/);
});

test("settings that can't be are said in a sentence", async (t) => {
  const env = await environment(t);
  for (const [changes, message] of [
    [{ PORT: "http" }, /^PORT is "http". Give a whole number from 0 to 65535.\n$/],
    [{ PORT: "65536" }, /^PORT is "65536"/],
    [{ PORT: "-1" }, /^PORT is "-1"/],
    [{ NODE_ENV: "production" }, /^The app can't start. app.secretKey is not set. Make a secret/],
    [{ SECRET_KEY: "secret" }, /^The app can't start. The secret has 6 bytes/],
  ] as const) {
    const { code, output } = await fail(FILE, { ...env, ...changes });
    assert.match(output, message);
    assert.equal(code, 1);
  }
});
