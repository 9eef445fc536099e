// What views give, and what is sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp, muteErrors, serve, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import {
  abort,
  escape as escapeText,
  html,
  jsonify,
  Markup,
  makeResponse,
  redirect,
  request,
  urlFor,
  type ViewResult,
} from "./index.ts";

async function send(result: () => ViewResult | Promise<ViewResult>, path = "/"): Promise<Response> {
  const app = createApp();
  app.get(path, result);
  return visitorOf(app).get(path);
}

test("text and markup are pages", async () => {
  for (const page of ["<p>ü", html`<p>${"ü"}`]) {
    const response = await send(function view() {
      return page;
    });
    assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
    assert.equal(await response.text(), "<p>ü");
  }
});

test("plain objects and lists are JSON", async () => {
  const lists: ViewResult[] = [
    { a: 1 },
    [],
    [1, 404],
    [{ id: 1 }, { id: 2 }],
    ["a", "b"],
    ["a", 7],
    [["a", 404]],
    [null, 404],
  ];
  for (const value of lists) {
    const response = await send(function view() {
      return value;
    });
    assert.equal(response.headers.get("content-type"), "application/json");
    assert.equal(response.status, 200);
    assert.deepEqual(await response.json(), value);
  }
  const sure = await send(function view() {
    return jsonify(["a", 404]);
  });
  assert.deepEqual([sure.status, await sure.json()], [200, ["a", 404]]);
});

test("tuples carry a status, headers, or both", async () => {
  for (const [result, status, header, body] of [
    [["made", 201], 201, null, "made"],
    [["made", 201, { "X-A": "b" }], 201, "b", "made"],
    [["page", { "X-A": "b" }], 200, "b", "page"],
    [["page", [["X-A", "b"]]], 200, null, null],
    [[{ a: 1 }, 418], 418, null, '{"a":1}\n'],
    [[{ a: 1 }, new Headers({ "X-A": "b" })], 200, "b", '{"a":1}\n'],
    [[new Response("raw", { status: 202 }), { "X-A": "b" }], 202, "b", "raw"],
    [[makeResponse("x", 202), 203], 203, null, "x"],
    [["", 204], 204, null, ""],
  ] as const) {
    const response = await send(function view() {
      return result as ViewResult;
    });
    assert.equal(response.status, status);
    if (body === null) continue;
    assert.equal(response.headers.get("x-a"), header);
    assert.equal(await response.text(), body);
  }
});

test("a web response goes out as it is, one with locked headers too", async (t) => {
  const app = createApp();
  app.get("/", function view() {
    return Response.redirect("http://x.example/");
  });
  app.get("/stream", async function stream() {
    return new Response(new Blob(["streamed"]).stream(), { headers: { "Content-Type": "text/plain" } });
  });
  app.afterRequest((response) => {
    response.headers.set("X-After", "1");
  });
  const url = await serve(t, app);
  const away = await fetch(url, { redirect: "manual" });
  assert.deepEqual(
    [away.status, away.headers.get("location"), away.headers.get("x-after")],
    [302, "http://x.example/", "1"],
  );
  assert.equal(await (await fetch(`${url}/stream`)).text(), "streamed");
});

test("what is no response is an error that says so", async (t) => {
  const logged = muteErrors(t);
  class User {}
  for (const [result, message] of [
    [undefined, /"view" gave no response/],
    [null, /"view" gave no response/],
    [7, /gave 7, which is no response/],
    [new Map([["a", 1]]), /gave a Map, which is no response/],
    [new User(), /gave a User/],
    [new Uint8Array(2), /for bytes, new Response\(bytes\)/],
  ] as const) {
    const response = await send(function view() {
      return result as unknown as ViewResult;
    });
    assert.equal(response.status, 500);
    assert.match(logged.at(-1) ?? "", message);
  }
  const tooLow = await send(function view() {
    return makeResponse("x", 42);
  });
  assert.equal(tooLow.status, 500);
  assert.match(logged.at(-1) ?? "", /42 is no status/);
});

test("makeResponse: headers, status and cookies can still be changed", async () => {
  const response = await send(function view() {
    const made = makeResponse("x", 201, { "X-A": "b" });
    made.setCookie("theme", "dä rk;", { maxAge: 60, sameSite: "Lax", httpOnly: true });
    made.deleteCookie("old");
    made.headers.set("X-B", "c");
    made.statusCode = 202;
    return made;
  });
  assert.equal(response.status, 202);
  assert.deepEqual([response.headers.get("x-a"), response.headers.get("x-b")], ["b", "c"]);
  assert.deepEqual(response.headers.getSetCookie(), [
    'theme="d\\303\\244 rk\\073"; Max-Age=60; Path=/; HttpOnly; SameSite=Lax',
    "old=; Max-Age=0; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
  ]);
  assert.throws(() => makeResponse("x").setCookie("a b", "x"));
  assert.throws(() => makeResponse("x").setCookie("a", "x", { path: "/;Domain=evil" }));
});

