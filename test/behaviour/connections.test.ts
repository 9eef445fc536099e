// What every adapter must do when responses come piece by piece, when clients go away, over HTTP/2, behind a proxy, and
// where an app has two sessions.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { describe, test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { adapters } from "./adapters.ts";
import type { Adapter, Handler } from "./app.ts";
import { Http2Client } from "./http2-client.ts";
import { prepare, slow, TLS } from "./start-app.ts";

for (const adapter of adapters) {
  describe(`adapter: ${adapter.name}`, () => {
    streaming(adapter);
    if (adapter.hasHttp2) http2(adapter);
    if (adapter.hasHttp2) abortedHttp2(adapter);
    if (adapter.canTrustProxy) trustedProxy(adapter);
    twoSessions(adapter);
  });
}

/** A promise to be kept by the test. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: resolve };
}

function streaming(adapter: Adapter): void {
  const start = prepare(adapter);

  /** An app that writes, answers with a stream whose end waits for the gate, and shows its session elsewhere. */
  function streamingApp(before: Promise<void>, between: Promise<void>, ended = gate()): Handler {
    async function* pieces(): AsyncGenerator<string> {
      try {
        await before;
        yield "one,";
        await between;
        yield "two";
      } finally {
        ended.open();
      }
    }
    return (path, session) => {
      if (path === "/all") return { body: JSON.stringify(session) };
      session["a"] = 1;
      return { headers: [["Content-Type", "text/plain"]], body: pieces(), flush: true };
    };
  }

  test("the cookie comes with the headers of a stream that is still under way, and the write is stored", async () => {
    const between = gate();
    const { client } = await start({}, {}, streamingApp(Promise.resolve(), between.passed));
    const response = await client.request("/stream");
    assert.equal(response.setCookies.length, 1);
    assert.equal(await client.clone().get("/all"), '{"a":1}');
    between.open();
    assert.equal(await response.text(), "one,two");
  });

  if (adapter.canFlush) {
    test("so does it when the headers are flushed before there is a body", async () => {
      const before = gate();
      const { client } = await start({}, {}, streamingApp(before.passed, Promise.resolve()));
      const response = await client.request("/stream");
      assert.equal(response.setCookies.length, 1);
      assert.equal(await client.clone().get("/all"), '{"a":1}');
      before.open();
      assert.equal(await response.text(), "one,two");
    });

    test("headers that are flushed early wait for the store, and a failure replaces the answer", async () => {
      const { client, script } = await start({}, {}, streamingApp(Promise.resolve(), Promise.resolve()));
      script.current = (method, proceed) => (method === "create" ? Promise.reject(new Error("cut")) : proceed());
      const response = await client.request("/stream");
      assert.deepEqual([response.status, response.setCookies], [503, []]);
      assert.doesNotMatch(await response.text(), /one,/);
    });
  }

  test("a client that goes away in the middle of a stream leaves what was written, and a server that goes on", async () => {
    const [between, ended] = [gate(), gate()];
    const { client, url } = await start({}, {}, streamingApp(Promise.resolve(), between.passed, ended));
    const response = await requestRaw(`${url}/stream`);
    const [cookie = ""] = response.headers["set-cookie"]?.[0]?.split(";") ?? [];
    await once(response, "data");
    response.destroy();
    await once(response, "close");
    between.open();
    await ended.passed;
    assert.equal(await new Client(url, cookie).get("/all"), '{"a":1}');
    assert.equal(await client.get("/all"), "{}");
  });

  test("a client that goes away while its session is being stored leaves it stored", async () => {
    const { client, url, script } = await start();
    await (await client.request("/set/a/1")).text();
    const [begun, aborted] = [gate(), gate()];
    script.current = async (method, proceed) => {
      if (method !== "commit") return proceed();
      begun.open();
      await aborted.passed;
      return proceed();
    };
    const leave = visitAndLeave(`${url}/set/b/2`, client);
    await begun.passed;
    await leave();
    aborted.open();
    script.current = slow;
    // The commit was let go before this is loaded.
    assert.equal(await client.get("/all"), '{"a":"1","b":"2"}');
  });

  test("a client that goes away while the store fails harms nobody", async () => {
    const { client, url, script } = await start();
    await (await client.request("/set/a/1")).text();
    const [begun, aborted, failed] = [gate(), gate(), gate()];
    script.current = async (method, proceed) => {
      if (method !== "commit") return proceed();
      begun.open();
      await aborted.passed;
      setImmediate(failed.open);
      throw new Error("cut");
    };
    const leave = visitAndLeave(`${url}/set/b/2`, client);
    await begun.passed;
    await leave();
    aborted.open();
    await failed.passed;
    script.current = slow;
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("S42 the answer to an error brings a new visitor's cookie where it is the app's, and only there", async () => {
    const { client, calls } = await start();
    const response = await client.request("/throw-after-set/a/1").catch(() => undefined);
    await response?.text();
    const isStored = adapter.answersErrors === "app";
    assert.deepEqual([response?.setCookies.length ?? 0, calls["create"] ?? 0], isStored ? [1, 1] : [0, 0]);
  });
}

/** Asks, and gives a function that goes away without an answer. */
function visitAndLeave(url: string, client: Client): () => Promise<void> {
  const request = get(url, { headers: { cookie: client.cookieHeader ?? "" } });
  const closed = new Promise<void>((resolve) => request.on("close", resolve));
  request.on("error", () => {});
  return () => {
    request.destroy();
    return closed;
  };
}

/** The response when its headers are there; its body can then be left. */
function requestRaw(url: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { agent: false }, resolve).on("error", reject));
}

