// app.testClient(): a visitor with cookies, and session_transaction.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp, muteErrors } from "../../test/fixtures/flask/helpers.ts";
import { flaskCookieStore } from "../flask-cookie/index.ts";
import { StoreUnavailableError } from "../index.ts";
import { Flask, makeResponse, redirect, request, SecretError, session } from "./index.ts";

function loginApp(config: Flask["config"] = {}): Flask {
  const app = createApp();
  Object.assign(app.config, config);
  app.get("/", function index() {
    return `${session.username ?? "nobody"} ${session.visits ?? 0}`;
  });
  app.route("/login", { methods: ["GET", "POST"] }, function login() {
    session.username = request.form.get("username", "");
    return redirect("/");
  });
  app.get("/logout", async function logout() {
    await session.logout();
    return "";
  });
  app.route("/echo", { methods: ["GET", "POST", "PUT", "PATCH", "DELETE"] }, function echo() {
    const { method, args, data } = request;
    return { method, page: args.get("page", ""), json: request.getJson({ silent: true }) ?? null, size: data.length };
  });
  return app;
}

test("a client keeps the session from one request to the next, and each client is another visitor", async () => {
  const app = loginApp();
  const [ada, grace] = [app.testClient(), app.testClient()];
  const answer = await ada.post("/login", { data: { username: "ada" } });
  assert.deepEqual([answer.status, answer.headers.get("location")], [302, "/"]);
  await grace.post("/login", { data: new URLSearchParams({ username: "grace" }) });
  assert.equal(await (await ada.get("/")).text(), "ada 0");
  assert.equal(await (await grace.get("/")).text(), "grace 0");
  assert.equal(ada.getCookie("session")?.httpOnly, true);
  await ada.get("/logout");
  assert.equal(ada.getCookie("session"), undefined);
  assert.equal(await (await ada.get("/")).text(), "nobody 0");
});

test("a client sends every method, queries, forms and JSON, and follows redirects when it is told to", async () => {
  const client = loginApp().testClient();
  const ask = async (answer: Promise<Response>): Promise<unknown> => (await answer).json();
  assert.deepEqual(await ask(client.get("/echo?page=1")), { method: "GET", page: "1", json: null, size: 0 });
  assert.deepEqual(await ask(client.open("/echo", { method: "PUT", query: { page: "a&b" }, data: "body" })), {
    method: "PUT",
    page: "a&b",
    json: null,
    size: 4,
  });
  assert.deepEqual(await ask(client.post("/echo", { json: { a: 1 } })), {
    method: "POST",
    page: "",
    json: { a: 1 },
    size: 7,
  });
  for (const method of ["put", "patch", "delete"] as const) {
    assert.equal(Reflect.get(Object(await ask(client[method]("/echo"))), "method"), method.toUpperCase());
  }
  assert.equal((await client.head("/echo")).status, 200);
  const followed = await client.post("/login", { data: { username: "ada" }, followRedirects: true });
  assert.deepEqual([followed.status, await followed.text()], [200, "ada 0"]);
});

test("redirects that repeat the request, lead round in circles or away are told apart", async () => {
  const app = createApp();
  app.post("/again", function again() {
    return redirect("/echo", 307);
  });
  app.post("/echo", function echo() {
    return String(request.form.a);
  });
  app.get("/circle", function circle() {
    return redirect("/circle");
  });
  app.get("/away", function away() {
    return redirect("https://elsewhere.example/");
  });
  const client = app.testClient();
  assert.equal(await (await client.post("/again", { data: { a: "1" }, followRedirects: true })).text(), "1");
  await assert.rejects(client.get("/circle", { followRedirects: true }), /circle/);
  await assert.rejects(client.get("/away", { followRedirects: true }), /https:\/\/elsewhere.example, which is not/);
  assert.equal((await client.get("/away")).status, 302);
});

test("cookies go where their domain and path send them, the session's under SERVER_NAME and APPLICATION_ROOT too", async () => {
  const config = { SERVER_NAME: "shop.example.com", SESSION_COOKIE_DOMAIN: "example.com", APPLICATION_ROOT: "/app" };
  const client = loginApp(config).testClient();
  await client.post("/login", { data: { username: "ada" } });
  assert.deepEqual([client.getCookie("session")?.domain, client.getCookie("session")?.path], ["example.com", "/app"]);
  assert.equal(await (await client.get("/")).text(), "ada 0");

  const app = createApp();
  app.get("/<path:rest>", function set() {
    const response = makeResponse(request.headers.get("cookie") ?? "");
    if (request.path === "/a/set") {
      response.setCookie("deep", "1", { path: "/a/b" });
      response.setCookie("other", "1", { domain: "other.example" });
      response.setCookie("here", "a%20b");
    }
    return response;
  });
  const other = app.testClient();
  other.setCookie("mine", "2");
  assert.equal(await (await other.get("/a/set")).text(), "mine=2");
  assert.equal(await (await other.get("/a/b/c")).text(), "deep=1; mine=2; here=a%20b");
  assert.equal(await (await other.get("/a/bc")).text(), "mine=2; here=a%20b");
  assert.equal(await (await other.get("/x", { headers: { Cookie: "own=1" } })).text(), "own=1");
});

test("session_transaction changes what the next view finds, on a store of the server and in Flask's cookie", async () => {
  for (const config of [{}, { SESSION_STORE: flaskCookieStore({ secret: "the key of both apps" }) }]) {
    const client = loginApp(config).testClient();
    await client.sessionTransaction((one) => {
      one.username = "ada";
      one.visits = 1;
    });
    assert.equal(await (await client.get("/")).text(), "ada 1");
    await client.sessionTransaction(async (one) => {
      await Promise.resolve();
      one.visits = Number(one.visits) + 1;
    });
    assert.equal(await (await client.get("/")).text(), "ada 2");
    const cookie = client.getCookie("session");
    await client.sessionTransaction((one) => assert.equal(one.username, "ada"));
    assert.equal(client.getCookie("session"), cookie);
    await client.sessionTransaction((one) => one.clear());
    assert.equal(client.getCookie("session"), undefined);
    assert.equal(await (await client.get("/")).text(), "nobody 0");
  }
});

test("session_transaction stores nothing when its function throws, and needs a secret", async () => {
  const client = loginApp().testClient();
  const failed = client.sessionTransaction((one) => {
    one.username = "ada";
    throw new Error("changed my mind");
  });
  await assert.rejects(failed, /changed my mind/);
  assert.equal(await (await client.get("/")).text(), "nobody 0");
  await assert.rejects(
    new Flask(import.meta.url).testClient().sessionTransaction(() => {}),
    SecretError,
  );
});

test("under TESTING a client's request rejects with the view's mistake; an outage is an answer", async (t) => {
  muteErrors(t);
  const app = createApp();
  app.config.TESTING = true;
  app.get("/", function fail() {
    throw new RangeError("a mistake");
  });
  app.get("/out", function out() {
    throw new StoreUnavailableError("memory", "load", new Error("out"));
  });
  await assert.rejects(app.testClient().get("/"), RangeError);
  assert.equal((await app.testClient().get("/out")).status, 503);
});
