// The cookie store behind adapters, over real HTTP: what the suite of all adapters asks, as far as it concerns a session
// that is in its cookie.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { SessionOptions } from "../../src/core/options.ts";
import { cookieStore } from "../../src/stores/cookie/index.ts";
import type { Adapter, Answer, Handler } from "../behaviour/app.ts";
import { expressAdapters } from "../behaviour/servers/express.ts";
import { fastify } from "../behaviour/servers/fastify.ts";
import { hono } from "../behaviour/servers/web.ts";
import { pieces, prepare, routes } from "../behaviour/start-app.ts";
import { Client } from "../fixtures/browser-client.ts";
import type { AnyData } from "../fixtures/manager.ts";

/** Those of all adapters' cases, and sessions that grow. */
const routesThatFill: Handler = async (path, session, second): Promise<Answer> => {
  const [, route = "", key = "", value = ""] = path.split("/");
  if (route !== "fill" && route !== "fill-and-stream") return routes(path, session, second);
  session[key] = "x".repeat(Number(value));
  return route === "fill" ? { body: "ok" } : { headers: [["Content-Type", "text/plain"]], body: pieces("one,", "two") };
};

const adapters = [hono, expressAdapters[0], fastify].filter((adapter) => adapter !== undefined);
for (const adapter of adapters) describe(`cookie store on ${adapter.name}`, () => suite(adapter));

function suite(adapter: Adapter): void {
  const prepared = prepare(adapter);
  const start = (options: Partial<SessionOptions<AnyData>> = {}) =>
    prepared({ store: cookieStore(), ...options }, {}, routesThatFill);

  test("S15 S30 a write sets one cookie with its attributes and no-store; reading and other routes set none", async () => {
    const { client } = await start();
    const written = await client.request("/set/a/1");
    assert.equal(written.setCookies.length, 1);
    assert.match(written.setCookies[0] ?? "", /^session=[\w-]{150,250}; Path=\/; HttpOnly; SameSite=Lax$/);
    assert.equal(written.headers["cache-control"], "no-store");
    const read = await client.request("/all");
    assert.deepEqual([await read.text(), read.setCookies, read.headers.vary], ['{"a":"1"}', [], "Cookie"]);
    const plain = await client.request("/plain");
    assert.deepEqual([plain.setCookies, plain.headers.vary], [[], undefined]);
  });

  test("two servers with one secret serve one browser in turn", async () => {
    const [first, second] = await Promise.all([start(), start()]);
    let { cookieHeader } = first.client;
    for (let i = 0; i < 6; i++) {
      const client = new Client((i % 2 ? second : first).url, cookieHeader);
      await client.get(`/set/key${i}/${i}`);
      cookieHeader = client.cookieHeader;
    }
    const all = await new Client(second.url, cookieHeader).get("/all");
    assert.deepEqual(Object.keys(JSON.parse(all)), ["key0", "key1", "key2", "key3", "key4", "key5"]);
  });

  test("50 parallel requests of one browser that each set another key keep all 50", async () => {
    const { client } = await start();
    await client.get("/set/first/1");
    await Promise.all(Array.from({ length: 50 }, (_, i) => client.get(`/slow-set/k${i}/${i}`)));
    assert.equal(Object.keys(JSON.parse(await client.get("/all"))).length, 51);
    // Whichever answer came last, the browser has all of them by now.
    assert.equal(
      Object.keys(JSON.parse(await new Client((await start()).url, client.cookieHeader).get("/all"))).length,
      51,
    );
  });

  test("S5 S9 S10 after login the old cookie opens nothing, and after logout none, whatever writes meanwhile", async () => {
    const { client, url } = await start();
    for (let round = 0; round < 10; round++) {
      await client.get("/set/a/1");
      const before = client.clone();
      assert.equal(await client.get("/login/ada"), "ada");
      assert.equal(await before.get("/all"), "{}");
      const during = client.clone();
      const writers = Array.from({ length: 20 }, (_, i) => client.clone().request(`/slow-set/key${i}/${i}`));
      await delay(2);
      await client.get("/logout");
      assert.equal(client.cookieHeader, undefined);
      for (const response of await Promise.all(writers)) {
        assert.ok([200, 409].includes(response.status), `${response.status}`);
        await response.text();
        const [pair] = response.setCookies[0]?.split(";") ?? [];
        if (pair !== undefined) assert.equal(await new Client(url, pair).get("/all"), "{}");
      }
      assert.equal(await during.get("/all"), "{}");
    }
  });

  test("S22 broken cookies get the anonymous page, never a 5xx and no cookie", async () => {
    const { client, url } = await start();
    await client.get("/set/a/1");
    const good = client.cookieHeader?.slice("session=".length) ?? "";
    const bad = [
      good.slice(0, -1),
      good.slice(0, 60),
      `${good}A`,
      `${good}=`,
      `"${good}`,
      `${good.startsWith("A") ? "B" : "A"}${good.slice(1)}`,
      "x".repeat(8_000),
      "%00%ff",
      "",
    ];
    for (const value of bad) {
      const response = await new Client(url).request("/all", { headers: { cookie: `session=${value}` } });
      assert.deepEqual(
        [response.status, await response.text(), response.setCookies],
        [200, "{}", []],
        value.slice(0, 40),
      );
    }
    const beside = await new Client(url).request("/all", { headers: { cookie: `session=${bad[0]}; session=${good}` } });
    assert.equal(await beside.text(), '{"a":"1"}');
  });

  test("S21 a session over the limit is a 500 without a cookie, and the browser goes on with what it had", async () => {
    const { client } = await start();
    await client.get("/set/a/1");
    const before = client.cookieHeader;
    for (const path of ["/fill/large/3000", "/fill-and-stream/large/3000"]) {
      const response = await client.request(path);
      assert.deepEqual([response.status, response.setCookies], [500, []], path);
      assert.doesNotMatch(await response.text(), /^ok|one,/);
    }
    assert.deepEqual([client.cookieHeader, await client.get("/all")], [before, '{"a":"1"}']);
    const fits = await client.request("/fill/large/2800");
    assert.deepEqual([fits.status, fits.setCookies.length], [200, 1]);
    assert.equal(JSON.parse(await client.get("/all")).large.length, 2_800);
  });
}
