// What the drop-in keeps better with a store of coatcheck's: parallel changes, ended sessions, answers that are true.
import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import session, { type SessionOptions } from "coatcheck/express-session";
import { Client } from "../../test/fixtures/browser-client.ts";
import { countCalls } from "../../test/fixtures/counting-store.ts";
import { type Handler, hosts, listen, type Running } from "../../test/fixtures/express-session/hosts.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { type Script, scriptStore } from "../../test/fixtures/scripted-store.ts";
import type { SessionStore } from "../core/record/store.ts";
import { keyOfId } from "../core/request/session-id.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { redisStore } from "../stores/redis/index.ts";
import { CoatcheckStore } from "./coatcheck-store.ts";
import type { SessionLike } from "./session.ts";

const redisServer = await anyRedis();
const redis = await nodeRedis(redisServer.url);
const running: Running[] = [];
let prefixes = 0;
after(async () => {
  await Promise.all(running.map((app) => app.close()));
  await redis.close();
  await redisServer.stop();
});

const stores: Record<string, () => SessionStore> = {
  memory: () => memoryStore(),
  redis: () => redisStore({ client: redis.client, prefix: `drop-in-${process.pid}-${++prefixes}:` }),
};

const handler: Handler = async (req, res) => {
  const [, route, key = "", value] = (req.url ?? "").split("/");
  const data = req.session as unknown as Record<string, unknown>;
  switch (route) {
    case "login":
      await req.session.regenerate();
      req.session.user = key;
      break;
    case "slow-set":
      await delay(Math.random() * 4);
      data[key] = value;
      break;
    case "slow-save":
      await delay(Math.random() * 4);
      data[key] = value;
      await req.session.save().catch((error) => assert.equal(error.code, "SESSION_GONE"));
      break;
    case "logout":
      await req.session.destroy();
  }
  res.end(JSON.stringify({ ...req.session, cookie: undefined }));
};

async function start(store: SessionStore, handle: Handler = handler, more: Partial<SessionOptions> = {}) {
  const errors: unknown[] = [];
  const middleware = session({ secret: "keyboard cat", store, resave: false, saveUninitialized: false, ...more });
  const app = await listen(hosts[0]!.app([middleware], handle, errors, false));
  running.push(app);
  return { client: new Client(app.url), url: app.url, errors };
}

for (const [name, create] of Object.entries(stores)) {
  describe(name, () => {
    test("100 parallel requests that each set another key keep all 100", async () => {
      const { client } = await start(create());
      await client.get("/login/ada");
      await Promise.all(Array.from({ length: 100 }, (_, i) => client.get(`/slow-set/key${i}/${i}`)));
      assert.equal(Object.keys(JSON.parse(await client.get("/"))).length, 101);
    });

    test("logout racing slow writers, 50 rounds: the session never comes back", async () => {
      const { client, url, errors } = await start(create(), handler, { resave: true });
      for (let round = 0; round < 50; round++) {
        await client.get("/login/ada");
        const replayed = client.clone();
        const writers = Array.from({ length: 10 }, (_, i) => {
          const route = i % 2 ? "slow-set" : "slow-save";
          return client.clone().get(`/${route}/key${i}/${i}`);
        });
        await delay(2);
        await client.get("/logout");
        await Promise.all(writers);
        assert.equal(await replayed.get("/"), "{}");
      }
      assert.deepEqual([errors, await new Client(url).get("/")], [[], "{}"]);
    });

    test("regenerating ends the old ID at once, also for a writer that has loaded it", async () => {
      let release = (): void => {};
      let held = (): void => {};
      const isHeld = new Promise<void>((resolve) => {
        held = resolve;
      });
      const { client } = await start(create(), async (req, res, next) => {
        if (req.url !== "/hold") return handler(req, res, next);
        await new Promise<void>((resolve) => {
          release = resolve;
          held();
        });
        req.session.user = "eve";
        return res.end();
      });
      await client.get("/login/ada");
      const old = client.clone();
      const holding = old.get("/hold");
      await isHeld;
      await client.get("/login/bob");
      release();
      await holding;
      assert.deepEqual([await old.get("/"), await client.get("/")], ["{}", '{"user":"bob"}']);
    });

    test("values come back as they were; what only JSON can keep is kept as JSON does", async () => {
      class Id {
        toJSON(): string {
          return "id-1";
        }
      }
      const { client } = await start(create(), (req, res) => {
        const data = req.session as unknown as Record<string, unknown>;
        if (req.url === "/set") {
          const cart = { id: new Id(), nothing: undefined };
          Object.assign(data, { date: new Date(5), map: new Map([["a", 1]]), cart, none: undefined, $own: "x" });
        }
        if (req.url === "/change") (data["map"] as Map<string, number>).set("b", 2);
        const { date, map, cart, $own } = data;
        return res.end(
          JSON.stringify([date instanceof Date, [...(map as Map<string, number>)], cart, "none" in data, $own]),
        );
      });
      await client.get("/set");
      await client.get("/change");
      assert.equal(await client.get("/"), '[true,[["a",1],["b",2]],{"id":"id-1"},false,"x"]');
    });

    test("a session whose cookie ends with the browser, and one whose maxAge was shortened", async () => {
      const { client } = await start(
        create(),
        (req, res) => {
          if (req.url === "/browser") req.session.cookie.expires = false;
          if (req.url === "/short") req.session.cookie.maxAge = 1_000;
          req.session.views = (req.session.views ?? 0) + 1;
          const { expires, maxAge } = req.session.cookie;
          res.end(JSON.stringify([req.session.views, Boolean(expires), (maxAge ?? Infinity) < 2_000]));
        },
        { cookie: { maxAge: 60_000 } },
      );
      await client.get("/");
      await client.get("/browser");
      assert.equal(await client.get("/"), "[3,false,false]");
      await client.get("/short");
      assert.equal(await client.get("/"), "[5,true,true]");
    });
  });
}

