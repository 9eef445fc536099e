// What every adapter must do, asked over real HTTP.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { SessionError } from "../../src/core/errors.ts";
import { createIdSigner, generateId } from "../../src/core/request/session-id.ts";
import { deriveKeys, generateSecret } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { adapters } from "./adapters.ts";
import type { Adapter } from "./app.ts";
import { prepare, slow, TLS } from "./start-app.ts";

for (const adapter of adapters) describe(`adapter: ${adapter.name}`, () => suite(adapter));

function suite(adapter: Adapter): void {
  const start = prepare(adapter);

  test("a route that does not use the session gets no header and no store call", async () => {
    const { client, calls } = await start();
    const response = await client.request("/plain");
    assert.equal(await response.text(), "plain");
    assert.deepEqual([response.setCookies, response.headers.vary], [[], undefined]);
    assert.deepEqual(calls, {});
  });

  test("S30 reading says Vary: Cookie; setting the cookie says Cache-Control: no-store too", async () => {
    const { client } = await start();
    const read = await client.request("/all");
    assert.deepEqual([read.headers.vary, read.headers["cache-control"], read.setCookies], ["Cookie", undefined, []]);
    const written = await client.request("/set/a/1");
    assert.deepEqual([written.headers.vary, written.headers["cache-control"]], ["Cookie", "no-store"]);
    assert.match(written.setCookies[0] ?? "", /^session=[\w-]{43}\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/);
    const again = await client.request("/set/b/2");
    assert.deepEqual([again.setCookies, await client.get("/all")], [[], '{"a":"1","b":"2"}']);
  });

  test("S30 what the app says of caching, and its own cookies, stay", async () => {
    const { client } = await start();
    const response = await client.request("/set-with-headers/a/1");
    assert.equal(response.headers["cache-control"], "private");
    assert.match(response.headers.vary ?? "", /Accept-Language/);
    assert.match(response.headers.vary ?? "", /Cookie/);
    assert.equal(response.setCookies.length, 3);
    assert(response.setCookies.includes("theme=dark") && response.setCookies.includes("lang=en"));
  });

  test("a redirect right after a write brings the cookie, and the write is stored", async () => {
    const { client } = await start();
    const response = await client.request("/set-and-redirect/a/1");
    assert.deepEqual([response.status, response.headers.location], [302, "http://127.0.0.1/elsewhere"]);
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("when the headers of a stream come, the write is stored already, and the stream is whole", async () => {
    const { client } = await start();
    const response = await client.request("/set-and-stream/a/1");
    assert.equal(await client.clone().get("/all"), '{"a":"1"}', "while the body is under way");
    assert.equal(await response.text(), "one,two,three");
  });

  test("HEAD, 204 and 304 store and set the cookie as others do", async () => {
    const { client, url } = await start();
    const head = await client.request("/set/a/1", { method: "HEAD" });
    assert.deepEqual([head.status, await head.text(), head.setCookies.length], [200, "", 1]);
    for (const status of [204, 304]) {
      const visitor = new Client(url);
      const response = await visitor.request(`/status/a/${status}`);
      assert.deepEqual([response.status, response.setCookies.length], [status, 1]);
      assert.equal(await visitor.get("/all"), '{"a":"x"}');
    }
  });

  test("100 parallel requests that each set another key keep all 100", async () => {
    const { client } = await start();
    await client.get("/set/first/1");
    await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`/slow-set/key${i}/${i}`)));
    assert.equal(Object.keys(JSON.parse(await client.get("/all"))).length, 101);
  });

  // The race is the core's and the store's; one adapter runs it at length.
  const rounds = adapter.name === "hono" ? 200 : 10;
  test(`S10 logout racing 50 slow writers, ${rounds} rounds: the session never comes back`, async () => {
    const { url } = await start();
    for (let round = 0; round < rounds; round++) {
      const client = new Client(url);
      await client.get("/login/ada");
      const replayed = client.clone();
      const writers = Array.from({ length: 50 }, (_, i) => client.clone().request(`/slow-set/key${i}/${i}`));
      await delay(2);
      await client.get("/logout");
      const responses = await Promise.all(writers);
      // A connection is free, for the next round, when its response was read.
      await Promise.all(responses.map((response) => response.text()));
      const statuses = new Set(responses.map((response) => response.status));
      for (const status of statuses) assert([200, 409].includes(status), `${status}`);
      assert.equal(await replayed.get("/all"), "{}");
    }
  });

  test("S5 S9 after login the old cookie opens nothing, and after logout the new one neither", async () => {
    const { client } = await start();
    await client.get("/set/a/1");
    const before = client.clone();
    await client.get("/login/ada");
    const during = client.clone();
    assert.equal(await before.get("/all"), "{}");
    assert.equal(await during.get("/all"), '{"a":"1"}');
    await client.get("/logout");
    assert.equal(client.cookieHeader, undefined);
    assert.equal(await during.get("/all"), "{}");
  });

  test("S2 S3 S22 bad cookies get the anonymous page without a store call, never a 5xx", async () => {
    const { client, url, calls } = await start();
    await client.get("/set/a/1");
    const good = client.cookieHeader?.slice("session=".length) ?? "";
    const foreign = createIdSigner("session", deriveKeys(generateSecret())).sign(generateId());
    const before = { ...calls };
    const bad = [
      `session=${good.slice(0, -1)}${good.endsWith("A") ? "E" : "A"}`,
      `session=${good.slice(0, 60)}`,
      `session=${good.slice(0, 43)}`,
      `session=${good}A`,
      `session="${good}`,
      `session=${foreign}`,
      `session=${"x".repeat(8192)}`,
      `session=${foreign}; session=${foreign}; session=`,
      `session`,
      `=;=;;session=;`,
      `${"a=b; ".repeat(1_000)}session=%00%ff`,
    ];
    for (const cookie of bad) {
      const response = await new Client(url).request("/all", { headers: { cookie } });
      assert.deepEqual([response.status, await response.text()], [200, "{}"], cookie.slice(0, 100));
      assert.deepEqual(response.setCookies, []);
    }
    assert.deepEqual(calls, before);
    const duplicate = await new Client(url).request("/all", {
      headers: { cookie: `session=${foreign}; session=${good}` },
    });
    assert.equal(await duplicate.text(), '{"a":"1"}', "a planted cookie does not lock out");
  });

  test("S22 a cookie with NUL, or past the server's limit, ends in a 4xx of the server", async () => {
    const { url } = await start();
    for (const cookie of ["session=a\0b", `session=${"x".repeat(20_000)}`]) {
      assert.match(await rawStatus(url, cookie), /^HTTP\/1\.1 4\d\d /);
    }
  });

  test("S33 when the store is out, reading is a 503 with Retry-After, and the cookie is kept", async () => {
    const { client, script } = await start({ storeTimeout: 50 });
    await client.get("/set/a/1");
    for (const fault of [() => Promise.reject(new Error("ECONNRESET")), () => new Promise(() => {})]) {
      script.current = fault;
      const response = await client.request("/all");
      assert.deepEqual([response.status, response.headers["retry-after"], response.setCookies], [503, "1", []]);
      assert.equal(await new Client((await start()).url).get("/all"), "{}");
    }
    script.current = slow;
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("S33 when the store fails at the commit, the app's answer is replaced by a 503, also a streamed one", async () => {
    const { client, script } = await start({ storeTimeout: 50 });
    await client.get("/set/a/1");
    script.current = (method, proceed) => (method === "commit" ? Promise.reject(new Error("cut")) : proceed());
    for (const path of ["/set/a/2", "/set-and-stream/a/2", "/set-and-redirect/a/2"]) {
      const response = await client.request(path);
      assert.deepEqual([response.status, response.setCookies], [503, []], path);
      assert.doesNotMatch(await response.text(), /^ok$|one,/);
    }
    script.current = slow;
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("when the store fails after a login of the same request, the 503 brings the cookie of the new ID", async () => {
    const { client, script, sessions } = await start({ storeTimeout: 50 });
    await client.get("/set/a/1");
    script.current = (method, proceed) => (method === "commit" ? new Promise(() => {}) : slow(method, proceed));
    const response = await client.request("/login-and-set/ada/2");
    assert.deepEqual([response.status, response.setCookies.length], [503, 1]);
    assert.equal(response.headers["cache-control"], "no-store");
    script.current = slow;
    assert.equal(await client.get("/all"), '{"a":"1"}');
    assert.equal((await sessions.list("ada")).length, 1);
  });

  test("when a login can't count the owner's sessions after it has changed the ID, the 503 brings the new cookie", async () => {
    const { client, script } = await start({ storeTimeout: 50, maxSessionsPerOwner: 3 });
    await client.get("/set/a/1");
    script.current = (method, proceed) =>
      method === "list" ? Promise.reject(new Error("cut")) : slow(method, proceed);
    // Where nobody answers, what the client sees is the server's matter.
    if (adapter.name === "node, as (req, res, next)") return;
    const response = await client.request("/login/ada");
    assert.deepEqual([response.status, response.setCookies.length], [503, 1]);
    script.current = slow;
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("when the app fails after a login, its answer brings the cookie of the new ID", async () => {
    // What these rethrow is answered by the server, without their headers.
    if (["fetch", "next, as a route handler", "node, as (req, res, next)"].includes(adapter.name)) return;
    const { client } = await start();
    await client.get("/set/a/1");
    assert.equal((await client.request("/login-and-throw/ada")).status, 500);
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("a write to a session that ended meanwhile is a 409, and no cookie is touched", async () => {
    const { client, sessions, script } = await start();
    await client.get("/login/ada");
    script.current = async (method, proceed) => {
      const answer = await proceed();
      if (method === "load") setImmediate(() => void sessions.revokeAll("ada"));
      return answer;
    };
    const response = await client.request("/slow-set/a/1");
    assert.deepEqual([response.status, response.setCookies], [409, []]);
  });

  test("S42 what was written before an error is stored with a response of the app's, and with no other", async () => {
    const { client } = await start();
    await client.get("/set/a/1");
    const failing = client.request("/throw-after-set/b/2");
    // Where nobody answers, what the client sees is the server's matter.
    if (adapter.name === "node, as (req, res, next)") await failing.catch(() => undefined);
    else assert.equal((await failing).status, 500);
    const expected = adapter.answersErrors === "app" ? '{"a":"1","b":"2"}' : '{"a":"1"}';
    assert.equal(await client.get("/all"), expected);
  });

  test("S16 Secure where the connection is TLS; S18 no header of an untrusted peer changes that", async () => {
    const secure = await start({}, { tls: TLS });
    assert.match((await secure.client.request("/set/a/1")).setCookies[0] ?? "", /; Secure/);
    const { client } = await start();
    const headers = {
      "x-forwarded-proto": "https",
      forwarded: "proto=https",
      "x-forwarded-ssl": "on",
      "front-end-https": "on",
      "x-forwarded-host": "evil.example",
    };
    assert.doesNotMatch((await client.request("/set/a/1", { headers })).setCookies[0] ?? "Secure", /Secure/);
  });

  test("S20 two managers with one secret and store: the cookie of one is nothing to the other", async () => {
    const store = memoryStore();
    const [shop, admin] = await Promise.all([
      start({ store, cookie: { name: "shop" } }),
      start({ store, cookie: { name: "admin" } }),
    ]);
    await shop.client.get("/login/ada");
    const swapped = shop.client.cookieHeader?.replace("shop=", "admin=") ?? "";
    assert.equal(await new Client(admin.url, swapped).get("/all"), "{}");
    assert.equal(await new Client(shop.url, shop.client.cookieHeader).get("/all"), "{}");
  });
}

/** The status line for a Cookie header that no HTTP client would send. */
function rawStatus(url: string, cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => {
      socket.write(`GET /all HTTP/1.1\r\nHost: ${hostname}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`);
    });
    let text = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      text += chunk;
    });
    // A server that has heard enough may reset the connection after its answer.
    socket.on("error", (error) => text === "" && reject(error));
    socket.on("close", () => resolve(text.slice(0, text.indexOf("\r\n"))));
  });
}

test("errors that reach a framework carry a status, headers and a response", () => {
  const error = new SessionError("STORE_UNAVAILABLE", "message", { status: 503, headers: { "Retry-After": "1" } });
  assert.deepEqual([error.statusCode, error.getResponse().headers.get("Retry-After")], [503, "1"]);
});
