// What each framework has of its own: who gets errors, what is registered twice, and what goes past it.
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { runInNewContext } from "node:vm";
import express5 from "express";
import express4 from "express4";
import createFastify, { type FastifyInstance } from "fastify";
import { Hono } from "hono";
import Koa, { type DefaultState, type Middleware } from "koa";
import Koa2 from "koa2";
import { session as expressSession } from "../../src/adapters/express/index.ts";
import { session as fastifySession } from "../../src/adapters/fastify/index.ts";
import { withSession } from "../../src/adapters/fetch/index.ts";
import { session as honoSession, type SessionEnv } from "../../src/adapters/hono/index.ts";
import { session as koaSession, type SessionContext } from "../../src/adapters/koa/index.ts";
import { session as nodeSession } from "../../src/adapters/node/index.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import type { Session } from "../../src/core/session/types.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, createTestManager } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";

type Listener = Parameters<typeof createServer>[1];

async function serve(listener: unknown): Promise<Client> {
  const server = createServer(listener as Listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  return new Client(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

async function serveFastify(app: FastifyInstance): Promise<Client> {
  after(() => app.close());
  return new Client(await app.listen({ host: "127.0.0.1", port: 0 }));
}

/** A store that takes nothing new. */
function fullStore(): SessionStore {
  return scriptStore(memoryStore(), (method, proceed) =>
    method === "create" ? Promise.reject(new Error("full")) : proceed(),
  );
}

/** A rejected promise that is not an `instanceof Promise`, as of a handler that runs in Jest or `node:vm`. */
function rejectionOf(message: string): unknown {
  return runInNewContext("Promise.reject(error)", { error: new Error(message) });
}

for (const [name, express] of Object.entries({ "express 5": express5, "express 4": express4 })) {
  test(`${name}: a request that passes the middleware again keeps the session it has`, async () => {
    const { sessions, calls } = createTestManager();
    const app = express();
    app.use(expressSession(sessions));
    app.use((req, _res, next) => {
      (req as unknown as { session: AnyData }).session["a"] = 1;
      next();
    });
    app.use(expressSession(sessions));
    app.get(
      "/",
      expressSession(sessions, (req, res) => {
        res.end(JSON.stringify(req.session));
      }),
    );
    const client = await serve(app);
    assert.equal(await client.get("/"), '{"a":1}');
    assert.equal(await client.get("/"), '{"a":1}');
    assert.deepEqual([calls["load"], calls["create"]], [1, 1]);
  });

  test(`${name}: what a route's handler throws or rejects with goes to the app's error handler`, async () => {
    const { sessions } = createTestManager();
    const app = express();
    app.use(expressSession(sessions));
    app.get(
      "/throws",
      expressSession(sessions, () => {
        throw new Error("thrown");
      }),
    );
    app.get(
      "/rejects",
      expressSession(sessions, async (req) => {
        req.session["a"] = 1;
        throw new Error("rejected");
      }),
    );
    app.get(
      "/rejects-elsewhere",
      expressSession(sessions, () => rejectionOf("another realm")),
    );
    app.use((error: Error, req: { session?: object }, res: express5.Response, _next: unknown) => {
      res.status(418).send(`${error.message} ${JSON.stringify(req.session)}`);
    });
    const client = await serve(app);
    for (const [path, text] of [
      ["/throws", "thrown {}"],
      ["/rejects", 'rejected {"a":1}'],
      ["/rejects-elsewhere", 'another realm {"a":1}'],
    ] as const) {
      const response = await client.request(path);
      assert.deepEqual([response.status, await response.text()], [418, text]);
    }
  });
}

test("node: a listener's promise of another realm that rejects is answered with 500", async (t) => {
  const printed = t.mock.method(console, "error", () => {});
  const { sessions } = createTestManager();
  const client = await serve(nodeSession(sessions, () => rejectionOf("another realm")));
  const response = await client.request("/");
  assert.equal(response.status, 500);
  assert.match(String(printed.mock.calls[0]?.arguments[0]), /another realm/);
});

test("fastify: the app's error handler gets what the store failed with, and answers", async () => {
  const { sessions } = createTestManager({ store: fullStore() });
  const app = createFastify();
  await app.register(fastifySession(sessions));
  app.setErrorHandler((error: Error & { code?: string; status?: number }, request, reply) => {
    const { length } = Object.keys(request.session);
    reply.code(error.status ?? 500).send(`${error.code} with ${length} key`);
  });
  app.get("/", async (request) => {
    request.getDecorator<Session<AnyData>>("session")["a"] = 1;
    return "ok";
  });
  const response = await (await serveFastify(app)).request("/");
  assert.deepEqual([response.status, response.setCookies], [503, []]);
  assert.equal(await response.text(), "STORE_UNAVAILABLE with 1 key");
});

test("fastify: the plugin reaches the instance that registers it, and not its parent", async () => {
  const app = createFastify();
  await app.register(async (inner) => {
    await inner.register(fastifySession(createTestManager().sessions));
    inner.get("/inner", (request) => ({ has: "session" in request && request.session !== undefined }));
  });
  app.get("/outer", (request) => ({ has: "session" in request && request.session !== undefined }));
  const client = await serveFastify(app);
  assert.equal(await client.get("/inner"), '{"has":true}');
  assert.equal(await client.get("/outer"), '{"has":false}');
  assert(!app.hasRequestDecorator("session"));
});

test("fastify: two sessions of one name are refused at the start", async () => {
  const app = createFastify();
  app.register(fastifySession(createTestManager().sessions));
  app.register(fastifySession(createTestManager().sessions));
  await assert.rejects(async () => app.ready(), /'session' has already been added/);
});

test("fastify: cookies and headers of the raw response, of the reply and of a Response all stay", async () => {
  const app = createFastify();
  await app.register(fastifySession(createTestManager().sessions));
  app.get("/", async (request, reply) => {
    request.getDecorator<Session<AnyData>>("session")["a"] = 1;
    reply.raw.setHeader("Set-Cookie", "raw=1");
    return new Response("body", { headers: { Vary: "Origin", "Cache-Control": "private", "Set-Cookie": "own=1" } });
  });
  app.get("/reply", async (request, reply) => {
    request.getDecorator<Session<AnyData>>("session")["b"] = 2;
    reply.header("set-cookie", "one=1").header("set-cookie", "two=2").header("vary", "Accept");
    return "body";
  });
  const client = await serveFastify(app);
  const response = await client.request("/");
  assert.equal(await response.text(), "body");
  const names = response.setCookies.map((cookie) => cookie.split("=")[0]);
  assert.deepEqual(names.sort(), ["own", "raw", "session"]);
  assert.deepEqual([response.headers.vary, response.headers["cache-control"]], ["Origin, Cookie", "private"]);
  const fresh = await client.request("/reply", { headers: { cookie: "" } });
  assert.deepEqual([await fresh.text(), fresh.setCookies.length, fresh.headers.vary], ["body", 3, "Accept, Cookie"]);
});

test("koa: a middleware above gets what the store failed with, and answers", async () => {
  const { sessions } = createTestManager({ store: fullStore() });
  const app = new Koa<DefaultState, SessionContext<AnyData>>();
  app.use(async (ctx, next) => {
    try {
      await next();
    } catch (error) {
      ctx.status = Number(Reflect.get(Object(error), "status"));
      ctx.body = String(Reflect.get(Object(error), "code"));
    }
  });
  app.use(koaSession(sessions));
  app.use((ctx) => {
    ctx.session["a"] = 1;
    ctx.body = "ok";
  });
  const response = await (await serve(app.callback())).request("/");
  assert.deepEqual([response.status, response.setCookies, await response.text()], [503, [], "STORE_UNAVAILABLE"]);
});

test("koa: an error that is handled below the session is an answer like any other", async () => {
  const app = new Koa<DefaultState, SessionContext<AnyData>>();
  app.use(koaSession(createTestManager().sessions));
  app.use(async (ctx, next) => {
    await next().catch(() => {
      ctx.status = 418;
    });
  });
  app.use((ctx) => {
    ctx.session["a"] = 1;
    throw new Error("mistake");
  });
  const response = await (await serve(app.callback())).request("/");
  assert.deepEqual([response.status, response.setCookies.length], [418, 1]);
  await response.text();
});

test("koa: a response that goes past Koa is stored before its headers, and a failure is answered by Koa", async () => {
  for (const [store, status, text] of [
    [memoryStore(), 200, "raw"],
    [fullStore(), 503, "Service Unavailable"],
  ] as const) {
    const app = new Koa<DefaultState, SessionContext<AnyData>>();
    const errors: unknown[] = [];
    app.on("error", (error) => errors.push(error));
    app.use(koaSession(createTestManager({ store }).sessions) as Middleware<DefaultState, SessionContext<AnyData>>);
    app.use((ctx) => {
      ctx.session["a"] = 1;
      ctx.respond = false;
      ctx.res.writeHead(200);
      ctx.res.end("raw");
    });
    const response = await (await serve(app.callback())).request("/");
    assert.deepEqual([response.status, await response.text()], [status, text]);
    assert.deepEqual([response.setCookies.length, errors.length], status === 200 ? [1, 0] : [0, 1]);
  }
});

test("fastify: a file that can't be opened while the session is stored is an error of the app", async () => {
  const { sessions } = createTestManager({ store: lateStore() });
  const app = createFastify({ forceCloseConnections: true });
  await app.register(fastifySession(sessions));
  app.get("/", (request, reply) => {
    request.getDecorator<Session<AnyData>>("session")["a"] = 1;
    return reply.send(createReadStream("/no such file"));
  });
  const client = await serveFastify(app as unknown as FastifyInstance);
  assert.equal((await client.request("/")).status, 500);
});

test("fastify: of two answers the first is sent, and a failing store replaces it by a 503", async () => {
  for (const [store, status, text] of [
    [lateStore(), 200, /^one$/],
    [fullStore(), 503, /./],
  ] as const) {
    const { sessions } = createTestManager({ store });
    const app = createFastify({ forceCloseConnections: true });
    await app.register(fastifySession(sessions));
    app.get("/", (request, reply) => {
      request.getDecorator<Session<AnyData>>("session")["a"] = 1;
      reply.send("one");
      reply.send("two");
    });
    const client = await serveFastify(app as unknown as FastifyInstance);
    const response = await client.request("/");
    assert.equal(response.status, status);
    assert.match(await response.text(), text);
  }
});

test("fastify: an app's own error whose session can't be stored is answered with 503", async () => {
  const { sessions } = createTestManager({ store: fullStore() });
  const app = createFastify({ forceCloseConnections: true });
  await app.register(fastifySession(sessions));
  app.get("/", async (request) => {
    request.getDecorator<Session<AnyData>>("session")["a"] = 1;
    throw Object.assign(new Error("the app's own"), { statusCode: 418 });
  });
  const client = await serveFastify(app as unknown as FastifyInstance);
  assert.equal((await client.request("/")).status, 503);
});

/** A store that answers after some turns of the event loop. */
function lateStore(): SessionStore {
  return scriptStore(memoryStore(), async (_method, proceed) => {
    await delay(20);
    return proceed();
  });
}

for (const [name, App] of Object.entries({ "koa 3": Koa, "koa 2": Koa2 as typeof Koa })) {
  test(`${name}: a body that fails while the session is stored ends no process`, async () => {
    const { sessions } = createTestManager({ store: lateStore() });
    const app = new App<DefaultState, SessionContext<AnyData>>();
    const failed = Promise.withResolvers<void>();
    app.on("error", () => {});
    app.use(koaSession(sessions) as Middleware<DefaultState, SessionContext<AnyData>>);
    app.use((ctx) => {
      ctx.session["a"] = 1;
      const body = createReadStream("/no such file");
      body.on("close", () => failed.resolve());
      ctx.body = body;
    });
    const client = await serve(app.callback());
    const answered = client.get("/").catch(() => "cut");
    await failed.promise;
    await answered;
  });

  test(`${name}: an answer past Koa that comes later is stored first, and replaced where that fails`, async () => {
    for (const [store, status, cookies] of [
      [lateStore(), 200, 1],
      [fullStore(), 503, 0],
    ] as const) {
      const { sessions } = createTestManager({ store });
      const app = new App<DefaultState, SessionContext<AnyData>>();
      app.on("error", () => {});
      app.use(async (ctx, next) => {
        await next().catch(() => {
          ctx.body = "handled above";
        });
      });
      app.use(koaSession(sessions) as Middleware<DefaultState, SessionContext<AnyData>>);
      app.use((ctx) => {
        ctx.session["a"] = 1;
        ctx.respond = false;
        setImmediate(() => ctx.res.writeHead(200).end("past Koa"));
      });
      const client = await serve(app.callback());
      const response = await client.request("/");
      assert.deepEqual([response.status, response.setCookies.length], [status, cookies]);
      await response.text();
    }
  });
}

test("hono: the answer to a failing store keeps the headers of middleware, and not those of the dropped body", async () => {
  const { sessions } = createTestManager({ store: fullStore() });
  const app = new Hono<SessionEnv<AnyData>>();
  const cancelled = Promise.withResolvers<void>();
  app.use(async (c, next) => {
    c.res.headers.set("X-Middleware", "stays");
    await next();
  });
  app.use(honoSession(sessions));
  app.get("/", (c) => {
    c.get("session")["a"] = 1;
    const body = new ReadableStream({ cancel: () => cancelled.resolve() });
    return new Response(body, { headers: { "Content-Length": "5000", "Content-Encoding": "gzip" } });
  });
  const response = await app.request("/");
  const { headers } = response;
  assert.equal(response.status, 503);
  assert.deepEqual(
    [headers.get("X-Middleware"), headers.get("Content-Length"), headers.get("Content-Encoding")],
    ["stays", null, null],
  );
  await cancelled.promise;
});

test("fetch: a body that a failing store replaces is cancelled", async () => {
  const { sessions } = createTestManager({ store: fullStore() });
  const cancelled = Promise.withResolvers<void>();
  const handler = withSession(sessions, (_request, session) => {
    session["a"] = 1;
    return new Response(new ReadableStream({ cancel: () => cancelled.resolve() }));
  });
  assert.equal((await handler(new Request("http://localhost/"))).status, 503);
  await cancelled.promise;
});
