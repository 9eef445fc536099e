// What express-session's documentation promises, asked over real HTTP.
import assert from "node:assert/strict";
import { request } from "node:http";
import { after, describe, test } from "node:test";
import type { SessionOptions } from "coatcheck/express-session";
import { Client } from "../../test/fixtures/browser-client.ts";
import { type Handler, listen, type Running } from "../../test/fixtures/express-session/hosts.ts";
import { count, routes, type Subject, show, subjects } from "../../test/fixtures/express-session/subjects.ts";

type Options = Omit<SessionOptions, "store"> & { store?: SessionOptions["store"] };

interface Ground {
  readonly client: Client;
  readonly url: string;
  readonly errors: unknown[];
}

for (const subject of subjects) describe(subject.name, () => suite(subject));

function suite(subject: Subject): void {
  const running: Running[] = [];
  after(() => Promise.all(running.map((app) => app.close())));

  async function start(
    options: Options,
    handler: Handler,
    { tls = false, trustProxy = false, more = [] as Options[] } = {},
  ): Promise<Ground> {
    const errors: unknown[] = [];
    const middleware = [options, ...more].map((each) => {
      const defaults = {
        secret: "keyboard cat",
        store: subject.createStore(),
        resave: false,
        saveUninitialized: false,
      };
      return subject.session({ ...defaults, ...each });
    });
    const app = await listen(subject.host.app(middleware, handler, errors, trustProxy), tls);
    running.push(app);
    return { client: new Client(app.url), url: app.url, errors };
  }

  test("a value set in one request is there in the next, by a signed cookie", async () => {
    const { client } = await start({}, count);
    const response = await client.request("/");
    assert.match(response.setCookies[0] ?? "", /^connect\.sid=s%3A[\w-]+\.[\w%]{43,}; Path=\/; HttpOnly$/);
    assert.equal(await response.text(), "1");
    const again = await client.request("/");
    assert.deepEqual([await again.text(), again.setCookies], ["2", []]);
  });

  test("saveUninitialized false: an empty session sets no cookie; true: it does", async () => {
    const quiet = await start({}, show);
    assert.deepEqual((await quiet.client.request("/")).setCookies, []);
    const eager = await start({ saveUninitialized: true }, show);
    assert.equal((await eager.client.request("/")).setCookies.length, 1);
    assert.deepEqual((await eager.client.request("/")).setCookies, []);
  });

  test("a cookie that is forged, cut, unsigned or unknown opens nothing and gets a new session ID", async () => {
    const { client, url } = await start({}, count);
    await client.get("/");
    const cookie = client.cookieHeader ?? "";
    const other = await start({ secret: "another secret" }, count);
    await other.client.get("/");
    const forged = [cookie.slice(0, -1), `${cookie}x`, cookie.replace("s%3A", ""), "connect.sid=%", "connect.sid="];
    for (const bad of [...forged, other.client.cookieHeader ?? ""]) {
      const response = await new Client(url, bad).request("/");
      assert.deepEqual([response.status, await response.text(), response.setCookies.length], [200, "1", 1], bad);
    }
  });

  test("secrets rotate: the first signs, all verify", async () => {
    const store = subject.createStore();
    const old = await start({ store, secret: "old" }, count);
    await old.client.get("/");
    const both = await start({ store, secret: ["new", "old"] }, count);
    assert.equal(await new Client(both.url, old.client.cookieHeader).get("/"), "2");
    const onlyNew = await start({ store, secret: [Buffer.from("new")] }, count);
    assert.equal(await new Client(onlyNew.url, old.client.cookieHeader).get("/"), "1");
    const fresh = new Client(both.url);
    await fresh.get("/");
    assert.equal(await new Client(onlyNew.url, fresh.cookieHeader).get("/"), "2");
  });

  test("a secret may be an ArrayBuffer", async () => {
    const store = subject.createStore();
    const first = await start({ store, secret: new Uint8Array(Buffer.from("bytes")).buffer }, count);
    await first.client.get("/");
    const second = await start({ store, secret: "bytes" }, count);
    assert.equal(await new Client(second.url, first.client.cookieHeader).get("/"), "2");
  });

  test("the cookie's options are its attributes, and name is its name", async () => {
    const cookie = { path: "/app", httpOnly: false, domain: "example.com", sameSite: true, priority: "high" } as const;
    const { client } = await start({ name: "id", cookie: { ...cookie, partitioned: true, maxAge: 60_000 } }, count);
    const [setCookie = ""] = (await client.request("/app/x")).setCookies;
    assert.match(
      setCookie,
      /^id=s%3A.*; Domain=example\.com; Path=\/app; Expires=[^;]+ GMT; Partitioned; Priority=High/,
    );
    assert.match(setCookie, /; SameSite=Strict$/);
    assert.doesNotMatch(setCookie, /HttpOnly|Secure/);
    for (const sameSite of ["lax", "strict", "none"] as const) {
      const each = await start({ cookie: { sameSite } }, count);
      assert.match((await each.client.request("/")).setCookies[0] ?? "", new RegExp(`SameSite=${sameSite}`, "i"));
    }
  });

  test("cookie as a function of the request", async () => {
    const cookie: SessionOptions["cookie"] = (req) => ({ path: req.url === "/a" ? "/a" : "/", maxAge: 1000 });
    const { client } = await start({ cookie }, count);
    assert.match((await client.request("/a")).setCookies[0] ?? "", /; Path=\/a; Expires=/);
  });

  test("requests outside the cookie's path have no session", async () => {
    const { client } = await start({ cookie: { path: "/app" } }, (req, res) =>
      res.end(String(req.session === undefined)),
    );
    assert.deepEqual(
      [await client.get("/"), await client.get("/ap?/app"), await client.get("/app/x?y")],
      ["true", "true", "false"],
    );
  });

  test("the path is the URL's own, of a whole URL too; OPTIONS * has none, and no session", async () => {
    const isThere: Handler = (req, res) => res.end(String(req.session !== undefined));
    const { url } = await start({ cookie: { path: "/admin" } }, isThere);
    const whole = ["http://h/admin/y", "HTTP://h/admin?x", "http://h?x=/admin/y", "http://h", "/admin?/"];
    const answers = await Promise.all(whole.map((target) => ask(url, "GET", target)));
    assert.deepEqual(answers, ["true", "true", "false", "false", "true"]);
    const anywhere = await start({}, isThere);
    assert.equal(await ask(anywhere.url, "GET", "http://h?x"), "true");
    // connect itself calls no middleware for it.
    if (subject.host.name !== "connect") assert.equal(await ask(anywhere.url, "OPTIONS", "*"), "false");
  });

  test("secure: no cookie over http; over https, by a trusted proxy, and with proxy, there is one", async () => {
    const https = { headers: { "x-forwarded-proto": "https, http" } };
    const cookies = async (options: Options, ground: object, init = {}): Promise<readonly string[]> =>
      (await (await start(options, count, ground)).client.request("/", init)).setCookies;
    assert.deepEqual(await cookies({ cookie: { secure: true } }, {}), []);
    assert.match((await cookies({ cookie: { secure: true } }, { tls: true }))[0] ?? "", /; Secure/);
    assert.match((await cookies({ cookie: { secure: true }, proxy: true }, {}, https))[0] ?? "", /; Secure/);
    assert.deepEqual(await cookies({ cookie: { secure: true }, proxy: false }, { trustProxy: true }, https), []);
    assert.deepEqual(await cookies({ cookie: { secure: true } }, {}, https), []);
    if (!subject.host.name.startsWith("Express")) return;
    assert.match((await cookies({ cookie: { secure: true } }, { trustProxy: true }, https))[0] ?? "", /; Secure/);
  });

  test('secure "auto" and sameSite "auto" are as the connection is', async () => {
    const cookie = { secure: "auto", sameSite: "auto" } as const;
    const plain = await start({ cookie }, count);
    assert.match((await plain.client.request("/")).setCookies[0] ?? "", /HttpOnly; SameSite=Lax$/);
    const tls = await start({ cookie }, count, { tls: true });
    assert.match((await tls.client.request("/")).setCookies[0] ?? "", /; Secure; SameSite=None$/);
  });

  test("maxAge: the cookie goes out when the session changes; with rolling, always", async () => {
    const handler = routes({ count, show });
    const still = await start({ cookie: { maxAge: 60_000 } }, handler);
    await still.client.get("/count");
    assert.deepEqual((await still.client.request("/show")).setCookies, []);
    assert.equal((await still.client.request("/count")).setCookies.length, 1);
    const rolling = await start({ cookie: { maxAge: 60_000 }, rolling: true }, handler);
    assert.deepEqual((await rolling.client.request("/show")).setCookies, []);
    await rolling.client.get("/count");
    assert.equal((await rolling.client.request("/show")).setCookies.length, 1);
  });

  test("a visitor's own maxAge is kept and set back to its full length; false ends with the browser", async () => {
    const { client } = await start(
      { cookie: { maxAge: 1_000_000 } },
      routes({
        remember: (req, res) => {
          req.session.user = "ada";
          req.session.cookie.maxAge = 5_000_000;
          res.end();
        },
        ages: ({ session: { cookie } }, res) => res.end(JSON.stringify([cookie.originalMaxAge, cookie.maxAge])),
        forget: (req, res) => {
          req.session.user = "eve";
          req.session.cookie.expires = false;
          res.end();
        },
        expires: (req, res) => res.end(String(Boolean(req.session.cookie.expires))),
      }),
    );
    await client.get("/remember");
    const [originalMaxAge, maxAge] = JSON.parse(await client.get("/ages")) as [number, number];
    assert(originalMaxAge > 4_990_000 && originalMaxAge <= 5_000_000, String(originalMaxAge));
    assert(maxAge > 4_900_000 && maxAge <= 5_000_000, String(maxAge));
    assert.doesNotMatch((await client.request("/forget")).setCookies[0] ?? "", /Expires/);
    assert.equal(await client.get("/expires"), "false");
  });

  test("an expired session is a new one", async () => {
    const { client } = await start(
      {},
      routes({
        end: (req, res) => {
          req.session.views = 7;
          req.session.cookie.maxAge = 60_000;
          res.end();
        },
        past: (req, res) => {
          req.session.views = 8;
          req.session.cookie.maxAge = -1;
          res.end();
        },
      }),
    );
    await client.get("/end");
    assert.equal(await client.get("/"), '{"views":7}');
    const before = client.clone();
    await client.get("/past");
    assert.equal(await before.get("/"), "{}");
  });

  test("regenerate: a new ID, no data, and the old cookie opens nothing", async () => {
    const { client } = await start(
      {},
      routes({
        count,
        login: (req, res) => {
          const old = req.session;
          req.session.regenerate((error) => {
            assert.ifError(error);
            assert.notEqual(req.session, old);
            assert.equal(req.session.id, req.sessionID);
            req.session.user = "ada";
            res.end();
          });
        },
      }),
    );
    await client.get("/count");
    const before = client.clone();
    assert.equal((await client.request("/login")).setCookies.length, 1);
    assert.deepEqual([await client.get("/"), await before.get("/")], ['{"user":"ada"}', "{}"]);
  });

  test("data are taken over a regeneration with Object.assign, the cookie's JSON among them: the login is kept", async () => {
    const login: Handler = (req, res, next) => {
      const old = JSON.parse(JSON.stringify(req.session)) as object;
      req.session.regenerate((error) => {
        if (error) return next(error);
        Object.assign(req.session, old, { user: "ada" });
        return res.end();
      });
    };
    for (const options of [{}, { cookie: { maxAge: 60_000 } }, { resave: true, saveUninitialized: true }]) {
      const { client, errors } = await start(options, routes({ count, login }));
      await client.get("/count");
      const before = client.clone();
      const response = await client.request("/login");
      assert.deepEqual([response.status, response.setCookies.length, errors], [200, 1, []]);
      assert.deepEqual([await client.get("/"), await before.get("/")], ['{"views":1,"user":"ada"}', "{}"]);
    }
  });

  test("destroy: req.session is gone, no cookie is set, and the old cookie opens nothing", async () => {
    const logout: Handler = (req, res) => req.session.destroy(() => res.end(String(req.session)));
    const { client } = await start({}, routes({ count, logout }));
    await client.get("/count");
    const response = await client.request("/logout");
    assert.deepEqual([await response.text(), response.setCookies, await client.get("/")], ["undefined", [], "{}"]);
  });

  test("reload brings back what is stored; save stores at once; id can't be changed", async () => {
    const { client, errors } = await start(
      { saveUninitialized: true },
      routes({
        count,
        reload: (req, res, next) => {
          req.session.views = 99;
          req.session.reload((error) => (error ? next(error) : show(req, res, next)));
        },
        save: (req, res) => {
          req.session.views = 5;
          assert.throws(() => Reflect.apply(Object.assign, Object, [req.session, { id: "x" }]), TypeError);
          req.session.save((error) => {
            assert.ifError(error);
            req.sessionStore.get(req.sessionID, (_error, stored) => {
              res.end(String(Reflect.get(stored ?? {}, "views")));
            });
          });
        },
      }),
    );
    await client.get("/count");
    assert.equal(await client.get("/reload"), '{"views":1}');
    assert.equal(await client.get("/save"), "5");
    const reload: Handler = (req, res, next) => {
      req.session.reload((error) => (error ? next(error) : res.end()));
    };
    const unstored = await start({}, reload);
    const failed = await unstored.client.request("/");
    assert.equal(failed.status, 500);
    assert.equal(await failed.text(), "failed to load session");
    assert.deepEqual([errors.length, unstored.errors.length], [0, 1]);
  });

  for (const unset of ["keep", "destroy"] as const) {
    test(`unset "${unset}": what becomes of a session that is set to null`, async () => {
      const drop: Handler = (req, res) => {
        req.session.views = 50;
        Reflect.set(req, "session", null);
        res.end();
      };
      const { client } = await start({ unset }, routes({ count, drop }));
      await client.get("/count");
      assert.deepEqual((await client.request("/drop")).setCookies, []);
      assert.equal(await client.get("/"), unset === "keep" ? '{"views":1}' : "{}");
    });
  }

  test("nested changes and deletions are seen and stored", async () => {
    const { client } = await start(
      {},
      routes({
        push: (req, res) => {
          req.session.list ??= [];
          req.session.list.push("x");
          req.session.user = "ada";
          res.end();
        },
        delete: (req, res) => {
          delete req.session.user;
          res.end();
        },
      }),
    );
    for (const path of ["/push", "/push", "/delete"]) await client.get(path);
    assert.equal(await client.get("/"), '{"list":["x","x"]}');
  });

  test("streams, chunks, HEAD, writeHead with headers, redirects and 204 all store and set the cookie", async () => {
    const set = (req: Parameters<Handler>[0]): void => {
      req.session.user = "ada";
    };
    const answers: Record<string, Handler> = {
      stream: (req, res) => {
        set(req);
        res.write("a");
        setImmediate(() => {
          res.write("b");
          res.end("c");
        });
      },
      sized: (req, res) => {
        set(req);
        res.setHeader("Content-Length", "3");
        res.end("abc");
      },
      head: (req, res) => {
        set(req);
        res.writeHead(201, "Made", { "X-Own": "1", "Set-Cookie": ["a=1", "b=2"] });
        res.end("abc");
      },
      raw: (req, res) => {
        set(req);
        res.writeHead(200, ["X-Own", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2"]);
        res.end("abc");
      },
      flush: (req, res) => {
        set(req);
        res.flushHeaders();
        res.end("abc");
      },
      encoded: (req, res) => {
        set(req);
        res.end("616263", "hex");
      },
    };
    for (const name of Object.keys(answers)) {
      const { client } = await start({}, routes(answers));
      const response = await client.request(`/${name}`);
      assert.equal(await response.text(), "abc", name);
      assert.equal(response.setCookies.filter((each) => each.startsWith("connect.sid")).length, 1, name);
      if (name === "head") assert.equal(response.status, 201);
      if (name === "head" || name === "raw") {
        assert.deepEqual([response.headers["x-own"], response.setCookies.slice(0, 2)], ["1", ["a=1", "b=2"]]);
      }
      assert.equal(await client.get("/"), '{"user":"ada"}', name);
    }
    for (const [method, code] of [
      ["HEAD", 200],
      ["GET", 204],
      ["GET", 304],
      ["GET", 302],
    ] as const) {
      const status: Handler = (req, res) => {
        set(req);
        res.writeHead(code).end();
      };
      const { client } = await start({}, routes({ status }));
      const response = await client.request("/status", { method });
      assert.deepEqual([response.status, await response.text(), response.setCookies.length], [code, "", 1]);
      assert.equal(await client.get("/"), '{"user":"ada"}');
    }
  });

  test("what changes after the first chunk of an answer is stored too, before the answer ends", async () => {
    const late: Handler = (req, res) => {
      req.session.views = 1;
      res.write("a");
      req.session.views = 2;
      setImmediate(() => {
        req.session.list = ["late"];
        res.end();
      });
    };
    const { client } = await start({}, routes({ late }));
    await client.get("/late");
    assert.equal(await client.get("/"), '{"views":2,"list":["late"]}');
  });

  test("the app's own cookies stay beside the session's", async () => {
    const { client } = await start({}, (req, res) => {
      res.setHeader("Set-Cookie", ["a=1", "b=2"]);
      req.session.user = "ada";
      res.end();
    });
    const { setCookies } = await client.request("/");
    assert.deepEqual(
      setCookies.map((each) => each.split("=")[0]),
      ["a", "b", "connect.sid"],
    );
  });

  test("genid makes the IDs, from the request", async () => {
    let made = 0;
    const { client } = await start({ genid: (req) => `${req.method}-${++made}.x` }, count);
    assert.match((await client.request("/")).setCookies[0] ?? "", /^connect\.sid=s%3AGET-1\.x\./);
    assert.equal(await client.get("/"), "2");
  });

  test("genid that is falsy is the default", async () => {
    for (const genid of [null, "", 0, false, undefined]) {
      const { client } = await start({ genid: genid as never }, count);
      await client.get("/");
      assert.equal(await client.get("/"), "2");
    }
  });

  test("a cookie that can't be written is told to next, and the answer goes out without it", async () => {
    for (const options of [{ name: "a b" }, { cookie: { domain: "a b" } }]) {
      const { client, errors } = await start({ ...options, saveUninitialized: true }, show);
      const response = await client.request("/");
      assert.deepEqual([response.status, response.setCookies, await response.text()], [200, [], "{}"]);
      while (errors.length === 0) await new Promise(setImmediate);
      assert.match(String(errors), /^TypeError: .*invalid/);
    }
  });

  test("two instances: the second leaves a request that has a session alone; by path, each has its own", async () => {
    const same = await start({ name: "one" }, count, { more: [{ name: "two" }] });
    const { setCookies } = await same.client.request("/");
    assert.deepEqual(
      setCookies.map((each) => each.split("=")[0]),
      ["one"],
    );
    const apart = await start({ name: "one", cookie: { path: "/one" } }, count, {
      more: [{ name: "two", cookie: { path: "/two" } }],
    });
    assert.match((await apart.client.request("/one")).setCookies[0] ?? "", /^one=/);
    assert.match((await apart.client.request("/two")).setCookies[0] ?? "", /^two=/);
  });

  test("in a mounted app, the cookie's path is compared with the whole path", async () => {
    const middleware = subject.session({
      secret: "s",
      store: subject.createStore(),
      resave: false,
      saveUninitialized: false,
      cookie: { path: "/shop" },
    });
    const app = await listen(subject.host.mount("/shop", subject.host.app([middleware], count, [], false)));
    running.push(app);
    const client = new Client(app.url);
    assert.equal((await client.request("/shop/cart")).setCookies.length, 1);
    assert.equal(await client.get("/shop/cart"), "2");
  });

  test("a missing secret is an error of the request; cookie-parser's secret serves", async () => {
    const missing = await start({ secret: undefined }, count);
    const response = await missing.client.request("/");
    assert.equal(response.status, 500);
    assert.match(await response.text(), /secret.*required/);
    const options: Options = { secret: undefined, store: subject.createStore() };
    const middleware = subject.session({ ...options, resave: false, saveUninitialized: false });
    const parser: typeof middleware = (req, _res, next) => {
      Reflect.set(req, "secret", "parsed");
      next();
    };
    const app = await listen(subject.host.app([parser, middleware], count, [], false));
    running.push(app);
    const client = new Client(app.url);
    await client.get("/");
    assert.equal(await client.get("/"), "2");
  });

  test("wrong options are refused at start, with the option's name", () => {
    const refuse = (options: unknown, message: RegExp): void =>
      assert.throws(() => subject.session(options as SessionOptions), message);
    refuse({ secret: "s", genid: "x" }, /genid.*must/);
    refuse({ secret: "s", unset: "x" }, /unset.*must/);
    refuse({ secret: [] }, /secret.*array must contain one or more/);
  });

  test("its names and messages are those that code may look for", () => {
    for (const options of [undefined, null]) {
      const middleware = subject.session(options as never);
      assert.deepEqual([middleware.name, middleware.length], ["session", 3]);
    }
    const cookie = new subject.session.Cookie();
    assert.throws(() => Reflect.set(cookie, "maxAge", "1d"), {
      name: "TypeError",
      message: "maxAge must be a number or Date",
    });
    assert.throws(() => new subject.session.Cookie("x" as never), {
      name: "TypeError",
      message: "argument options must be a object",
    });
  });

  test("a request whose answer never ends stores nothing and breaks nothing", async () => {
    const { client, url } = await start({}, routes({ hang: (_req, res) => res.destroy() }));
    await assert.rejects(client.get("/hang"));
    assert.equal(await new Client(url).get("/"), "{}");
  });
}

/** The body of the answer to a request whose target is sent as it is. */
function ask(url: string, method: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, method, path }, async (response) => {
      let text = "";
      for await (const chunk of response.setEncoding("utf8")) text += chunk;
      resolve(text);
    });
    asked.on("error", reject).end();
  });
}
