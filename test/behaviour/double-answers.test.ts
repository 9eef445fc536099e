// What apps do by mistake, or as other libraries had it: an answer given twice, arguments that are none, a session that is
// overwritten. No slip ends the process, and none is silent. Stores that take a moment hold responses back meanwhile.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import express5 from "express";
import express4 from "express4";
import Koa from "koa";
import { session as onExpress } from "../../src/adapters/express/index.ts";
import { session as onKoa } from "../../src/adapters/koa/index.ts";
import { session as onNode } from "../../src/adapters/node/index.ts";
import type { Session } from "../../src/core/session/types.ts";
import { createSessions, memoryStore } from "../../src/index.ts";
import { listen } from "../fixtures/listen.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";

type Holder = { session: Session<AnyData> | null };
/** Works on node's own request and response; `holder` has the session. */
type Handler = (holder: Holder, req: IncomingMessage, res: ServerResponse) => unknown;

const slowStore = () => scriptStore(memoryStore(), (_method, proceed) => sleep(2).then(proceed));

/** Bun and Deno have errors of their own for these. */
const isNode = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

/** What an app's own error handler saw. */
const seen: unknown[] = [];

function expressApp(express: typeof express5, sessions: ReturnType<typeof newSessions>, handler: Handler): unknown {
  const app = express();
  app.use(onExpress(sessions));
  app.use((req, res, next) => {
    Promise.resolve()
      .then(() => handler(req as never, req, res))
      .catch(next);
  });
  app.use((error: Error, _req: unknown, res: ServerResponse, _next: unknown) => {
    seen.push(error);
    if (res.headersSent) return;
    res.statusCode = 500;
    res.end("handled");
  });
  return app;
}

const newSessions = () => createSessions<AnyData>({ secret: SECRET, store: slowStore() });

const hosts: Record<string, (sessions: ReturnType<typeof newSessions>, handler: Handler) => unknown> = {
  "express 5": (sessions, handler) => expressApp(express5, sessions, handler),
  "express 4": (sessions, handler) => expressApp(express4 as never, sessions, handler),
  node: (sessions, handler) => onNode(sessions, (req, res) => handler(req as never, req, res)),
  koa: (sessions, handler) => {
    const app = new Koa();
    app.on("error", () => {});
    app.use(onKoa(sessions) as never);
    app.use(async (ctx) => {
      ctx.respond = false;
      await handler(ctx as never, ctx.req, ctx.res);
    });
    return app.callback();
  },
};

