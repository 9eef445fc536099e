// What a view reads of a request: query, forms, files, JSON, cookies; with hostile names and sizes.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { createApp, serve, visitorOf } from "../../test/fixtures/flask/helpers.ts";
import { type Flask, request } from "./index.ts";

test("form fields are there when the view is called, urlencoded and multipart alike", async (t) => {
  const app = createApp();
  app.post("/", function echo() {
    const { form } = request;
    return { name: form.name ?? "", all: form.getAll("tag"), list: form.getlist("tag"), keys: Object.keys(form) };
  });
  const url = await serve(t, app);
  const urlencoded = new URLSearchParams([
    ["name", "ä&=+ %"],
    ["tag", "1"],
    ["tag", "2"],
  ]);
  const multipart = new FormData();
  for (const [name, value] of urlencoded) multipart.append(name, value);
  for (const body of [urlencoded, multipart]) {
    const response = await fetch(url, { method: "POST", body });
    assert.deepEqual(await response.json(), {
      name: "ä&=+ %",
      all: ["1", "2"],
      list: ["1", "2"],
      keys: ["name", "tag"],
    });
  }
});

test("a missing field ends the request with 400; get and in ask first", async () => {
  const app = createApp();
  app.post("/strict", function strict() {
    return `Hello ${request.form.username}`;
  });
  app.post("/lenient", function lenient() {
    return `${"username" in request.form} ${request.form.get("username", "nobody")} ${request.form.get("username")}`;
  });
  const visitor = visitorOf(app);
  const refused = await visitor.post("/strict", { other: "x" });
  assert.equal(refused.status, 400);
  assert.doesNotMatch(await refused.text(), /username/);
  assert.equal(await (await visitor.post("/lenient", {})).text(), "false nobody undefined");
  app.config.DEBUG = true;
  assert.match(await (await visitor.post("/strict", {})).text(), /<br>KeyError: &#39;username&#39;<\/p>/);
});

test("names that JavaScript has a meaning for are data, and no prototype is reached", async () => {
  const app = createApp();
  app.post("/", function hostile() {
    const { form } = request;
    const copy = Object.assign({}, form);
    return {
      get: form.get("get"),
      proto: form.get("__proto__"),
      isMethod: typeof form.get,
      constructor: form.constructor,
      toString: form.get("toString"),
      keys: Object.keys(form),
      copied: Object.getPrototypeOf(copy) === Object.prototype && Object.keys(copy),
      json: JSON.parse(JSON.stringify(form)),
      iterated: [...form].length,
    };
  });
  const names = ["get", "__proto__", "constructor", "toString", "then", "toJSON", "getAll"];
  const response = await visitorOf(app).post(
    "/",
    new URLSearchParams(names.map((name): [string, string] => [name, "x"])),
  );
  const plain = ["constructor", "toString", "then", "toJSON"];
  assert.deepEqual(await response.json(), {
    get: "x",
    proto: "x",
    isMethod: "function",
    constructor: "x",
    toString: "x",
    keys: plain,
    copied: plain,
    json: Object.fromEntries(plain.map((name) => [name, "x"])),
    iterated: names.length,
  });
});

test("a form can't be changed, and can be printed, awaited and returned", async () => {
  const app = createApp();
  app.post("/", async function view() {
    const form = await Promise.resolve(request.form);
    assert.throws(() => Object.assign(form, { a: "2" }), TypeError);
    assert.throws(() => Reflect.deleteProperty(form, "a"), TypeError);
    assert.equal(String(form), "[object Object]");
    return form;
  });
  assert.deepEqual(await (await visitorOf(app).post("/", { a: "1" })).json(), { a: "1" });
});

test("files of a multipart form are files, fields are text", async () => {
  const app = createApp();
  app.post("/", async function upload() {
    const file = request.files.photo;
    return [request.form.title, file?.name, await file?.text(), "photo" in request.form];
  });
  const form = new FormData();
  form.append("title", "t");
  form.append("photo", new File(["bytes"], "../a.png"));
  assert.deepEqual(await (await visitorOf(app).post("/", form)).json(), ["t", "../a.png", "bytes", false]);
});

test("too much is answered with 413, whatever kind of much, and the server goes on", async (t) => {
  const app = formSizes();
  app.config.MAX_CONTENT_LENGTH = 2_000;
  app.config.MAX_FORM_MEMORY_SIZE = 1_000;
  app.config.MAX_FORM_PARTS = 3;
  const url = await serve(t, app);
  const form = (entries: [string, string][]): FormData => {
    const data = new FormData();
    for (const [name, value] of entries) data.append(name, value);
    return data;
  };
  const post = async (body: NonNullable<RequestInit["body"]>): Promise<number> =>
    (await fetch(url, { method: "POST", body })).status;
  assert.equal(await post(new URLSearchParams({ a: "x".repeat(998) })), 200);
  assert.equal(await post(new URLSearchParams({ a: "x".repeat(999) })), 413);
  assert.equal(await post(form([["a", "x".repeat(1_000)]])), 200);
  assert.equal(await post(form([["a", "x".repeat(1_001)]])), 413);
  assert.equal(await post(form(["a", "b", "c", "d"].map((name) => [name, "x"]))), 413);
  assert.equal(await post("x".repeat(2_000)), 200);
  assert.equal(await post("x".repeat(2_001)), 413);
  assert.equal(await post("x".repeat(5_000_000)), 413);
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(500)) });
  const streamed = await fetch(url, { method: "POST", body: endless, duplex: "half" } as RequestInit);
  assert.equal(streamed.status, 413);
  assert.equal(await post("x"), 200);
});

