// What nobody may do with the console and the devices page: SECURITY-BAR S38 and S27.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { bodyOf, type Fields, type Visit, visit } from "../../test/fixtures/console/browser.ts";
import { fillStore } from "../../test/fixtures/console/people.ts";
import { isAdmin, type Program, startProgram } from "../../test/fixtures/console/program.ts";
import { SECRET } from "../../test/fixtures/manager.ts";

let program: Program;
let admin: Visit;

before(async () => {
  program = await startProgram();
  fillStore(program.store, 120);
  admin = await visit(program.url).logIn("admin");
});
after(() => program.close());

const CONSOLE_PATHS = [
  "/",
  "/activity",
  "/charts/active.svg",
  `/key/${"A".repeat(43)}`,
  "/?by=owner&q=ada",
  "/nothing",
];

async function keyOf(owner: string): Promise<string> {
  const [session] = await program.sessions.list(owner);
  assert.ok(session);
  return session.key;
}

async function tokenOf(visitor: Visit, page: string): Promise<string> {
  const token = /name="_csrf" value="([^"]+)"/.exec((await visitor.get(page)).text)?.[1];
  assert.ok(token, "the page has a form");
  return token;
}

test("S38 without authorize nobody gets in, the page says why, and no session is looked at", async (t) => {
  const closed = await startProgram({ console: { authorize: undefined } });
  t.after(() => closed.close());
  const visitor = await visit(closed.url).logIn("admin");
  for (const path of CONSOLE_PATHS) {
    const { status, text, headers } = await visitor.get(`/sessions${path}`);
    assert.equal(status, 403, path);
    assert.match(text, /no authorize function/);
    assert.match(text, /authorize: \(session\) =&gt; session\.owner === &quot;admin&quot;/);
    assert.deepEqual(headers.getSetCookie(), []);
  }
  assert.equal((await visitor.post("/sessions/end-all", { owner: "admin", confirmed: "yes" })).status, 403);
  assert.equal((await closed.sessions.list("admin")).length, 1);
});

test("S38 who is not authorised gets 403 everywhere, and ends nothing even with a token of their own", async () => {
  const key = await keyOf("ada");
  const user = await visit(program.url).logIn("mallory");
  const token = await tokenOf(user, "/devices");
  for (const visitor of [user, visit(program.url)]) {
    for (const path of CONSOLE_PATHS) {
      const { status, text } = await visitor.get(`/sessions${path}`);
      assert.equal(status, 403, path);
      assert.doesNotMatch(text, /ada|192\.0\.2/);
    }
    const fields = { _csrf: token, confirmed: "yes", only: key, owner: "ada" };
    assert.equal((await visitor.post("/sessions/end", fields)).status, 403);
    assert.equal((await visitor.post("/sessions/end-all", fields)).status, 403);
  }
  assert.ok(await program.sessions.inspect(key));
});

test("S38 only true opens it: not a promise of something else, not a truthy value", async (t) => {
  for (const answer of [1, "yes", {}, Promise.resolve("true"), undefined, null]) {
    const odd = await startProgram({ console: { authorize: () => answer as boolean } });
    t.after(() => odd.close());
    assert.equal((await visit(odd.url).get("/sessions")).status, 403, String(answer));
  }
  const slow = await startProgram({ console: { authorize: async () => true } });
  t.after(() => slow.close());
  assert.equal((await visit(slow.url).get("/sessions")).status, 200);
  const failing = await startProgram({
    console: {
      authorize: () => {
        throw new Error("the directory is out");
      },
    },
  });
  t.after(() => failing.close());
  t.mock.method(console, "error", () => undefined);
  assert.equal((await visit(failing.url).get("/sessions")).status, 500);
});

