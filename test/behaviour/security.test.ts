// The rows of the security bar that concern a request, asked over real HTTP of every adapter. Those that
// adapters.test.ts and connections.test.ts ask already are not repeated here.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import { createIdSigner, generateId } from "../../src/core/request/session-id.ts";
import { deriveKeys, generateSecret } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createSharedCache } from "../fixtures/shared-cache.ts";
import { adapters } from "./adapters.ts";
import type { Adapter, Handler } from "./app.ts";
import { prepare } from "./start-app.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

for (const adapter of adapters) {
  describe(`adapter: ${adapter.name}`, () => {
    ids(adapter);
    cookies(adapter);
    time(adapter);
    owners(adapter);
  });
}

/** A cookie that this app would have signed, for an ID that it never gave out. */
function signedUnknownCookie(): string {
  return `session=${createIdSigner("session", deriveKeys(SECRET)).sign(generateId())}`;
}

function ids(adapter: Adapter): void {
  const start = prepare(adapter);

  test("S4 a well-signed ID that has no record is never adopted: the write gets another ID", async () => {
    const { url } = await start();
    const planted = signedUnknownCookie();
    for (const path of ["/set/a/1", "/login/ada"]) {
      const victim = new Client(url, planted);
      const response = await victim.request(path);
      await response.text();
      assert.equal(response.setCookies.length, 1);
      assert.notEqual(victim.cookieHeader, planted);
      assert.equal(await new Client(url, planted).get("/all"), "{}");
    }
  });

  test("S5 requests that race with a login on the old cookie never see the login", async () => {
    const whoami: Handler = async (path, session) => {
      if (path === "/login") await session.login("ada");
      else if (path === "/begin") session["a"] = 1;
      return { body: `${session.owner ?? "nobody"}` };
    };
    const { url } = await start({}, {}, whoami);
    for (let round = 0; round < 20; round++) {
      const client = new Client(url);
      await client.get("/begin");
      const old = client.clone();
      const [login, ...others] = await Promise.all([
        client.get("/login"),
        ...Array.from({ length: 5 }, () => old.clone().get("/whoami")),
      ]);
      assert.deepEqual([login, new Set(others)], ["ada", new Set(["nobody"])]);
      assert.deepEqual([await old.get("/whoami"), await client.get("/whoami")], ["nobody", "ada"]);
    }
  });

  test("S26 over three generations of secrets the newest signs, all verify, and a removed one stops at once", async () => {
    const store = memoryStore();
    const [first, second, third] = [generateSecret(), generateSecret(), generateSecret()];
    const apps = [];
    for (const secret of [[first], [second, first], [third, second]] as [string, ...string[]][]) {
      apps.push(await start({ store, secret }));
    }
    const [oldest, middle, newest] = apps as [(typeof apps)[0], (typeof apps)[0], (typeof apps)[0]];
    await oldest.client.get("/set/a/1");
    const signedByFirst = oldest.client.cookieHeader;
    assert.equal(await new Client(newest.url, signedByFirst).get("/all"), "{}", "its secret was removed");
    const moved = new Client(middle.url, signedByFirst);
    assert.equal(await moved.get("/all"), '{"a":"1"}');
    assert.notEqual(moved.cookieHeader, signedByFirst, "signed anew, by the newest");
    assert.equal(await new Client(newest.url, moved.cookieHeader).get("/all"), '{"a":"1"}');
    assert.equal(await new Client(oldest.url, moved.cookieHeader).get("/all"), "{}", "a fallback never signs");
  });

  test("S41 parallel first requests of one visitor make a session each, never a shared or half one", async () => {
    const { url } = await start();
    const planted = signedUnknownCookie();
    const tabs = Array.from({ length: 8 }, (_, i) => new Client(url, i % 2 === 0 ? undefined : planted));
    await Promise.all(tabs.map((tab, i) => tab.get(`/set/tab/${i}`)));
    assert.equal(new Set(tabs.map((tab) => tab.cookieHeader)).size, tabs.length);
    for (const [i, tab] of tabs.entries()) assert.equal(await tab.get("/all"), `{"tab":"${i}"}`);
  });
}

