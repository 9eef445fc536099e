// Error pages and handlers, as Flask answers them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HTTPException as HonoHTTPException } from "hono/http-exception";
import { createApp, muteErrors, serve, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import { abort, HTTPException, makeResponse, request, session } from "./index.ts";

const NOT_FOUND = `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`;

test("404 and 405 have Flask's pages, and 405 says what is allowed", async (t) => {
  const app = createApp();
  app.post("/form", function form() {
    return "";
  });
  const url = await serve(t, app);
  const missing = await fetch(`${url}/nope`);
  assert.deepEqual([missing.status, missing.headers.get("content-type")], [404, "text/html; charset=utf-8"]);
  assert.equal(await missing.text(), NOT_FOUND);
  const refused = await fetch(`${url}/form`);
  assert.deepEqual([refused.status, refused.headers.get("allow")], [405, "OPTIONS, POST"]);
  assert.match(await refused.text(), /<h1>Method Not Allowed<\/h1>\n<p>The method is not allowed/);
});

test("abort: standard text, own text escaped, and no number that is no error", async (t) => {
  muteErrors(t);
  const app = createApp();
  app.get("/<int:code>", function fail({ code }) {
    return abort(code, request.args.get("text"));
  });
  const visitor = visitorOf(app);
  const forbidden = await visitor.get("/403");
  assert.equal(forbidden.status, 403);
  assert.match(await forbidden.text(), /<title>403 Forbidden<\/title>\n<h1>Forbidden<\/h1>\n<p>You don&#39;t have/);
  const own = await visitor.get("/401?text=%3Cb%3Eno%0Ayes");
  assert.match(await own.text(), /<h1>Unauthorized<\/h1>\n<p>&lt;b&gt;no<br>yes<\/p>/);
  assert.equal((await visitor.get("/499")).status, 499);
  for (const code of [200, 302, 600]) assert.equal((await visitor.get(`/${code}`)).status, 500);
});

test("a mistake answers Flask's 500, is logged with its stack, and tells visitors nothing", async (t) => {
  const logged = muteErrors(t);
  const app = createApp();
  app.get("/", function boom() {
    throw new Error("the password is <swordfish>");
  });
  app.get("/odd", function odd() {
    throw "a text";
  });
  const visitor = visitorOf(app);
  const response = await visitor.get("/?a=1");
  assert.deepEqual([response.status, response.headers.get("cache-control")], [500, "no-store"]);
  const page = await response.text();
  assert.match(page, /<title>500 Internal Server Error<\/title>[\s\S]*unable to complete your request/);
  assert.doesNotMatch(page, /swordfish/);
  assert.deepEqual(logged, ["Exception on / [GET] the password is <swordfish>"]);
  assert.equal((await visitor.get("/odd")).status, 500);
});

test("under debug the page shows the mistake, escaped, and its cause", async (t) => {
  muteErrors(t);
  const app = createApp();
  app.config.DEBUG = true;
  app.get("/", function boom() {
    throw new TypeError("<script>", { cause: new Error("behind it") });
  });
  const page = await (await visitorOf(app).get("/")).text();
  assert.match(page, /<h1>TypeError: &lt;script&gt;<\/h1>[\s\S]*errors\.test\.ts[\s\S]*behind it/);
  assert.doesNotMatch(page, /<script>/);
});

test("TESTING hands mistakes to the test, and answers to the visitor", async () => {
  const app = createApp();
  app.config.TESTING = true;
  app.get("/", function boom() {
    throw new TypeError("for the test");
  });
  await assert.rejects(async () => app.request("/"), new TypeError("for the test"));
  assert.equal((await app.request("/nope")).status, 404);
});

test("handlers of a number and of a class answer with the error's status, unless they say another", async (t) => {
  muteErrors(t);
  class ShopError extends Error {}
  class StockError extends ShopError {}
  const app = createApp();
  app.get("/stock", function stock() {
    throw new StockError("sold out");
  });
  app.get("/boom", function boom() {
    throw new RangeError("boom");
  });
  app.get("/teapot", function teapot() {
    abort(418);
  });
  app.errorHandler(404, (error) => `${error.code} ${error.name}`);
  app.errorHandler(ShopError, (error) => [error.message, 409]);
  app.errorHandler(500, (error) => ({ cause: String(error.cause) }));
  app.errorHandler(HTTPException, async (error) => makeResponse(`any ${error.code}`, 200));
  const visitor = visitorOf(app);
  const ask = async (path: string): Promise<[number, string]> => {
    const response = await visitor.get(path);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask("/nope"), [404, "404 Not Found"]);
  assert.deepEqual(await ask("/stock"), [409, "sold out"]);
  assert.deepEqual(await ask("/boom"), [500, '{"cause":"RangeError: boom"}\n']);
  assert.deepEqual(await ask("/teapot"), [418, "any 418"]);
});

test("an error of a handler ends in the plain page", async (t) => {
  const logged = muteErrors(t);
  const app = createApp();
  app.errorHandler(404, () => {
    throw new Error("second");
  });
  const response = await app.request("/nope");
  assert.deepEqual([response.status, logged.length], [500, 1]);
  const late = createApp();
  late.get("/", function fine() {
    return "fine";
  });
  late.afterRequest(() => {
    throw new Error("after");
  });
  late.errorHandler(500, () => "handled");
  assert.equal((await late.request("/")).status, 500);
});

test("beforeRequest may answer instead, afterRequest sees every response, the last registered first", async () => {
  const app = createApp();
  let calls = 0;
  app.get("/", function view() {
    calls++;
    return "view";
  });
  app.beforeRequest(() => (request.args.get("stop") ? ["stopped", 403] : undefined));
  app.beforeRequest(async () => {
    if (request.args.get("abort")) abort(401);
  });
  app.afterRequest(({ headers }) => {
    headers.append("X-Seen", "1");
  });
  app.afterRequest(async (response) => {
    response.headers.append("X-Seen", "2");
    return response.statusCode === 404 ? makeResponse("replaced", 410) : response;
  });
  const visitor = visitorOf(app);
  for (const [path, status, text] of [
    ["/", 200, /^view$/],
    ["/?stop=1", 403, /^stopped$/],
    ["/?abort=1", 401, /Unauthorized/],
    ["/nope", 410, /^replaced$/],
  ] as const) {
    const response = await visitor.get(path);
    assert.equal(response.status, status);
    assert.match(await response.text(), text);
    assert.equal(response.headers.get("x-seen"), status === 410 ? "1" : "2, 1");
  }
  assert.equal(calls, 1);
});

test("errors of Hono's own middleware have pages too", async () => {
  const app = createApp();
  app.hono.use("/admin/*", async () => {
    throw new HonoHTTPException(403, { message: "staff only" });
  });
  app.hono.get("/raw", (c) => c.text(`raw ${String(c.get("session").username)}`));
  app.get("/admin/x", function admin() {
    return "";
  });
  app.get("/in", function enter() {
    session.username = "u";
    return "";
  });
  const visitor = visitorOf(app);
  const response = await visitor.get("/admin/x");
  assert.equal(response.status, 403);
  assert.match(await response.text(), /<h1>Forbidden<\/h1>\n<p>staff only<\/p>/);
  await visitor.get("/in");
  assert.equal(await (await visitor.get("/raw")).text(), "raw u");
});

test("views, endpoints and modules that can't be meant are refused at start", async () => {
  const app = createApp();
  const named = function index() {
    return "";
  };
  app.route("/", named);
  app.route("/again", named);
  assert.throws(() => app.route("/x", () => ""), /The view of "\/x" has no name for urlFor/);
  assert.throws(() => app.route("/y", { endpoint: "index" }, () => ""), /Two views are named "index"/);
  assert.throws(() => app.route("/z", "no function" as never), /got no view/);
  app.route("/ok", { endpoint: "ok" }, () => "ok");
  assert.equal(await (await app.request("/ok")).text(), "ok");
  assert.throws(() => app.route("/late", { endpoint: "late" }, () => ""), /came after the first request/);
  const { Flask } = await import("./index.ts");
  assert.throws(() => new Flask("app"), /Write new Flask\(import.meta.url\)/);
});