test("S38 GET and HEAD change nothing, whatever they carry", async () => {
  const key = await keyOf("ada");
  const count = (await program.sessions.list("ada")).length;
  const query = new URLSearchParams({
    _csrf: await tokenOf(admin, "/sessions"),
    confirmed: "yes",
    only: key,
    key,
    owner: "ada",
  });
  const { cookie } = admin;
  for (const method of ["GET", "HEAD"]) {
    for (const path of ["/sessions/end", "/sessions/end-all", "/devices/end", "/devices/end-others"]) {
      const { status } = await fetch(`${program.url}${path}?${query}`, { method, headers: { cookie } });
      assert.equal(status, 404, `${method} ${path}`);
    }
    for (const path of ["/sessions/", `/sessions/key/${key}`, "/sessions/activity", "/devices/"]) {
      const { status } = await fetch(`${program.url}${path}?${query}`, { method, headers: { cookie } });
      assert.equal(status, 200, `${method} ${path}`);
    }
  }
  assert.equal((await program.sessions.list("ada")).length, count);
});

test("S38 a form from another origin, without a token or with another session's changes nothing", async () => {
  const key = await keyOf("ada");
  const token = await tokenOf(admin, "/sessions");
  const stranger = await tokenOf(await visit(program.url).logIn("mallory"), "/devices");
  const fields: Fields = { _csrf: token, confirmed: "yes", only: key, owner: "ada" };
  const { _csrf: _, ...withoutToken } = fields;
  const attempts: [string, Fields, Record<string, string>][] = [
    ["cross-site", fields, { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["same-site", fields, { "sec-fetch-site": "same-site", origin: "http://other.localhost" }],
    ["a foreign origin in an old browser", fields, { "sec-fetch-site": "", origin: "https://evil.example" }],
    ["a hidden origin", fields, { "sec-fetch-site": "", origin: "null" }],
    ["no token", withoutToken, {}],
    ["an empty token", { ...fields, _csrf: "" }, {}],
    ["another session's token", { ...fields, _csrf: stranger }, {}],
    ["a token cut short", { ...fields, _csrf: token.slice(0, -2) }, {}],
  ];
  for (const [name, body, headers] of attempts) {
    for (const path of ["/sessions/end", "/sessions/end-all", "/devices/end", "/devices/end-others"]) {
      const answer = await postWith(path, body, headers);
      assert.equal(answer.status, 403, `${name} to ${path}`);
    }
  }
  const json = await fetch(`${program.url}/sessions/end`, {
    method: "POST",
    body: JSON.stringify(fields),
    headers: { "content-type": "application/json", cookie: admin.cookie, origin: program.url },
  });
  assert.equal(json.status, 403);
  assert.ok(await program.sessions.inspect(key));
  const { status } = await admin.post("/sessions/end", fields);
  assert.equal(status, 303, "the same by the page's own form");
  assert.equal(await program.sessions.inspect(key), undefined);
});

/** An empty header is left out. */
function postWith(path: string, fields: Fields, headers: Record<string, string>): Promise<Response> {
  const all = { cookie: admin.cookie, origin: program.url, ...headers };
  const sent = Object.entries(all).filter(([, value]) => value !== "");
  return fetch(program.url + path, { method: "POST", body: bodyOf(fields), headers: sent, redirect: "manual" });
}

test("S38 a form that is too large is refused before it is read", async () => {
  const answer = await admin.post("/sessions/end", { _csrf: "x".repeat(100_000) });
  assert.equal(answer.status, 413);
});

test("S38 every page has a strict CSP, and nothing inline or of another host", async () => {
  const key = await keyOf("grace");
  const paths = ["/sessions", "/sessions/activity", `/sessions/key/${key}`, "/sessions/nothing", "/devices"];
  for (const path of paths) {
    const { headers, text } = await admin.get(path);
    assert.equal(
      headers.get("content-security-policy"),
      "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("referrer-policy"), "same-origin");
    assert.doesNotMatch(text, /<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i, path);
    assert.doesNotMatch(text, /(?:src|href|action|srcset)="(?:https?:)?\/\//, path);
  }
  const chart = await admin.get("/sessions/charts/active.svg");
  assert.match(chart.headers.get("content-type") ?? "", /^image\/svg\+xml/);
  assert.equal(
    chart.headers.get("content-security-policy"),
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  );
  assert.doesNotMatch(chart.text, /<script|<foreignObject|href="http|url\(http/i);
});

test("S38 values are shown only where the option says so, and escaped then", async (t) => {
  const value = '</pre><script>alert("value")</script>';
  const open = await startProgram({ console: { showValues: true, authorize: isAdmin }, store: program.store });
  t.after(() => open.close());
  const { key } = await sessionWith({ note: value, [`<img src=x onerror=alert(1)>`]: 1 });
  const hidden = (await admin.get(`/sessions/key/${key}`)).text;
  assert.match(hidden, /<bdi>note<\/bdi>/);
  assert.match(hidden, /<bdi>&lt;img src=x onerror=alert\(1\)&gt;<\/bdi>/);
  assert.doesNotMatch(hidden, /alert\(&quot;value|alert\("value/);
  const operator = await visit(open.url).logIn("admin");
  const { text } = await operator.get(`/sessions/key/${key}`);
  assert.match(text, /&lt;\/pre&gt;&lt;script&gt;alert\(&quot;value&quot;\)&lt;\/script&gt;/);
  assert.doesNotMatch(text, /<script>|<img src=x/);
});

async function sessionWith(data: Record<string, unknown>): Promise<{ key: string }> {
  const active = await program.sessions.open(undefined);
  active.session.update(data);
  await active.session.login("owner of values");
  const { key } = active.session;
  await active.finish(() => false);
  return { key };
}

test("S38 what visitors choose runs nowhere: owner, user agent, address, place, search", async () => {
  const evil = [
    `<script>alert(1)</script>`,
    `"><img src=x onerror=alert(1)>`,
    `' onfocus='alert(1)`,
    "</title><svg onload=alert(1)>",
  ];
  for (const text of evil) {
    const active = await program.sessions.open(undefined);
    await active.session.login(text, { userAgent: text, address: text, place: text });
    const { key } = active.session;
    await active.finish(() => false);
    const query = new URLSearchParams({ by: "owner", q: text, sort: text, after: text, ended: text });
    const queries = [`/sessions/?${query}`, `/sessions/?${new URLSearchParams({ by: "device", q: text })}`];
    const user = await visit(program.url).logIn(text, "evil", text);
    const pages = [
      await admin.get("/sessions"),
      await admin.get(`/sessions/key/${key}`),
      await admin.get(`/sessions/key/${encodeURIComponent(text)}`),
      ...(await Promise.all(queries.map((path) => admin.get(path)))),
      await user.get("/devices"),
      await user.get("/sessions"),
    ];
    for (const page of pages) {
      assert.doesNotMatch(page.text, /<script>|<img src=x|<svg|['"]\s+on\w+=/i);
    }
    assert.ok(pages[1]?.text.includes("<bdi>"), "it is shown as text");
  }
});

test("S27 no ID, cookie value or secret is in any page, header or chart", async () => {
  const user = await visit(program.url).logIn("ada", "Mozilla/5.0", "192.0.2.7");
  const key = await keyOf("ada");
  const cookies = [admin.cookie, user.cookie].map((cookie) => cookie.slice("session=".length));
  const secrets = [SECRET, ...cookies, ...cookies.flatMap((value) => value.split("."))];
  const paths = ["/sessions", "/sessions/?by=owner&q=ada", "/sessions/?by=device&q=mozilla", `/sessions/key/${key}`];
  for (const path of [...paths, "/sessions/activity", "/sessions/charts/traffic.svg", "/sessions/nothing"]) {
    const { text, headers } = await admin.get(path);
    assert.ok(text.length > 200);
    const all = text + JSON.stringify([...headers]);
    for (const secret of secrets) assert.equal(all.includes(secret), false, path);
  }
  const { text } = await user.get("/devices");
  for (const secret of secrets) assert.equal(text.includes(secret), false);
});