function http2(adapter: Adapter): void {
  const start = prepare(adapter);

  async function startHttp2(): Promise<Awaited<ReturnType<typeof start>> & { h2: Http2Client }> {
    const ground = await start({}, { tls: TLS, http2: true });
    return { ...ground, h2: new Http2Client(ground.url) };
  }

  test("HTTP/2: the session is kept, its cookie is Secure, and caches are told", async () => {
    const { h2 } = await startHttp2();
    const written = await h2.request("/set/a/1");
    assert.equal(await written.text(), "ok");
    assert.match(written.setCookies[0] ?? "", /^session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    assert.deepEqual([written.headers.vary, written.headers["cache-control"]], ["Cookie", "no-store"]);
    const read = await h2.request("/all");
    assert.deepEqual([await read.text(), read.setCookies, read.headers.vary], ['{"a":"1"}', [], "Cookie"]);
    h2.close();
  });

  test("HTTP/2: redirects, streams, HEAD, 204, 304 and the app's own headers", async () => {
    const { h2 } = await startHttp2();
    const redirect = await h2.request("/set-and-redirect/a/1");
    assert.deepEqual([redirect.status, redirect.setCookies.length], [302, 1]);
    await redirect.text();
    assert.equal(await h2.get("/set-and-stream/b/2"), "one,two,three");
    for (const [path, status, method] of [
      // Koa 2 by itself does not answer a HEAD over HTTP/2.
      ["/set/c/3", 200, adapter.name === "koa 2" ? "GET" : "HEAD"],
      ["/status/d/204", 204, "GET"],
      ["/status/e/304", 304, "GET"],
    ] as const) {
      const response = await h2.request(path, { method });
      assert.deepEqual(
        [response.status, await response.text()],
        [status, method === "GET" && status === 200 ? "ok" : ""],
      );
    }
    assert.deepEqual(Object.keys(JSON.parse(await h2.get("/all"))), ["a", "b", "c", "d", "e"]);
    const headers = await h2.request("/set-with-headers/f/6");
    await headers.text();
    assert.deepEqual([headers.setCookies, headers.headers["cache-control"]], [["theme=dark", "lang=en"], "private"]);
    assert.equal(headers.headers.vary, "Accept-Language, Cookie");
    h2.close();
  });

  test("HTTP/2: 50 streams of one connection that each set another key keep all 50", async () => {
    const { h2 } = await startHttp2();
    await h2.get("/set/first/1");
    await Promise.all(Array.from({ length: 50 }, (_, i) => h2.get(`/slow-set/key${i}/${i}`)));
    assert.equal(Object.keys(JSON.parse(await h2.get("/all"))).length, 51);
    h2.close();
  });

  test("HTTP/2: a failure of the store is a 503, and a stream that the client resets ends nothing else", async () => {
    const { h2, script } = await startHttp2();
    await h2.get("/set/a/1");
    script.current = (method, proceed) => (method === "commit" ? Promise.reject(new Error("cut")) : proceed());
    const failed = await h2.request("/set/a/2");
    await failed.text();
    assert.deepEqual([failed.status, failed.headers["retry-after"], failed.setCookies], [503, "1", []]);
    script.current = slow;
    await (await h2.request("/set-and-stream/b/2")).cancel();
    assert.equal(await h2.get("/all"), '{"a":"1","b":"2"}');
    h2.close();
  });
}

function abortedHttp2(adapter: Adapter): void {
  const start = prepare(adapter);

  test("HTTP/2: a connection that breaks while a new session is being stored is no error of the server's", async (t) => {
    const print = t.mock.method(console, "error", () => {});
    const [begun, broken, ended] = [gate(), gate(), gate()];
    const { script, url } = await start({ onEvent: () => {} }, { tls: TLS, http2: true });
    script.current = async (method, proceed) => {
      if (method !== "create") return proceed();
      begun.open();
      await broken.passed;
      setImmediate(ended.open);
      return proceed();
    };
    const h2 = new Http2Client(url);
    const request = h2.request("/set/a/1").catch(() => undefined);
    await begun.passed;
    h2.close();
    await request;
    // The server has noticed when it has answered somebody who came later.
    const other = new Http2Client(url);
    await other.get("/plain");
    broken.open();
    await ended.passed;
    assert.equal(await other.get("/all"), "{}");
    other.close();
    assert.deepEqual(
      print.mock.calls.map((call) => String(call.arguments[0])),
      [],
    );
  });
}

function trustedProxy(adapter: Adapter): void {
  const start = prepare(adapter);

  test("S18 the framework's own setting decides whether a proxy's word makes the cookie Secure", async () => {
    for (const trustsProxy of [true, false]) {
      const { client } = await start({}, { trustsProxy });
      const response = await client.request("/set/a/1", { headers: { "x-forwarded-proto": "https" } });
      await response.text();
      assert.equal(/; Secure/.test(response.setCookies[0] ?? ""), trustsProxy);
      const plain = await client.clone().request("/set/b/2", { headers: { "x-forwarded-proto": "http" } });
      await plain.text();
    }
  });
}

function twoSessions(adapter: Adapter): void {
  const start = prepare(adapter);

  test("an app with two managers has two sessions, each with its own cookie and data", async () => {
    const second = createManager<AnyData>({ secret: SECRET, cookie: { name: "admin" } }, memoryStore);
    const handler: Handler = async (path, session, other) => {
      assert(other);
      if (path === "/set") {
        session["a"] = 1;
        other["b"] = 2;
        return { headers: [["Set-Cookie", "theme=dark"]], body: "ok" };
      }
      if (path === "/logout") await other.logout();
      return { body: JSON.stringify([session, other]) };
    };
    const { client } = await start({ cookie: { name: "shop" } }, { second }, handler);
    assert.equal(await client.get("/all"), "[{},{}]");
    const written = await client.request("/set");
    assert.equal(await written.text(), "ok");
    const names = written.setCookies.map((cookie) => cookie.split("=")[0]).sort();
    assert.deepEqual([names, written.headers.vary], [["admin", "shop", "theme"], "Cookie"]);
    assert.equal(await client.get("/all"), '[{"a":1},{"b":2}]');
    assert.equal(await client.get("/logout"), '[{"a":1},{}]');
    assert.equal(await client.get("/all"), '[{"a":1},{}]');
  });
}