function cookies(adapter: Adapter): void {
  const start = prepare(adapter);

  test("S15 the cookie as it is sent: HttpOnly, SameSite=Lax, Path=/, no Domain; and cleared by the same attributes", async () => {
    const { client } = await start();
    const [set = ""] = (await client.request("/login/ada")).setCookies;
    assert.equal(set.slice(set.indexOf(";")), "; Path=/; HttpOnly; SameSite=Lax");
    const [cleared = ""] = (await client.request("/logout")).setCookies;
    assert.equal(cleared, "session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
  });

  test("S16 with secure: true the cookie is __Host-Http- and Secure, whatever the connection says", async () => {
    const { client } = await start({ cookie: { secure: true } });
    const [set = ""] = (await client.request("/set/a/1")).setCookies;
    assert.match(set, /^__Host-Http-session=[\w.-]{87}; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    assert.equal(await client.get("/all"), '{"a":"1"}');
  });

  test("S19 of several cookies of one name the login wins, in both orders, and a planted one neither logs in nor out", async () => {
    const { client: victim, url } = await start();
    await victim.get("/set/who/victim");
    await victim.get("/login/victim");
    const attacker = new Client(url);
    await attacker.get("/set/who/attacker");
    const [own = "", planted = ""] = [victim.cookieHeader, attacker.cookieHeader];
    for (const cookie of [`${planted}; ${own}`, `${own}; ${planted}`, `${planted}; ${planted}; ${own}; session=junk`]) {
      const response = await new Client(url).request("/all", { headers: { cookie } });
      assert.deepEqual([await response.text(), response.setCookies], ['{"who":"victim"}', []], cookie);
    }
  });

  test("S30 through a shared cache no visitor gets another one's page or cookie", async () => {
    const { url } = await start();
    const cache = createSharedCache(url);
    const [ada, bob] = [new Client(url), new Client(url)];
    const get = (visitor: Client, path: string) => cache.get(path, visitor.cookieHeader);
    for (const [visitor, name] of [
      [ada, "ada"],
      [bob, "bob"],
    ] as const) {
      await visitor.get(`/set/name/${name}`);
      for (let i = 0; i < 3; i++) assert.equal((await get(visitor, "/all")).body, `{"name":"${name}"}`);
    }
    assert.equal((await get(new Client(url), "/all")).body, "{}");
    assert.equal((await get(ada, "/plain")).body, "plain");
    assert.equal((await get(bob, "/plain")).isFromCache, true, "the cache does its work where it may");
    const first = await get(new Client(url), "/set/a/1");
    const second = await get(new Client(url), "/set/a/1");
    assert(first.setCookie !== undefined && second.setCookie !== undefined);
    assert.notEqual(first.setCookie, second.setCookie);
  });

  test("S31 visitors whose session stays empty get no cookie, and the store is not asked", async () => {
    const { url, calls } = await start();
    for (let i = 0; i < 300; i++) {
      const visitor = new Client(url, i % 3 === 0 ? undefined : i % 3 === 1 ? "session=junk" : "theme=dark");
      const response = await visitor.request("/all");
      assert.deepEqual([await response.text(), response.setCookies], ["{}", []]);
    }
    assert.deepEqual(calls, {});
  });
}

function time(adapter: Adapter): void {
  const start = prepare(adapter);

  test("S7 one millisecond past the idle limit the cookie opens nothing, whatever its Max-Age", async () => {
    const clock = fakeClock();
    const { client } = await start({ clock, store: memoryStore({ clock }), idleTimeout: "30m", permanent: true });
    assert.match((await client.request("/set/a/1")).setCookies[0] ?? "", /; Max-Age=1800;/);
    clock.advance(30 * MINUTE - 1);
    assert.equal(await client.clone().get("/all"), '{"a":"1"}');
    clock.advance(30 * MINUTE);
    assert.equal(await client.clone().get("/all"), "{}");
  });

  test("S8 rolling traffic does not carry a session beyond its absolute limit", async () => {
    const clock = fakeClock();
    const begun = clock();
    const { client } = await start({ clock, store: memoryStore({ clock }), idleTimeout: "1d", absoluteTimeout: "7d" });
    await client.get("/set/a/0");
    for (let i = 1; i < 14; i++) {
      clock.advance(DAY / 2);
      await client.get(`/set/a/${i}`);
    }
    clock.set(begun + 7 * DAY - 1);
    assert.equal(await client.clone().get("/all"), '{"a":"13"}');
    clock.set(begun + 7 * DAY);
    assert.equal(await client.clone().get("/all"), "{}");
  });

  test("S14 what needs a fresh login refuses an old one with 403, and lets a new one pass", async () => {
    const clock = fakeClock();
    const handler: Handler = async (path, session) => {
      if (path === "/login") await session.login("ada");
      else session.requireFresh("10m");
      return { body: "done" };
    };
    const { client } = await start({ clock, store: memoryStore({ clock }) }, {}, handler);
    /** 200, 403, or 0 where the app has nobody who answers. */
    const status = async (): Promise<number> => {
      const response = await client.request("/change-password").catch(() => undefined);
      assert.doesNotMatch((await response?.text()) ?? "", response?.status === 200 ? /^$/ : /^done$/);
      return response?.status ?? 0;
    };
    const refused = adapter.name === "node, as (req, res, next)" ? await status() : 403;
    assert.notEqual(refused, 200);
    assert.equal(await status(), refused, "nobody has logged in");
    await client.get("/login");
    clock.advance(10 * MINUTE);
    assert.equal(await status(), 200);
    clock.advance(1);
    assert.equal(await status(), refused, "a millisecond too old");
    await client.get("/login");
    assert.equal(await status(), 200);
  });
}

function owners(adapter: Adapter): void {
  const start = prepare(adapter);

  test("S11 revokeAll on one server ends the sessions on all at once, but for the excepted one", async () => {
    const store = memoryStore();
    const [one, other] = [await start({ store }), await start({ store })];
    const devices = [new Client(one.url), new Client(one.url), new Client(one.url)] as const;
    for (const device of devices) {
      await device.get("/set/a/1");
      await device.get("/login/ada");
    }
    const present = (await one.sessions.list("ada")).find(({ key }) => key === keyOf(devices[1]))?.key;
    assert(present !== undefined);
    assert.equal(await other.sessions.revokeAll("ada", { except: present }), 2);
    for (const url of [one.url, other.url]) {
      const seen = await Promise.all(devices.map((device) => new Client(url, device.cookieHeader).get("/all")));
      assert.deepEqual(seen, ["{}", '{"a":"1"}', "{}"]);
    }
  });

  test("S12 an owner's sessions are listed, and each can be ended by itself", async () => {
    const { url, sessions } = await start();
    const devices = Array.from({ length: 3 }, () => new Client(url));
    for (const device of devices) {
      await device.get("/set/a/1");
      await device.get("/login/ada");
    }
    const listed = await sessions.list("ada");
    assert.deepEqual(new Set(listed.map(({ key }) => key)), new Set(devices.map(keyOf)));
    for (const [i, device] of devices.entries()) {
      assert.equal(await sessions.revoke(keyOf(device)), true);
      assert.equal(await device.get("/all"), "{}");
      assert.equal((await sessions.list("ada")).length, devices.length - i - 1);
    }
  });

  test("S39 a stream of events ends when its session is revoked from elsewhere", async () => {
    const store = memoryStore();
    const elsewhere = createManager<AnyData>({ secret: SECRET, store }, memoryStore);
    const handler: Handler = async (path, session) => {
      if (path === "/login") await session.login("ada");
      if (path !== "/events") return { body: "ok" };
      return { headers: [["Content-Type", "text/event-stream"]], body: eventsUntil(session.signal), flush: true };
    };
    const { client } = await start({ store }, {}, handler);
    await client.get("/login");
    const stream = await client.request("/events");
    const text = stream.text();
    assert.equal(await elsewhere.revokeAll("ada"), 1);
    assert.equal(await text, "data: welcome\n\nevent: end\n\n");
  });
}

async function* eventsUntil(signal: AbortSignal): AsyncGenerator<string> {
  yield "data: welcome\n\n";
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve());
  });
  yield "event: end\n\n";
}

/** The key of the session that a client has. */
function keyOf(client: Client): string {
  const verified = createIdSigner("session", deriveKeys(SECRET)).verify(client.cookieHeader?.split("=")[1] ?? "");
  assert(typeof verified === "object");
  return verified.key;
}