test("methods give a promise when there is no callback, and save and destroy may be forgotten", async () => {
  const { client } = await start(memoryStore(), async (req, res, next) => {
    if (req.url !== "/all") return handler(req, res, next);
    req.session.user = "ada";
    await req.session.save();
    req.session.user = "eve";
    await req.session.reload();
    assert.equal(req.session.user, "ada");
    const before = req.sessionID;
    await req.session.regenerate();
    assert.notEqual(req.sessionID, before);
    const { session: gone } = req;
    await gone.destroy();
    await assert.rejects(gone.save(), { code: "SESSION_GONE" });
    gone.save();
    await new Promise(setImmediate);
    return res.end("done");
  });
  assert.equal(await client.get("/all"), "done");
});

test("a session that is destroyed while its first save is under way stays destroyed", async () => {
  const store = scriptStore(memoryStore(), async (method, proceed) => {
    if (method === "create") await delay(20);
    return proceed();
  });
  let sid = "";
  const { client } = await start(store, async (req, res) => {
    req.session.user = "ada";
    sid = req.sessionID;
    req.session.save();
    await req.session.destroy();
    res.end();
  });
  await client.get("/");
  assert.equal(await store.load(keyOfId(sid)), undefined);
});

test("a first save that failed can be tried again", async () => {
  let failures = 1;
  const store = scriptStore(memoryStore(), async (method, proceed) => {
    if (method === "create" && failures-- > 0) throw new Error("cut");
    return proceed();
  });
  const { client } = await start(store, async (req, res, next) => {
    if (req.url === "/") return handler(req, res, next);
    req.session.user = "ada";
    await assert.rejects(req.session.save(), { code: "STORE_UNAVAILABLE" });
    await req.session.save();
    return res.end();
  });
  await client.get("/save");
  assert.equal(await client.get("/"), '{"user":"ada"}');
});

test("each save sends what differs from the last one, back to what was loaded too, and from a copy of the store's", async () => {
  const { client } = await start(memoryStore(), async (req, res, next) => {
    const data = req.session as unknown as Record<string, unknown>;
    switch (req.url) {
      case "/there-and-back":
        data["user"] = "eve";
        data["list"] = ["new"];
        await req.session.save();
        data["user"] = "ada";
        delete data["list"];
        return res.end();
      case "/copy":
        return req.sessionStore.get(req.sessionID, (error, found) => {
          assert.equal(error, null);
          Object.assign(found!, { user: "bob", 1: "first" });
          req.sessionStore.set(req.sessionID, found!, () => res.end());
        });
      default:
        return handler(req, res, next);
    }
  });
  await client.get("/login/ada");
  await client.get("/there-and-back");
  assert.equal(await client.get("/"), '{"user":"ada"}');
  await client.get("/copy");
  assert.deepEqual(JSON.parse(await client.get("/")), { user: "bob", 1: "first" });
  await client.get("/slow-set/user/eve");
  assert.deepEqual(JSON.parse(await client.get("/")), { user: "eve", 1: "first" });
});

test("a store sees neither the ID nor the cookie, so that a dump of it logs nobody in", async () => {
  const seen: string[] = [];
  const store = new Proxy(memoryStore(), {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => {
        seen.push(inspect(args, { depth: 5 }));
        return Reflect.apply(member, target, args);
      };
    },
  });
  const { client } = await start(store);
  await client.get("/login/ada");
  const id =
    decodeURIComponent(client.cookieHeader ?? "")
      .slice("connect.sid=s:".length)
      .split(".")[0] ?? "";
  assert.equal(id.length, 43);
  assert(seen.length > 0 && !seen.some((text) => text.includes(id)));
});

test("reading costs one load, and no write until the expiry is worth one; a forged cookie costs nothing", async () => {
  const { store, calls } = countCalls(memoryStore());
  const { client, url } = await start(store, handler, { resave: true });
  await client.get("/login/ada");
  const before = { ...calls };
  for (let i = 0; i < 10; i++) await client.get("/");
  assert.deepEqual(calls, { ...before, load: 10 });
  await new Client(url, `${client.cookieHeader}x`).get("/");
  assert.deepEqual(calls, { ...before, load: 10 });
});

