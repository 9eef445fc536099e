// CSRF protection of every adapter, asked over real HTTP (SECURITY-BAR S36).
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Client, ClientResponse } from "../fixtures/browser-client.ts";
import { adapters } from "./adapters.ts";
import type { Adapter, Handler, ServeOptions } from "./app.ts";
import { Http2Client } from "./http2-client.ts";
import { nextRoute } from "./servers/next.ts";
import { prepare, TLS } from "./start-app.ts";

for (const adapter of [...adapters, nextRoute]) describe(`csrf: ${adapter.name}`, () => suite(adapter));

const FORM = { "content-type": "application/x-www-form-urlencoded" };

type Headers = Readonly<Record<string, string>>;

function suite(adapter: Adapter): void {
  const start = prepare(adapter);

  /** An app whose paths are its sessions' doings, and which of them were done. */
  async function serve(csrf: ServeOptions["csrf"] = {}, serving: ServeOptions = {}) {
    const ran: string[] = [];
    const handler: Handler = async (path, session) => {
      ran.push(path);
      if (path === "/token") return { body: session.csrfToken };
      if (path === "/login") await session.login("ada");
      if (path === "/set") session["a"] = "changed";
      return { body: JSON.stringify(session) };
    };
    const ground = await start({}, { ...serving, csrf }, handler);
    return { ...ground, ran };
  }

  function post(client: Client, headers: Headers, form?: Record<string, string>, path = "/set") {
    const body = form && new URLSearchParams(form).toString();
    return client.request(path, { method: "POST", headers: { ...(form ? FORM : {}), ...headers }, body });
  }

  /** The handler did not run, and the session is what it was. */
  async function assertRefused(response: ClientResponse, { client, ran }: Awaited<ReturnType<typeof serve>>) {
    assert.deepEqual([response.status, response.setCookies], [403, []]);
    await response.text();
    assert(!ran.includes("/set"), "the handler ran");
    assert.equal(await client.get("/all"), "{}");
  }

  test("S36 a form of another site is refused, with the visitor's cookie, with and without the right token", async () => {
    const ground = await serve();
    const token = await ground.client.get("/token");
    for (const form of [{ a: "1" }, { a: "1", _csrf: token }]) {
      for (const site of ["cross-site", "same-site"]) {
        const headers = { "sec-fetch-site": site, origin: "https://evil.example" };
        await assertRefused(await post(ground.client, headers, form), ground);
      }
      await assertRefused(await post(ground.client, { origin: "https://evil.example" }, form), ground);
      await assertRefused(await post(ground.client, { origin: "null" }, form), ground);
    }
  });

  test("S36 a missing, wrong or empty token is refused, and that of another session, from a page of this site too", async () => {
    const ground = await serve();
    await ground.client.get("/token");
    const foreign = await (await serve()).client.get("/token");
    const headers = { "sec-fetch-site": "same-origin", origin: ground.url };
    await assertRefused(await post(ground.client, headers), ground);
    await assertRefused(await post(ground.client, headers, { a: "1" }), ground);
    for (const token of ["", "wrong", foreign]) {
      await assertRefused(await post(ground.client, headers, { _csrf: token }), ground);
      await assertRefused(await post(ground.client, { ...headers, "x-csrf-token": token }), ground);
    }
  });

  test("S36 a visitor without a session is refused, and is given none", async () => {
    const { client, calls, ran } = await serve();
    const response = await post(client, {}, { _csrf: "x".repeat(43) });
    assert.deepEqual([response.status, response.setCookies, ran, calls], [403, [], [], {}]);
  });

  test("S36 the right token passes by the header, and by the form's field", async () => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      const { client, ran } = await serve();
      const token = await client.get("/token");
      const byHeader = await client.request("/set", { method, headers: { "x-csrf-token": token } });
      assert.deepEqual([byHeader.status, await byHeader.text()], [200, '{"a":"changed"}']);
      assert.deepEqual(ran, ["/token", "/set"]);
    }
    const { client } = await serve();
    const token = await client.get("/token");
    const byForm = await post(client, {}, { _csrf: token });
    assert.deepEqual([byForm.status, await byForm.text()], [200, '{"a":"changed"}']);
    const json = { "content-type": "application/json", "x-csrf-token": token };
    const byFetch = await client.request("/set", { method: "POST", headers: json, body: '{"a":1}' });
    assert.deepEqual([byFetch.status, await byFetch.text()], [200, '{"a":"changed"}']);
  });

  test("S36 the token from before the login is refused after it, and the new one passes", async () => {
    const ground = await serve();
    const before = await ground.client.get("/token");
    await (await post(ground.client, { "x-csrf-token": before }, undefined, "/login")).text();
    await assertRefused(await post(ground.client, {}, { _csrf: before }), ground);
    const after = await ground.client.get("/token");
    assert.equal((await post(ground.client, {}, { _csrf: after })).status, 200);
  });

  test("S36 the browser's own word passes: same-origin, none, or the origin that the request came to", async () => {
    const { client, url } = await serve();
    const token = await client.get("/token");
    for (const headers of [
      { "sec-fetch-site": "same-origin" },
      { "sec-fetch-site": "none" },
      { origin: url },
      { origin: url.replace("http:", "https:") },
    ]) {
      assert.equal((await post(client, headers, { _csrf: token })).status, 200, JSON.stringify(headers));
    }
    const elsewhere: Headers[] = [
      { origin: `${url}0` },
      { origin: url.replace(/:\d+$/, "") },
      { origin: url, "sec-fetch-site": "cross-site" },
      { origin: url.replace("127.0.0.1", "localhost"), host: "127.0.0.1" },
    ];
    for (const headers of elsewhere) {
      assert.equal((await post(client, headers, { _csrf: token })).status, 403, JSON.stringify(headers));
    }
  });

  test("S36 a trusted origin passes with the token, and not without it", async () => {
    const { client } = await serve({ trustedOrigins: ["https://www.app.example"] });
    const token = await client.get("/token");
    for (const headers of [{}, { "sec-fetch-site": "same-site" }, { "sec-fetch-site": "cross-site" }]) {
      const trusted = { ...headers, origin: "https://www.app.example" };
      assert.equal((await post(client, trusted, { _csrf: token })).status, 200);
      assert.equal((await post(client, trusted, { a: "1" })).status, 403);
    }
  });

  test("S36 methods that change nothing pass, and look at no session", async () => {
    const { client, url, calls } = await serve();
    const hostile = { "sec-fetch-site": "cross-site", origin: "https://evil.example" };
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      const response = await client.request("/all", { method, headers: hostile });
      assert.equal(response.status, 200, `${method} ${url}`);
      await response.text();
    }
    assert.deepEqual(calls, {});
  });

  test("where the token is optional, the headers decide, and a token that is sent must be right", async () => {
    const { client, url } = await serve({ token: "optional" });
    const token = await client.get("/token");
    assert.equal((await post(client, {})).status, 200, "a program that is no browser");
    assert.equal((await post(client, { origin: url }, { a: "1" })).status, 200);
    assert.equal((await post(client, { origin: url }, { _csrf: token })).status, 200);
    assert.equal((await post(client, { origin: url }, { _csrf: "wrong" })).status, 403);
    assert.equal((await post(client, { origin: "https://evil.example" }, { _csrf: token })).status, 403);
  });

  test("the app's own names of the field and the header count, and what it ignores is not checked", async () => {
    const { client, ran } = await serve({ header: "X-Own-Token", ignoredPath: "/webhook" });
    const token = await client.get("/token");
    assert.equal((await post(client, { "x-own-token": token })).status, 200);
    assert.equal((await post(client, { "x-csrf-token": token })).status, 403);
    const hostile = { origin: "https://evil.example" };
    assert.equal((await post(client, hostile, { a: "1" }, "/webhook")).status, 200);
    assert.equal((await post(client, hostile, { a: "1" }, "/webhooks")).status, 403);
    assert.deepEqual(ran, ["/token", "/set", "/webhook"]);
  });

  if (adapter.canTrustProxy) {
    test("S18 a proxy is believed by the framework's own setting alone", async () => {
      const forwarded = {
        "x-forwarded-proto": "https",
        "x-forwarded-host": "app.example",
        origin: "https://app.example",
      };
      const behind = await serve({}, { trustsProxy: true });
      const token = await behind.client.get("/token");
      assert.equal((await post(behind.client, forwarded, { _csrf: token })).status, 200);
      assert.equal((await post(behind.client, { ...forwarded, origin: "http://app.example" })).status, 403);
      // Next has no such setting, and believes whoever is before it.
      if (adapter === nextRoute) return;
      const direct = await serve();
      await assertRefused(await post(direct.client, forwarded, { _csrf: await direct.client.get("/token") }), direct);
    });
  }

  if (adapter.hasHttp2) {
    test("S36 over HTTP/2 the request's own origin is known as well", async (t) => {
      const { url } = await serve({}, { tls: TLS, http2: true });
      const client = new Http2Client(url);
      t.after(() => client.close());
      const token = await client.get("/token");
      const send = async (origin: string) => {
        const headers = { origin, "x-csrf-token": token };
        return (await client.request("/set", { method: "POST", headers })).status;
      };
      assert.deepEqual([await send(url), await send("https://evil.example")], [200, 403]);
      assert.equal(await send(url.replace("https:", "http:")), 403);
    });
  }
}
