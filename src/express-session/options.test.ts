// Wrong options of the drop-in: what is refused at start, and what only a request can show.
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import session, { type SessionOptions } from "coatcheck/express-session";
import { Client } from "../../test/fixtures/browser-client.ts";
import { type Handler, hosts, listen, type Running } from "../../test/fixtures/express-session/hosts.ts";
import { createSessions } from "../create-sessions.ts";
import { memoryStore } from "../stores/memory/index.ts";

const running: Running[] = [];
after(() => Promise.all(running.map((app) => app.close())));

const create = (options: unknown): unknown => session(options as SessionOptions);

function refuse(options: unknown, option: string, message: RegExp): void {
  assert.throws(() => create(options), { code: "INVALID_OPTION", option, message });
}

test("a store without get, set and destroy is refused, and its remedy says what was meant", () => {
  for (const store of [{}, "redis", 5, { get() {} }]) refuse({ secret: "s", store }, "store", /get, set and destroy/);
  refuse({ secret: "s", store: memoryStore }, "store", /is a function.*call/i);
  refuse({ secret: "s", store: session.MemoryStore }, "store", /is a function.*new/i);
  refuse({ secret: "s", store: Promise.resolve(memoryStore()) }, "store", /is a promise/);
  for (const store of [undefined, null]) assert.equal(typeof create({ secret: "s", store }), "function");
});

test("options that are no object, or a manager, are refused", async () => {
  for (const options of ["secret", 5, true, () => {}]) refuse(options, "options", /must be an object/);
  const sessions = createSessions({ secret: "0123456789abcdef0123456789abcdef-Aq", store: memoryStore() });
  refuse(sessions, "options", /a manager.*coatcheck\/express/);
  await sessions.close();
});

test("a cookie that is no object or function is refused, and a maxAge that is no time", () => {
  for (const cookie of ["x", 5, true]) refuse({ secret: "s", cookie }, "cookie", /must be an object or a function/);
  for (const maxAge of ["1d", {}, true]) {
    refuse({ secret: "s", cookie: { maxAge } }, "cookie.maxAge", /maxAge must be a number or Date/);
  }
  for (const maxAge of [undefined, null, 0, 1000, new Date()]) {
    assert.equal(typeof create({ secret: "s", cookie: { maxAge } }), "function");
  }
  assert.equal(typeof create({ secret: "s", cookie: null }), "function");
});

for (const host of hosts) {
  for (const [kind, createStore] of [
    ["MemoryStore", () => new session.MemoryStore()],
    ["a store of coatcheck's", memoryStore],
  ] as const) {
    describe(`${host.name}, ${kind}`, () => {
      async function start(options: object, handler: Handler) {
        const errors: unknown[] = [];
        const middleware = session({
          secret: "s",
          store: createStore(),
          resave: true,
          saveUninitialized: true,
          ...options,
        });
        const app = await listen(host.app([middleware], handler, errors, false));
        running.push(app);
        return { client: new Client(app.url), errors };
      }

      test("what the cookie's function gives is judged at the request: next gets the error, and its page ends", async () => {
        for (const [given, option] of [
          [{ maxAge: "1d" }, "cookie.maxAge"],
          ["x", "cookie"],
          [null, "cookie"],
        ] as const) {
          const { client, errors } = await start({ cookie: () => given }, (_req, res) => res.end());
          const response = await client.request("/");
          assert.deepEqual([response.status, response.setCookies], [500, []]);
          assert.match(await response.text(), /cookie/);
          assert.deepEqual(
            errors.map((error) => Reflect.get(Object(error), "option")),
            [option],
          );
        }
      });

      test("a cookie's function or a genid that throws, at first or at a regeneration, is an error of the request", async () => {
        let isBroken = true;
        const broken = (): never => {
          throw new Error("no");
        };
        const regenerate: Handler = (req, res, next) => {
          isBroken = true;
          req.session.regenerate((error) => (error ? next(error) : res.end()));
        };
        for (const options of [
          { cookie: () => (isBroken ? broken() : {}) },
          { genid: () => (isBroken ? broken() : String(Math.random())) },
        ]) {
          for (const unset of ["keep", "destroy"]) {
            isBroken = true;
            const { client, errors } = await start({ ...options, unset }, regenerate);
            const first = await client.request("/");
            assert.deepEqual([first.status, await first.text()], [500, "no"]);
            isBroken = false;
            const second = await client.request("/");
            assert.deepEqual([second.status, await second.text(), errors.length], [500, "no", 2]);
          }
        }
      });

      test("a session that can't be written is an error of the request, and its page ends", async () => {
        const { client, errors } = await start({}, (req, res, next) => {
          Object.assign(req.session, { circle: req.session });
          try {
            res.end("done");
          } catch (error) {
            next(error);
          }
        });
        const response = await client.request("/");
        assert.deepEqual([response.status, await response.text()], [500, "Internal Server Error"]);
        while (errors.length === 0) await new Promise(setImmediate);
        assert.match(String(errors), /circular/i);
      });
    });
  }
}
