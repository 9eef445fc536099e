// What express-session asks of a store, and what a store may expect of it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import session, { type SessionMiddleware, type SessionOptions } from "coatcheck/express-session";
import { Client } from "../../test/fixtures/browser-client.ts";
import { type Handler, listen, type Running } from "../../test/fixtures/express-session/hosts.ts";
import { count, routes, subjects } from "../../test/fixtures/express-session/subjects.ts";

for (const { name, host, session, createStore } of subjects.filter((each) => !each.name.includes("coatcheck's"))) {
  describe(`${name}, with a store of its own kind`, () => {
    const running: Running[] = [];
    after(() => Promise.all(running.map((app) => app.close())));

    async function start(
      store: InstanceType<typeof session.MemoryStore>,
      handler: Handler,
      options: Partial<SessionOptions> = {},
    ) {
      const errors: unknown[] = [];
      const middleware = session({ secret: "s", resave: false, saveUninitialized: false, ...options, store });
      const app = await listen(host.app([middleware], handler, errors, false));
      running.push(app);
      return { client: new Client(app.url), errors };
    }
    const create = () => createStore() as InstanceType<typeof session.MemoryStore>;

    test("an unmodified session is touched and not saved; with resave, it is saved", async () => {
      for (const resave of [false, true]) {
        const store = create();
        const { client } = await start(store, routes({ count }), { resave });
        await client.get("/count");
        const calls: string[] = [];
        for (const method of ["set", "touch", "destroy"] as const) {
          const own = store[method].bind(store) as (...args: unknown[]) => void;
          Reflect.set(store, method, (...args: unknown[]) => {
            calls.push(method);
            own(...args);
          });
        }
        await client.get("/");
        assert.deepEqual(calls, [resave ? "set" : "touch"]);
      }
    });

    test("a number as a key, which stands before the cookie, is seen like any other", async () => {
      const store = create();
      const add: Handler = (req, res) => {
        const data = req.session as unknown as Record<number, number>;
        data[1] = (data[1] ?? 0) + 1;
        res.end(String(data[1]));
      };
      const { client } = await start(store, routes({ count, add }));
      await client.get("/count");
      assert.deepEqual(
        [await client.get("/add"), await client.get("/add"), await client.get("/count")],
        ["1", "2", "2"],
      );
      store.set = () => assert.fail("Nothing has changed.");
      assert.deepEqual(JSON.parse(await client.get("/")), { 1: 2, views: 2 });
    });

    test("errors of get and of set reach next; ENOENT of get means that there is no session", async () => {
      const store = create();
      const { client, errors } = await start(store, routes({ count }));
      await client.get("/count");
      const { get, set } = store;
      store.get = (_sid, callback) => callback(new Error("cannot get"));
      const failed = await client.request("/");
      assert.deepEqual([failed.status, await failed.text()], [500, "cannot get"]);
      store.get = (_sid, callback) => callback(Object.assign(new Error("none"), { code: "ENOENT" }));
      assert.equal(await client.get("/"), "{}");
      store.get = get;
      store.set = (_sid, _session, callback) => callback?.(new Error("cannot set"));
      const unsaved = await client.request("/count");
      assert.deepEqual([unsaved.status, await unsaved.text()], [200, "2"]);
      while (errors.length < 2) await new Promise(setImmediate);
      assert.match(String(errors[1]), /cannot set/);
      store.set = set;
      assert.equal(await client.get("/"), '{"views":1}');
    });

    test("while a store is disconnected there is no session, and then there is again", async () => {
      const store = create();
      const { client } = await start(store, (req, res) => res.end(String(req.session === undefined)));
      assert.equal(await client.get("/"), "false");
      store.emit("disconnect");
      assert.equal(await client.get("/"), "true");
      store.emit("connect");
      assert.equal(await client.get("/"), "false");
    });

    test("the answer does not end before the store has the session", async () => {
      const store = create();
      const set = store.set.bind(store);
      let release: (() => void) | undefined;
      const asked = new Promise<void>((resolve) => {
        store.set = (sid, data, callback) => {
          release = () => set(sid, data, callback);
          resolve();
        };
      });
      const { client } = await start(store, count);
      let isThere = false;
      const body = client.get("/").finally(() => {
        isThere = true;
      });
      await asked;
      await new Promise(setImmediate);
      assert.equal(isThere, false);
      release?.();
      assert.equal(await body, "1");
    });

    test("the store's events and methods: all, length, clear, load", async () => {
      const store = create();
      const { client } = await start(store, count);
      await client.get("/");
      const [all, length] = await Promise.all([call(store, "all"), call(store, "length")]);
      const [sid = ""] = Object.keys(all as object);
      assert.equal(length, 1);
      const loaded = (await call(store, "load", sid)) as { id: string; views: number };
      assert.deepEqual([loaded.id, loaded.views], [sid, 1]);
      await call(store, "clear");
      assert.equal(await client.get("/"), "1");
    });

    test("classes of before classes: Store.call(this), and a store that answers at once", async () => {
      type Sessions = Map<string, string>;
      function Old(this: InstanceType<typeof session.Store> & { kept: Sessions }) {
        Reflect.apply(session.Store as unknown as () => void, this, []);
        this.kept = new Map();
      }
      Object.setPrototypeOf(Old.prototype, session.Store.prototype);
      const methods: ThisType<{ kept: Sessions }> & Record<string, (...args: never[]) => unknown> = {
        get(sid: string, callback: (error: null, found?: object) => void) {
          const text = this.kept.get(sid);
          callback(null, text === undefined ? undefined : JSON.parse(text));
        },
        set(sid: string, data: object, callback: () => void) {
          this.kept.set(sid, JSON.stringify(data));
          callback();
        },
        destroy(sid: string, callback: () => void) {
          this.kept.delete(sid);
          callback();
        },
      };
      Object.assign(Old.prototype, methods);
      const store = Reflect.construct(Old, []) as InstanceType<typeof session.MemoryStore>;
      setImmediate(() => store.emit("connect"));
      await once(store, "connect");
      const { client } = await start(store, count);
      await client.get("/");
      assert.equal(await client.get("/"), "2");
    });
  });
}

