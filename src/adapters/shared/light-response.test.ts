import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { session } from "../hono/index.ts";
import { lightResponseWithVary } from "./light-response.ts";

/** What outer middleware sees of the responses of an app whose handlers read the session. */
const seen: (string | null)[] = [];
const app = new Hono<{ Variables: { session: object } }>();
app.use(async (c, next) => {
  await next();
  seen.push(c.res.headers.get("Vary"));
});
app.use(session(createTestManager().sessions));
app.use(async (c, next) => {
  Object.keys(c.get("session"));
  await next();
});
app.get("/text", (c) => c.text("text"));
app.get("/json", (c) => c.json({}));
app.get("/html", (c) => c.html("<p>", 201));
app.get("/own", (c) => c.text("text", 200, { vary: "Accept-Language" }));
app.get("/all", (c) => c.text("text", 200, { vary: "*" }));
app.get("/headers", (c) => {
  c.header("Vary", "Accept");
  return c.text("text");
});
app.get("/bytes", (c) => c.body(new Uint8Array([1, 2, 3])));
app.get("/stream", () => new Response(new Blob(["text"]).stream(), { headers: { Vary: "Origin" } }));
app.get("/redirect", () => Response.redirect("http://127.0.0.1/text"));

const server = createServer(getRequestListener(app.fetch));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());

const cases: [path: string, status: number, type: string | null, vary: string][] = [
  ["/text", 200, "text/plain; charset=UTF-8", "Cookie"],
  ["/json", 200, "application/json", "Cookie"],
  ["/html", 201, "text/html; charset=UTF-8", "Cookie"],
  ["/own", 200, "text/plain; charset=UTF-8", "Accept-Language, Cookie"],
  ["/all", 200, "text/plain; charset=UTF-8", "*"],
  ["/headers", 200, "text/plain; charset=UTF-8", "Accept, Cookie"],
  ["/bytes", 200, null, "Cookie"],
  ["/stream", 200, null, "Origin, Cookie"],
  ["/redirect", 302, null, "Cookie"],
];
for (const [path, status, type, vary] of cases) {
  test(`S30 ${path} says ${vary}, to outer middleware and to the browser, and all else is as it was`, async () => {
    seen.length = 0;
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, {
      redirect: "manual",
    });
    assert.deepEqual([response.status, response.headers.get("vary")], [status, vary]);
    if (type !== null) assert.equal(response.headers.get("content-type"), type);
    assert.deepEqual(seen, [vary]);
  });
}

test("what Hono makes of text stays light with the present node-server, and other responses are left alone", () => {
  // node-server has put its own Response in the global's place by now.
  const isKept = (response: Response | undefined): boolean =>
    Object.getOwnPropertySymbols(response ?? {}).some(({ description }) => description === "cache");
  assert(isKept(lightResponseWithVary(new Response("text"))));
  assert(isKept(lightResponseWithVary(new Response("{}", { headers: { "Content-Type": "application/json" } }))));
  assert.equal(lightResponseWithVary(new Response("text", { headers: new Headers() })), undefined);
  assert.equal(lightResponseWithVary(new Response(new Uint8Array(1))), undefined);
  assert.equal(lightResponseWithVary(Response.redirect("http://127.0.0.1/")), undefined);
});