test("the limits are Flask's without a setting: 500 kB a form, 1 MB a body", async () => {
  const visitor = visitorOf(formSizes());
  assert.equal((await visitor.post("/", { a: "x".repeat(499_998) })).status, 200);
  assert.equal((await visitor.post("/", { a: "x".repeat(500_000) })).status, 413);
  const send = async (size: number): Promise<number> =>
    (await visitor.get("/", { method: "POST", body: "x".repeat(size) })).status;
  assert.deepEqual([await send(1_000_000), await send(1_000_001)], [200, 413]);
});

function formSizes(): Flask {
  const app = createApp();
  app.post("/", function size() {
    return String(request.data.length);
  });
  return app;
}

test("a malformed multipart form answers 400", async () => {
  const visitor = visitorOf(formSizes());
  for (const [type, body] of [
    ["multipart/form-data", "x"],
    ["multipart/form-data; boundary=b", "--b\r\nno header"],
    ["multipart/form-data; boundary=b", ""],
    ["multipart/form-data; boundary=b", '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'],
  ] as const) {
    const response = await visitor.get("/", { method: "POST", body, headers: { "Content-Type": type } });
    assert.equal(response.status, 400, `${type} ${body}`);
  }
});

test("a body that breaks off calls no view, and the server goes on", async (t) => {
  let calls = 0;
  const app = createApp();
  app.post("/", function view() {
    return String(++calls);
  });
  const url = await serve(t, app);
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na=",
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(await (await fetch(url, { method: "POST", body: "x" })).text(), "1");
});

test("JSON: parsed, refused with 415 and 400, or asked for silently", async () => {
  const app = createApp();
  app.post("/json", function json() {
    return { got: request.json, isJson: request.isJson };
  });
  app.post("/silent", function silent() {
    return {
      got: request.getJson({ silent: true }) ?? null,
      forced: request.getJson({ force: true, silent: true }) ?? null,
    };
  });
  const visitor = visitorOf(app);
  const send = (path: string, body: string, type: string): Promise<Response> =>
    visitor.get(path, { method: "POST", body, headers: { "Content-Type": type } });
  const answer = await send("/json", '{"a":[1]}', "application/json; charset=utf-8");
  assert.deepEqual(await answer.json(), { got: { a: [1] }, isJson: true });
  assert.equal((await send("/json", "{}", "application/vnd.api+json")).status, 200);
  assert.equal((await send("/json", "{}", "text/plain")).status, 415);
  assert.equal((await send("/json", "{", "application/json")).status, 400);
  assert.deepEqual(await (await send("/silent", "[1]", "text/plain")).json(), { got: null, forced: [1] });
  assert.deepEqual(await (await send("/silent", "[", "application/json")).json(), { got: null, forced: null });
});

test("query, values, cookies, headers and where it came from", async (t) => {
  const app = createApp();
  app.route("/<name>", { methods: ["GET", "POST"] }, function show() {
    const { args, values, cookies, headers, method, path, fullPath, endpoint, viewArgs, isSecure, remoteAddr } =
      request;
    const all = values.getAll("a");
    return {
      a: args.a,
      all,
      theme: cookies.theme,
      ua: headers.get("user-agent"),
      method,
      path,
      fullPath,
      endpoint,
      viewArgs,
      isSecure,
      remoteAddr,
    };
  });
  const url = await serve(t, app);
  const response = await fetch(`${url}/%C3%BC%20x?a=1&a=2`, {
    method: "POST",
    body: new URLSearchParams({ a: "3" }),
    headers: {
      Cookie: 'theme="d k\\054"; __proto__=x',
      "User-Agent": "test",
      "X-Forwarded-Proto": "https",
      "X-Forwarded-For": "9.9.9.9",
    },
  });
  assert.deepEqual(await response.json(), {
    a: "1",
    all: ["1", "2", "3"],
    theme: "d k,",
    ua: "test",
    method: "POST",
    path: "/ü x",
    fullPath: "/%C3%BC%20x?a=1&a=2",
    endpoint: "show",
    viewArgs: { name: "ü x" },
    isSecure: false,
    remoteAddr: "127.0.0.1",
  });
});

test("the language that a browser wants most", async () => {
  const app = createApp();
  app.get("/", function language() {
    return request.acceptLanguages.bestMatch(["en", "zh"]);
  });
  for (const [header, language] of [
    [undefined, "en"],
    ["", "en"],
    ["zh", "zh"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["ZH-hans-CN", "zh"],
    ["en-US,en;q=0.9,zh;q=0.8", "en"],
    ["en;q=0.1,zh;q=0.2", "zh"],
    ["fr, zh;q=0.5", "zh"],
    ["fr", "en"],
    ["*", "en"],
    ["en;q=0, *", "zh"],
    ["zh;q=0", "en"],
    ["zha", "en"],
    [";;;,=,q=zh", "en"],
    [`${"zh;q=0.1,".repeat(1_000)}en`, "en"],
  ] as const) {
    const response = await app.request("/", header === undefined ? {} : { headers: { "Accept-Language": header } });
    assert.equal(await response.text(), language, header);
  }
});