test("when the store fails, the answer is the error's, also of a stream; a session that has ended is no failure", async () => {
  let script: Script = (_method, proceed) => proceed();
  const store = scriptStore(memoryStore(), (method, proceed) => script(method, proceed));
  const { client, errors } = await start(store, async (req, res, next) => {
    if (req.url !== "/stream") return handler(req, res, next);
    req.session.user = "eve";
    res.writeHead(200, { "Content-Length": 6 });
    res.write("abc");
    return res.end("def");
  });
  await client.get("/login/ada");
  script = async (method, proceed) => {
    if (method === "commit") throw new Error("cut");
    return proceed();
  };
  for (const path of ["/slow-set/a/1", "/stream"]) {
    const response = await client.request(path);
    assert.deepEqual([response.status, response.setCookies], [503, []]);
    assert.equal(await response.text(), "Service Unavailable");
  }
  while (errors.length < 2) await new Promise(setImmediate);
  assert.match(String(errors[0]), /did not complete "commit"/);
  script = (method) => Promise.reject(new Error(method));
  const unread = await client.request("/");
  assert.deepEqual([unread.status, errors.length], [503, 3]);
  script = (method, proceed) => (method === "commit" ? Promise.resolve("gone" as never) : proceed());
  assert.equal((await client.request("/stream")).status, 200);
  assert.equal(errors.length, 3);
});

test("when the store fails after a new session was saved, the 503 brings its cookie", async () => {
  const script: { current: Script } = { current: (_method, proceed) => proceed() };
  const store = scriptStore(memoryStore(), (method, proceed) => script.current(method, proceed));
  const { client } = await start(store, async (req, res) => {
    if (req.url === "/login") {
      await req.session.regenerate();
      req.session.user = "ada";
      await req.session.save();
      Reflect.set(req.session, "more", 1);
    }
    res.end(String(req.session.user));
  });
  script.current = (method, proceed) => (method === "commit" ? Promise.reject(new Error("cut")) : proceed());
  const response = await client.request("/login");
  assert.deepEqual([response.status, response.setCookies.length], [503, 1]);
  assert.equal(response.headers["cache-control"], "no-store");
  script.current = (_method, proceed) => proceed();
  assert.equal(await client.get("/"), "ada");
});

test("a cookie that was replaced by a plain object keeps its settings", async () => {
  for (const store of [memoryStore(), new session.MemoryStore()]) {
    const { client } = await start(store as SessionStore, (req, res) => {
      if (req.url === "/") return res.end(JSON.stringify(req.session.cookie));
      const settings = { path: "/", httpOnly: false, sameSite: "lax", maxAge: 60_000, priority: "high" };
      Object.assign(req.session, { user: "ada", cookie: settings });
      return res.end();
    });
    const [setCookie = ""] = (await client.request("/login")).setCookies;
    assert.match(setCookie, /; Path=\/; Expires=[^;]+ GMT; Priority=High; SameSite=Lax$/);
    const { originalMaxAge, httpOnly } = JSON.parse(await client.get("/"));
    assert.deepEqual([originalMaxAge > 59_000, httpOnly], [true, false]);
  }
});

test("an outage of the store is told on the channel of events, under the cookie's name", async () => {
  const heard: unknown[] = [];
  const hear = (message: unknown): void => void heard.push(message);
  subscribe("coatcheck.event", hear);
  let isOut = false;
  const store = scriptStore(memoryStore(), (_method, proceed) => {
    if (isOut) throw new Error("cut");
    return proceed();
  });
  const { client } = await start(store, handler, { name: "outage" });
  await client.get("/login/ada");
  isOut = true;
  for (let i = 0; i < 6; i++) assert.equal((await client.request("/")).status, 503);
  isOut = false;
  await delay(1_100);
  assert.equal(await client.get("/"), '{"user":"ada"}');
  unsubscribe("coatcheck.event", hear);
  assert.deepEqual(
    heard.filter((message) => Reflect.get(Object(message), "cookieName") === "outage"),
    ["unavailable", "recovered"].map((type) => ({ cookieName: "outage", event: { type, store: "memory" } })),
  );
});

test("objects among the cookie settings of one session are not those of another with equal settings", async () => {
  const store = new CoatcheckStore(memoryStore(), () => {});
  const note = async (sid: string) => {
    const found = await new Promise<unknown>((resolve, reject) => {
      store.get(sid, (error, session) => (error ? reject(error) : resolve(session)));
    });
    return (found as { cookie: { note: { of: string } } }).cookie.note;
  };
  for (const sid of ["a", "b"]) {
    const session: SessionLike = { cookie: { originalMaxAge: null, note: { of: "everyone" } } };
    await new Promise<void>((resolve, reject) =>
      store.set(sid, session, (error) => (error ? reject(error) : resolve())),
    );
  }
  (await note("a")).of = "a alone";
  assert.equal((await note("b")).of, "everyone");
});