test("redirect: the target can't break out of the header or the page", async () => {
  const hostile = '/x?a=<b>&c="\r\nSet-Cookie: x=1\u4e2d\ud800%20';
  const response = await send(function view() {
    return redirect(hostile, 303);
  });
  assert.equal(response.status, 303);
  assert.equal(response.headers.get("location"), "/x?a=%3Cb%3E&c=%22%0D%0ASet-Cookie:%20x=1%E4%B8%AD%EF%BF%BD%20");
  assert.deepEqual(response.headers.getSetCookie(), []);
  assert.match(await response.text(), /<a href="\/x\?a=&lt;b&gt;&amp;c=&#34;/);
  assert.throws(() => redirect("/", 200), /200 is no redirect/);
});

test("slash redirects keep the query and stay on this host", async (t) => {
  const app = createApp();
  app.get("/<name>/", function view() {
    return "here";
  });
  const url = await serve(t, app);
  for (const [path, location] of [
    ["/a?x=1&y=%2F?", "/a/?x=1&y=%2F?"],
    ["/a%20%22?q", "/a%20%22/?q"],
    ["/a//", "/a/"],
  ] as const) {
    const response = await fetch(url + path, { redirect: "manual" });
    assert.deepEqual([response.status, response.headers.get("location")], [308, location]);
  }
  for (const path of ["//evil.example", "///evil.example", "/\\evil.example", "//evil.example/"]) {
    const response = await app.request(new Request(`http://localhost${path}`));
    const location = response.headers.get("location") ?? "/";
    assert.equal(new URL(location, "http://localhost").host, "localhost", `${path} -> ${location}`);
  }
});

test("HEAD has the headers without the body, OPTIONS what is allowed", async (t) => {
  const app = createApp();
  app.route("/", { methods: ["GET", "POST"] }, function view() {
    return [`${request.method} body`, { "X-Method": request.method }];
  });
  const url = await serve(t, app);
  const head = await fetch(url, { method: "HEAD" });
  assert.deepEqual([head.status, head.headers.get("x-method"), await head.text()], [200, "HEAD", ""]);
  const options = await fetch(url, { method: "OPTIONS" });
  assert.deepEqual([options.status, options.headers.get("allow")], [200, "GET, HEAD, OPTIONS, POST"]);
  assert.equal(await options.text(), "");
});

test("files of static/ are served, and nothing else of the disk", async (t) => {
  const app = createApp();
  app.get("/", function index() {
    return urlFor("static", { filename: "css/site.css", v: 2 });
  });
  const url = await serve(t, app);
  assert.equal(await (await fetch(url)).text(), "/static/css/site.css?v=2");
  const file = await fetch(`${url}/static/css/site.css`);
  assert.deepEqual([file.status, file.headers.get("content-type")], [200, "text/css; charset=utf-8"]);
  assert.equal(await file.text(), "body {\n}\n");
  const paths = ["nope.css", "css", "../helpers.ts", "..%2fhelpers.ts", "%2e%2e/helpers.ts", "..%5chelpers.ts", "%00"];
  for (const path of paths) {
    const response = await app.request(new Request(`http://localhost/static/${path}`));
    assert.equal(response.status, 404, path);
  }
});

test("escape and html: values are escaped once, markup never again", () => {
  assert.equal(`${escapeText(`<a href="x">'&`)}`, "&lt;a href=&#34;x&#34;&gt;&#39;&amp;");
  assert.equal(`${escapeText(undefined)}${escapeText(null)}${escapeText(0)}${escapeText(false)}`, "0false");
  assert.equal(String(escapeText(escapeText("<"))), "&lt;");
  assert.equal(
    String(html`<p>${"<"}${html`<b>${">"}</b>`}${["<", html`<i>`]}${null}${undefined}${false}${7}</p>`),
    "<p>&lt;<b>&gt;</b>&lt;<i>7</p>",
  );
  assert.equal(JSON.stringify({ m: escapeText("<") }), '{"m":"&lt;"}');
  assert.ok(escapeText("x") instanceof Markup);
  assert.throws(() => html`${Promise.resolve("x")}`, /got a promise/);
});

test("urlFor: within a request, with an anchor, and from outside by the configured name", async () => {
  const app = createApp();
  app.get("/u/<int:id>", function user() {
    return [
      urlFor("user", { id: 3, q: "ü", _anchor: "a b" }),
      urlFor("user", { id: 3, _external: true }),
      urlFor("user", { id: 3, _scheme: "https" }),
    ];
  });
  const ask = async (): Promise<unknown> => (await app.request("/u/1", { headers: { Host: "evil.example" } })).json();
  assert.deepEqual(await ask(), ["/u/3?q=%C3%BC#a%20b", "http://localhost/u/3", "https://localhost/u/3"]);
  app.config.SERVER_NAME = "shop.example:8443";
  app.config.PREFERRED_URL_SCHEME = "https";
  assert.deepEqual(((await ask()) as string[])[1], "https://shop.example:8443/u/3");
});

test("abort with a response sends it", async () => {
  const response = await send(function view() {
    return abort(new Response("own", { status: 402, headers: { "X-A": "b" } }));
  });
  assert.deepEqual([response.status, response.headers.get("x-a"), await response.text()], [402, "b", "own"]);
});