describe("an answer whose session could not be stored, where the error handler cuts the connection as Express's does", () => {
  const LENGTH = 32_000_000;

  async function start(errors: unknown[]): Promise<Running> {
    const store = new session.MemoryStore();
    store.set = (_sid, _session, callback) => void setImmediate(() => callback?.(new Error("cannot set")));
    const middleware: SessionMiddleware = session({ secret: "s", resave: false, saveUninitialized: true, store });
    return listen((req, res) =>
      middleware(req, res, (error) => {
        if (!error) return res.end(Buffer.alloc(LENGTH));
        errors.push(error);
        return req.socket.destroy();
      }),
    );
  }

  test("arrives whole at a slow client, and then the error reaches next", async () => {
    const errors: unknown[] = [];
    const app = await start(errors);
    let length = 0;
    const [response] = await once(get(app.url), "response");
    for await (const chunk of response) {
      length += chunk.length;
      await delay(0);
    }
    assert.equal(length, LENGTH);
    await app.close();
    assert.deepEqual(errors.map(String), ["Error: cannot set"]);
  });

  test("reaches next once when the client goes away before the end", async () => {
    const errors: unknown[] = [];
    const app = await start(errors);
    const asked = get(app.url);
    await once(asked, "response");
    assert.deepEqual(errors, []);
    asked.destroy();
    while (errors.length === 0) await new Promise(setImmediate);
    await app.close();
    assert.deepEqual(errors.map(String), ["Error: cannot set"]);
  });
});

function call(store: object, method: string, ...args: unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback = (error: unknown, found: unknown): void => (error ? reject(error) : resolve(found));
    Reflect.apply(Reflect.get(store, method), store, [...args, callback]);
  });
}