for (const [name, host] of Object.entries(hosts)) {
  describe(name, () => {
    async function ask(handler: Handler, cookie?: string) {
      const sessions = newSessions();
      const app = await listen(host(sessions, handler) as never, {});
      try {
        const response = await fetch(app.url, { redirect: "manual", ...(cookie ? { headers: { cookie } } : {}) });
        return { status: response.status, text: await response.text(), headers: response.headers };
      } finally {
        await app.close();
      }
    }

    test("the first of two answers counts, whole, and the second meets Node's own errors", async () => {
      let refusal: unknown;
      let lateError: unknown;
      const { status, text, headers } = await ask(({ session }, _req, res) => {
        session!["visits"] = 1;
        res.statusCode = 401;
        res.setHeader("Content-Length", 5);
        res.on("error", (error) => {
          lateError = error;
        });
        res.end("first");
        try {
          res.setHeader("Content-Length", 17);
        } catch (error) {
          refusal = error;
        }
        res.statusCode = 200;
        res.end("the second answer");
      });
      assert.deepEqual([status, text], [401, "first"]);
      assert.equal(headers.getSetCookie().length, 1);
      assert.equal((refusal as { code?: string }).code, "ERR_HTTP_HEADERS_SENT");
      if (isNode) assert.equal((lateError as { code?: string }).code, "ERR_STREAM_WRITE_AFTER_END");
    });

    test("a change inside a value that was read before the first write is stored before the answer ends", async () => {
      const sessions = newSessions();
      const app = await listen(
        host(sessions, async ({ session }, req, res) => {
          if (req.url === "/start") session!["cart"] = ["pen"];
          if (req.url === "/add" || req.url === "/add-later") {
            const cart = session!["cart"] as string[];
            res.write("x");
            // Later, the head has left by now; otherwise it is still held.
            if (req.url === "/add-later") await sleep(10);
            cart.push(req.url);
          }
          res.end(JSON.stringify(session!["cart"]));
        }) as never,
        {},
      );
      const started = await fetch(`${app.url}/start`);
      const headers = { cookie: started.headers.getSetCookie()[0]!.split(";")[0]! };
      for (const path of ["/add", "/add-later"]) await (await fetch(app.url + path, { headers })).text();
      const last = await (await fetch(`${app.url}/`, { headers })).text();
      await app.close();
      assert.equal(last, '["pen","/add","/add-later"]');
    });

    test("an error after the whole answer, by which the connection is cut, costs the client nothing", async () => {
      const { status, text, headers } = await ask(({ session }, req, res) => {
        session!["visits"] = 1;
        res.statusCode = 200;
        res.end("the answer");
        // As finalhandler does, Express's own, where it finds that the head is sent.
        assert(res.headersSent);
        req.socket.destroy();
      });
      assert.deepEqual([status, text, headers.getSetCookie().length], [200, "the answer", 1]);
    });

    test("streaming where something asks whether the head is sent before each piece", async () => {
      const { status, text } = await ask(({ session }, _req, res) => {
        session!["visits"] = 1;
        const { write } = res;
        res.write = (...args: unknown[]) => {
          if (!res.headersSent) res.writeHead(res.statusCode);
          return Reflect.apply(write, res, args);
        };
        res.writeHead(200, { "Content-Type": "text/event-stream" });
        res.write("data: 1\n\n");
        setTimeout(() => res.end("data: 2\n\n"), 10);
      });
      assert.deepEqual([status, text], [200, "data: 1\n\ndata: 2\n\n"]);
    });

    test("a session that is set to null has ended", async () => {
      const sessions = newSessions();
      const handler: Handler = (holder, req, res) => {
        if (req.url === "/login") holder.session!["user"] = "ada";
        const text = JSON.stringify(holder.session);
        if (req.url === "/logout") holder.session = null;
        res.end(text);
      };
      const app = await listen(host(sessions, handler) as never, {});
      try {
        const login = await fetch(`${app.url}/login`);
        const cookie = login.headers.getSetCookie()[0]!.split(";")[0]!;
        const logout = await fetch(`${app.url}/logout`, { headers: { cookie } });
        assert.match(logout.headers.getSetCookie()[0] ?? "", /Max-Age=0/);
        assert.equal(await (await fetch(app.url, { headers: { cookie } })).text(), "{}");
      } finally {
        await app.close();
      }
    });
  });
}

describe("what reaches the developer", () => {
  for (const [name, express] of Object.entries({ "express 5": express5, "express 4": express4 as never })) {
    test(`${name}: a body that is none goes to the app's error handler`, async () => {
      seen.length = 0;
      const app = await listen(
        expressApp(express, newSessions(), ({ session }, _req, res) => {
          session!["visits"] = 1;
          res.end(["no", "body"] as never);
        }) as never,
        {},
      );
      try {
        const response = await fetch(app.url);
        assert.deepEqual([response.status, await response.text()], [500, "handled"]);
        assert.deepEqual(
          seen.map((error) => (error as { code?: string }).code),
          ["ERR_INVALID_ARG_TYPE"],
        );
      } finally {
        await app.close();
      }
    });
  }

  test("an object in the session's place is an error that says what to do", async (t) => {
    const printed = t.mock.method(console, "error", () => {});
    const app = await listen(
      hosts["node"]!(newSessions(), (holder, _req, res) => {
        holder.session = { user: "bob" } as never;
        res.end("done");
      }) as never,
      {},
    );
    try {
      assert.equal((await fetch(app.url)).status, 500);
      assert.match(String(printed.mock.calls[0]?.arguments[0]), /SessionReplacedError.*Assign its keys/);
    } finally {
      await app.close();
    }
  });
});
