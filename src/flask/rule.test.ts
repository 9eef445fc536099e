// Rules as Flask has them: what they match, in which order, and the URLs they make.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BuildError, createRouteTable, type RouteMatch } from "./routing.ts";

function table(...rules: string[]): ReturnType<typeof createRouteTable> {
  const routes = createRouteTable();
  for (const rule of rules) routes.add(rule, rule, ["GET"]);
  return routes;
}

function found(match: RouteMatch): [string, Record<string, unknown>] | string {
  return match.kind === "found" ? [match.route.rule, { ...match.params }] : match.kind;
}

test("variables are converted", () => {
  const routes = table("/i/<int:n>", "/f/<float:n>", "/s/<name>", "/t/<string:name>", "/u/<uuid:id>", "/p/<path:rest>");
  const uuid = "A987FBC9-4BED-4078-8F07-9141BA07C9F3";
  for (const [path, params] of [
    ["/i/007", { n: 7 }],
    ["/f/1.50", { n: 1.5 }],
    ["/s/a b", { name: "a b" }],
    ["/s/100%25", { name: "100%" }],
    ["/t/é", { name: "é" }],
    [`/u/${uuid}`, { id: uuid.toLowerCase() }],
    ["/p/a/b//c", { rest: "a/b//c" }],
  ] as const) {
    assert.deepEqual(found(routes.match("GET", path))[1], params, path);
  }
  for (const path of [
    "/i/x",
    "/i/-1",
    "/i/1.0",
    "/i/9007199254740993",
    "/f/1",
    "/s/",
    "/s",
    "/s/..%2Fsecret",
    "/u/1-2",
    "/p/",
    "/p",
  ]) {
    assert.equal(found(routes.match("GET", path)), "notFound", path);
  }
});

test("the more particular rule comes first, whatever the order of registration", () => {
  const routes = table(
    "/<path:all>",
    "/u/<name>",
    "/u/<int:id>",
    "/u/me",
    "/u/@<name>",
    "/<a>/<b>/edit",
    "/u/<path:p>/edit",
  );
  for (const [path, rule] of [
    ["/u/me", "/u/me"],
    ["/u/7", "/u/<int:id>"],
    ["/u/@bob", "/u/@<name>"],
    ["/u/bob", "/u/<name>"],
    ["/u/a/b/edit", "/u/<path:p>/edit"],
    ["/x/y/edit", "/<a>/<b>/edit"],
    ["/x/y/z", "/<path:all>"],
  ] as const) {
    assert.equal(found(routes.match("GET", path))[0], rule, path);
  }
});

test("several variables and fixed text share a part of a path", () => {
  const routes = table("/files/<name>.<ext>", "/a:b/*/<int:from>-<int:to>");
  assert.deepEqual(found(routes.match("GET", "/files/a.b.txt"))[1], { name: "a.b", ext: "txt" });
  assert.deepEqual(found(routes.match("GET", "/a:b/*/3-12"))[1], { from: 3, to: 12 });
  assert.equal(found(routes.match("GET", "/a:b/x/3-12")), "notFound");
  assert.equal(routes.build("/a:b/*/<int:from>-<int:to>", { from: 3, to: 12 }), "/a:b/*/3-12");
});

test("a rule with a slash at its end is found without, and not the other way round", () => {
  const routes = table("/dir/", "/page", "/<name>/x/");
  assert.deepEqual(routes.match("GET", "/dir"), { kind: "redirect", mergeSlashes: false, addSlash: true });
  assert.deepEqual(routes.match("GET", "/dir//"), { kind: "redirect", mergeSlashes: true, addSlash: false });
  assert.deepEqual(routes.match("GET", "//bob//x"), { kind: "redirect", mergeSlashes: true, addSlash: true });
  assert.equal(found(routes.match("GET", "/page/")), "notFound");
  assert.equal(found(routes.match("POST", "/dir")), "notFound");
});

test("methods: HEAD and OPTIONS come by themselves, others are not allowed", () => {
  const routes = createRouteTable();
  routes.add("/f", "get", ["get"]);
  routes.add("/f", "post", ["POST"]);
  routes.add("/o", "own", ["OPTIONS"]);
  assert.equal(found(routes.match("HEAD", "/f"))[0], "/f");
  assert.deepEqual(routes.match("DELETE", "/f"), {
    kind: "methodNotAllowed",
    methods: ["GET", "HEAD", "OPTIONS", "POST"],
  });
  assert.deepEqual(routes.match("OPTIONS", "/f"), { kind: "options", methods: ["GET", "HEAD", "OPTIONS", "POST"] });
  assert.equal(found(routes.match("OPTIONS", "/o"))[0], "/o");
});

test("rules that can't be meant are refused, with what to do", () => {
  for (const [rule, message] of [
    ["login", /does not begin with a slash. Write "\/login"/],
    ["/<what:x>", /<what:…>. The types are string, int, float, path, uuid/],
    ["/<int(min=1):x>", /that is no variable/],
    ["/<x", /that is no variable/],
    ["/<x>/<x>", /variable "x" twice/],
  ] as const) {
    assert.throws(() => table(rule), message, rule);
  }
  assert.throws(() => createRouteTable().add("/", "x", []), /"methods" must name HTTP methods/);
  assert.throws(() => createRouteTable().add("/", "x", ["GE T"]), /"methods" must name HTTP methods/);
  const used = table("/");
  used.match("GET", "/");
  assert.throws(() => used.add("/late", "late", ["GET"]), /came after the first request/);
});

test("URLs: variables go into the path, the rest into the query, encoded as they must be", () => {
  const routes = createRouteTable();
  routes.add("/u", "user", ["GET"]);
  routes.add("/u/<int:id>", "user", ["GET"]);
  routes.add("/s/<name>", "string", ["GET"]);
  routes.add("/p/<path:name>", "path", ["GET"]);
  routes.add("/ü b", "odd", ["GET"]);
  assert.equal(routes.build("user", {}), "/u");
  assert.equal(routes.build("user", { id: 3, q: "a b", r: [1, 2], none: null }), "/u/3?q=a+b&r=1&r=2");
  assert.equal(routes.build("string", { name: "a&b?#%@é" }), "/s/a&b%3F%23%25@%C3%A9");
  assert.equal(routes.build("string", { name: "\ud800" }), "/s/%EF%BF%BD");
  assert.equal(routes.build("path", { name: "a/b c" }), "/p/a/b%20c");
  assert.equal(routes.build("odd", {}), "/%C3%BC%20b");
  assert.throws(
    () => routes.build("nope", {}),
    new BuildError('No URL leads to "nope". The endpoints are user, string, path, odd.'),
  );
  assert.throws(() => routes.build("string", {}), /"string" needs a value of the right type for "name"/);
  assert.throws(() => routes.build("string", { name: "a/b" }), BuildError);
  for (const name of ["", "/etc"]) assert.throws(() => routes.build("path", { name }), BuildError);
});

test("names of Object.prototype are no variables", () => {
  const routes = table("/<constructor>", "/x/<toString>");
  assert.deepEqual(found(routes.match("GET", "/a"))[1], { constructor: "a" });
  assert.throws(() => routes.build("/<constructor>", {}), BuildError);
});
