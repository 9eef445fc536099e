// The session of a view: a dictionary, kept before the response goes out, under Flask's settings.
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { createApp, muteErrors, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import { memoryStore, SecretError, StoreUnavailableError } from "../index.ts";
import { Flask, flash, getFlashedMessages, request, type SessionValue, session, urlFor } from "./index.ts";

test("it is a dictionary: in, delete, keys, spread, JSON, and Flask's methods", async () => {
  const app = createApp();
  app.get("/", function view() {
    session.username = "admin";
    session["cart"] = ["a"];
    session.setDefault("theme", "dark");
    session.update({ a: 1, b: 2 });
    delete session.a;
    return {
      in: ["username" in session, "a" in session, "get" in session, "toString" in session],
      keys: Object.keys(session),
      spread: { ...session },
      json: JSON.parse(JSON.stringify(session)),
      popped: [session.pop("b"), session.pop("b", null), session.get("x", "fallback")],
      prototype: Object.getPrototypeOf(session) === Object.prototype,
      text: String(session),
    };
  });
  const data = { username: "admin", cart: ["a"], theme: "dark", b: 2 };
  assert.deepEqual(await (await visitorOf(app).get("/")).json(), {
    in: [true, false, false, false],
    keys: Object.keys(data),
    spread: data,
    json: data,
    popped: [2, null, "fallback"],
    prototype: true,
    text: "[object Object]",
  });
});

test("reserved names and what can't be stored are refused where they are written", async (t) => {
  const logged = muteErrors(t);
  const app = createApp();
  app.get("/<what>", function view({ what }) {
    if (what === "control") Reflect.set(session, "login", "x");
    if (what === "function") session.x = (() => 1) as never;
    if (what === "define") Object.defineProperty(session, "x", { value: 1 });
    return "";
  });
  for (const what of ["control", "function", "define"]) {
    assert.equal((await app.request(`/${what}`)).status, 500);
    assert.match(logged.at(-1) ?? "", /session[.[]/);
  }
});

test("it is the same below the view, however deep and however late", async () => {
  const app = createApp();
  const remember = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    session.name = request.args.get("name", "");
  };
  app.get("/", async function view() {
    await remember();
    await Promise.all([Promise.resolve(), new Promise(setImmediate)]);
    return `${session.name}`;
  });
  const names = Array.from({ length: 50 }, (_, index) => `n${index}`);
  const visitors = names.map(() => visitorOf(app));
  const texts = await Promise.all(names.map(async (name, i) => (await visitors[i]!.get(`/?name=${name}`)).text()));
  assert.deepEqual(texts, names);
});

test("outside of a request every name says so, and can be printed", () => {
  for (const use of [
    () => session.username,
    () => "username" in session,
    () => Object.keys(session),
    () => {
      session.username = "x";
    },
    () => request.method,
    () => urlFor("index"),
    () => getFlashedMessages(),
    () => flash("x"),
  ]) {
    assert.throws(use, /^Error: Working outside of request context: .*Use it in a view/);
  }
  assert.equal(inspect(session), "<session outside of a request>");
  assert.equal(inspect(request), "<request outside of a request>");
});

test("a view that leaves the session alone sets no cookie, says no Vary, stores nothing", async () => {
  const store = memoryStore();
  const app = createApp();
  app.config.SESSION_STORE = store;
  app.get("/", function index() {
    return "";
  });
  app.get("/read", function read() {
    return String("username" in session);
  });
  const quiet = await app.request("/");
  assert.deepEqual([quiet.headers.get("vary"), quiet.headers.getSetCookie(), store.size], [null, [], 0]);
  const read = await app.request("/read");
  assert.deepEqual([read.headers.get("vary"), read.headers.getSetCookie(), store.size], ["Cookie", [], 0]);
});

test("what was written is stored under error pages too, before they go out", async (t) => {
  muteErrors(t);
  const app = createApp();
  app.get("/", function view() {
    session.visits = Number(session.visits ?? 0) + 1;
    if (request.args.get("fail")) throw new Error("after the write");
    return String(session.visits);
  });
  const visitor = visitorOf(app);
  const failed = await visitor.get("/?fail=1");
  assert.equal(failed.status, 500);
  assert.equal(failed.headers.getSetCookie().length, 1);
  assert.equal(await (await visitor.get("/")).text(), "2");
});

test("a store that is out answers 503 with nothing of the view's answer, and keeps the cookie", async () => {
  const store = memoryStore();
  const app = createApp();
  app.config.SESSION_STORE = store;
  app.get("/", function view() {
    session.username = "x";
    return ["", 302, { Location: "/in", "Set-Cookie": "view=1" }];
  });
  app.get("/quiet", function quiet() {
    return "quiet";
  });
  const visitor = visitorOf(app);
  await visitor.get("/");
  store.close();
  const stranger = await app.request("/");
  assert.deepEqual([stranger.status, stranger.headers.get("retry-after")], [503, "1"]);
  assert.deepEqual([stranger.headers.get("location"), stranger.headers.getSetCookie()], [null, []]);
  assert.match(await stranger.text(), /<h1>Service Unavailable<\/h1>/);
  assert.equal((await visitor.get("/")).status, 503);
  assert.equal((await app.request("/quiet")).status, 200);
});

test("an error handler of the app's answers an outage", async () => {
  const store = memoryStore();
  const app = createApp();
  app.config.SESSION_STORE = store;
  app.get("/", function view() {
    session.username = "x";
    return "";
  });
  app.errorHandler(StoreUnavailableError, (error) => `later: ${error.code}`);
  app.request("/");
  store.close();
  const response = await app.request("/");
  assert.deepEqual([response.status, await response.text()], [503, "later: STORE_UNAVAILABLE"]);
});

test("login gives a new ID, logout ends the session in the store", async () => {
  const app = createApp();
  app.get("/visit", function visit() {
    session.cart = 1;
    return "";
  });
  app.get("/login", async function login() {
    await session.login("u1");
    return "";
  });
  app.get("/logout", async function logout() {
    await session.logout();
    return "";
  });
  app.get("/", function index() {
    return `${session.owner} ${session.cart}`;
  });
  const visitor = visitorOf(app);
  await visitor.get("/visit");
  const before = visitor.cookies.get("session");
  await visitor.get("/login");
  const after = visitor.cookies.get("session");
  assert.notEqual(before, after);
  const replay = async (cookie: string | undefined): Promise<string> =>
    (await app.request("/", { headers: { Cookie: `session=${cookie}` } })).text();
  assert.equal(await replay(after), "u1 1");
  assert.equal(await replay(before), "undefined undefined");
  assert.equal((await app.sessions.list("u1")).length, 1);
  await visitor.get("/logout");
  assert.equal(visitor.cookies.size, 0);
  assert.equal(await replay(after), "undefined undefined");
});

test("flashed messages are there for the next page, again and again within it, and then gone", async () => {
  const app = createApp();
  app.get("/flash", function leave() {
    flash("saved");
    flash("late", "warning");
    return "";
  });
  app.get("/", function show() {
    const all: [string, SessionValue][] = getFlashedMessages({ withCategories: true });
    return { all, again: getFlashedMessages(), warnings: getFlashedMessages({ categoryFilter: ["warning"] }) };
  });
  const visitor = visitorOf(app);
  await visitor.get("/flash");
  assert.deepEqual(await (await visitor.get("/")).json(), {
    all: [
      ["message", "saved"],
      ["warning", "late"],
    ],
    again: ["saved", "late"],
    warnings: ["late"],
  });
  assert.deepEqual(await (await visitor.get("/")).json(), { all: [], again: [], warnings: [] });
});

test("without a secret the session is empty to read, and a write is an error that says how to make one", async (t) => {
  const logged = muteErrors(t);
  const app = new Flask(import.meta.url);
  app.get("/", function plain() {
    return "fine";
  });
  app.get("/read", function read() {
    const shown = [Object.keys(session), session.isNew, session.permanent, session.owner, session.takeFlashes()];
    return { shown, text: inspect(session), in: "username" in session, got: session.get("username", "nobody") };
  });
  const writes: Record<string, () => unknown> = {
    set: () => Reflect.set(session, "username", "x"),
    delete: () => delete session.username,
    pop: () => session.pop("username", null),
    flash: () => flash("x"),
    login: () => session.login("ada"),
    logout: () => session.logout(),
    csrfToken: () => session.csrfToken,
    transaction: () => session.transaction(() => {}),
  };
  app.get("/write/<how>", async function write({ how }) {
    await writes[how]?.();
    return "";
  });
  assert.equal(await (await app.request("/")).text(), "fine");
  const read = await app.request("/read");
  assert.deepEqual(await read.json(), {
    shown: [[], true, false, null, []],
    text: "{}",
    in: false,
    got: "nobody",
  });
  assert.deepEqual([read.headers.get("vary"), read.headers.getSetCookie()], [null, []]);
  for (const how of Object.keys(writes)) assert.equal((await app.request(`/write/${how}`)).status, 500);
  assert.equal(logged.length, Object.keys(writes).length);
  for (const line of logged)
    assert.match(line, /no secret key was set: app.secretKey is empty. Make a secret with `npx coatcheck secret`/);
  assert.throws(() => app.sessions, SecretError);
});

test("a secret for development is made where NODE_ENV says so and the store can keep it, and nowhere else", async (t) => {
  muteErrors(t);
  const folder = await mkdtemp(path.join(tmpdir(), "coatcheck-flask-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const before = process.env["NODE_ENV"];
  t.after(() => {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  });
  const write = async (environment: string, config: Flask["config"]): Promise<number> => {
    process.env["NODE_ENV"] = environment;
    const app = new Flask(import.meta.url);
    t.after(() => app.close());
    Object.assign(app.config, config);
    app.get("/", function view() {
      session.username = "x";
      return "";
    });
    app.get("/read", function read() {
      return String("username" in session);
    });
    assert.equal(await (await app.request("/read")).text(), "false");
    return (await app.request("/")).status;
  };
  assert.equal(await write("development", { SESSION_PATH: folder }), 200);
  assert.equal(await write("production", { SESSION_PATH: folder }), 500);
  assert.equal(await write("development", { SESSION_STORE: memoryStore() }), 500);
});
