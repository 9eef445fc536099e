import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { cookieHeaderOf } from "./light-request.ts";

/** What is to be done with a request before its cookie is asked for. */
const preparations: Readonly<Record<string, (request: Request) => Request>> = {
  untouched: (request) => request,
  read: (request) => {
    request.headers.get("host");
    return request;
  },
  changed: (request) => {
    request.headers.set("cookie", "other=1");
    return request;
  },
  copied: (request) => new Request(request, { headers: { cookie: "copy=1" } }),
};
/** Whether the request's `Headers` were made. */
let madeHeaders = false;
const app = new Hono();
app.get("/:preparation", (c) => {
  const request = preparations[c.req.param("preparation")]?.(c.req.raw) ?? c.req.raw;
  const cookie = cookieHeaderOf(request);
  madeHeaders = Object.getOwnPropertySymbols(request).some(({ description }) => description === "headersKey");
  return c.text(String(cookie ?? "none"));
});
const server = createServer(getRequestListener(app.fetch));
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => server.close());

async function ask(preparation: string, headers: Record<string, string>): Promise<string> {
  return (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/${preparation}`, { headers })).text();
}

test("the cookie is the request's own, whatever was done with the request before", async () => {
  for (const preparation of ["untouched", "read", "untouched"]) {
    assert.equal(await ask(preparation, { cookie: "session=a; x=1" }), "session=a; x=1");
    assert.equal(await ask(preparation, {}), "none");
  }
  assert.equal(await ask("changed", { cookie: "session=a" }), "other=1");
  assert.equal(await ask("copied", { cookie: "session=a" }), "copy=1");
});

test("a request of the present node-server needs no Headers for it, after the first", async () => {
  await ask("untouched", { cookie: "session=a" });
  await ask("untouched", { cookie: "session=a" });
  assert.equal(madeHeaders, false);
});

test("a request that node-server did not make is asked", () => {
  assert.equal(cookieHeaderOf(new Request("http://127.0.0.1/", { headers: { cookie: "session=a" } })), "session=a");
  assert.equal(cookieHeaderOf(new Request("http://127.0.0.1/")), null);
});
