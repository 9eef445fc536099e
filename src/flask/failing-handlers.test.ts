// Handlers of errors: which one answers, and what a visitor gets when one fails itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createApp, muteErrors } from "../../test/fixtures/flask/helpers.ts";
import { abort, BadRequestKeyError, HTTPException, request, SessionOptionError } from "./index.ts";

test("a handler that fails is answered by that of 500, and by the plain page where that fails too", async (t) => {
  const logged = muteErrors(t);
  const app = createApp();
  app.errorHandler(404, () => {
    throw new Error("no page for it");
  });
  app.errorHandler(500, (error) => `sorry: ${(error.cause as Error).message}`);
  const response = await app.request("/nowhere");
  assert.deepEqual([response.status, await response.text()], [500, "sorry: no page for it"]);
  assert.equal(logged.length, 1);

  const worse = createApp();
  worse.errorHandler(404, () => abort(418));
  worse.errorHandler(500, () => {
    throw new Error("nor for that");
  });
  const plain = await worse.request("/nowhere");
  assert.equal(plain.status, 500);
  assert.match(await plain.text(), /Internal Server Error/);
});

test("afterRequest that fails makes an answer a 500, and leaves the page of an error as it is", async (t) => {
  muteErrors(t);
  const app = createApp();
  app.get("/", function index() {
    return "fine";
  });
  app.afterRequest(() => {
    throw new Error("after");
  });
  app.errorHandler(500, () => "our 500");
  app.errorHandler(404, () => "our 404");
  assert.deepEqual(await pageOf(app, "/"), [500, "our 500"]);
  assert.deepEqual(await pageOf(app, "/nowhere"), [404, "our 404"]);
});

async function pageOf(app: ReturnType<typeof createApp>, path: string): Promise<[number, string]> {
  const response = await app.request(path);
  return [response.status, await response.text()];
}

test("the handler of a particular error goes before that of its number, and that before the one of all", async () => {
  class Teapot extends HTTPException {}
  const app = createApp();
  app.get("/form", function form() {
    return request.args["missing"] ?? "";
  });
  app.get("/bad", function bad() {
    abort(400);
  });
  app.get("/tea", function tea() {
    throw new Teapot(418);
  });
  app.get("/gone", function gone() {
    abort(410);
  });
  app.errorHandler(HTTPException, (error) => `any ${error.code}`);
  app.errorHandler(400, () => "number");
  app.errorHandler(418, () => "number");
  app.errorHandler(BadRequestKeyError, (error) => `key ${error.key}`);
  app.errorHandler(Teapot, () => "teapot");
  assert.deepEqual(await pageOf(app, "/form"), [400, "key missing"]);
  assert.deepEqual(await pageOf(app, "/bad"), [400, "number"]);
  assert.deepEqual(await pageOf(app, "/tea"), [418, "teapot"]);
  assert.deepEqual(await pageOf(app, "/gone"), [410, "any 410"]);
});

test("an option that no rule has is refused by name", () => {
  const app = createApp();
  const options = { methods: ["GET"], defaults: { page: 1 } };
  assert.throws(
    () =>
      app.route("/x", options, function x() {
        return "";
      }),
    (error) => error instanceof SessionOptionError && /defaults/.test(error.message),
  );
});
