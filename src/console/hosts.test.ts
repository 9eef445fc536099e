// The console in every framework, mounted as its docs say, alone and behind the framework's own session middleware.
import assert from "node:assert/strict";
import type { IncomingMessage, ServerResponse } from "node:http";
import { test } from "node:test";
import { getRequestListener } from "@hono/node-server";
import express5 from "express";
import express4 from "express4";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { formOf, visit } from "../../test/fixtures/console/browser.ts";
import { listen } from "../../test/fixtures/listen.ts";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { session as expressSession } from "../adapters/express/index.ts";
import { session as fastifySession } from "../adapters/fastify/index.ts";
import { withSession } from "../adapters/fetch/index.ts";
import { session as honoSession } from "../adapters/hono/index.ts";
import { session as koaSession } from "../adapters/koa/index.ts";
import { session as nodeSession } from "../adapters/node/index.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { type MountedPage, sessionConsole } from "./index.ts";

interface Running {
  readonly url: string;
  close(): Promise<void>;
}

interface Host {
  readonly name: string;
  readonly basePath?: string;
  /** @param sessions Where the framework's own middleware is to stand before the console. */
  serve(console: MountedPage, sessions: SessionManager<AnyData> | undefined): Promise<Running>;
}

const hosts: readonly Host[] = [
  {
    name: "hono, app.mount",
    serve: (console, sessions) => {
      const app = new Hono();
      if (sessions) app.use(honoSession(sessions));
      app.mount("/sessions", console.fetch);
      return listen(getRequestListener(app.fetch), {});
    },
  },
  {
    name: "hono, under a path of its own",
    basePath: "/admin/who",
    serve: (console, sessions) => {
      const app = new Hono();
      if (sessions) app.use(honoSession(sessions));
      app.all("/admin/who/*", (c) => console.fetch(c.req.raw));
      return listen(getRequestListener(app.fetch), {});
    },
  },
  {
    name: "fetch",
    serve: (console, sessions) => {
      const fetch = sessions ? withSession(sessions, (request) => console.fetch(request)) : console.fetch;
      return listen(
        getRequestListener((request) => fetch(request)),
        {},
      );
    },
  },
  {
    name: "node:http",
    serve: (console, sessions) => {
      const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
        if (!(await console.middleware(req, res))) res.writeHead(418).end();
      };
      return listen((sessions ? nodeSession(sessions, answer) : answer) as never, {});
    },
  },
  ...[
    ["express 5", express5],
    ["express 4", express4],
  ].map(
    ([name, express]): Host => ({
      name: `${name}`,
      serve: (console, sessions) => {
        const app = (express as typeof express5)();
        if (sessions) app.use(expressSession(sessions));
        app.use(console.middleware);
        return listen(app as never, {});
      },
    }),
  ),
  {
    name: "express 5, under a path and behind a body parser",
    serve: (console, sessions) => {
      const app = express5();
      if (sessions) app.use(expressSession(sessions));
      app.use(express5.urlencoded({ extended: true }));
      app.use("/sessions", console.middleware);
      return listen(app as never, {});
    },
  },
  {
    name: "fastify",
    serve: async (console, sessions) => {
      const app = Fastify();
      if (sessions) await app.register(fastifySession(sessions));
      app.addHook("onRequest", async (request, reply) => {
        if (await console.middleware(request.raw, reply.raw)) reply.hijack();
      });
      app.get("/other", () => "other");
      const url = await app.listen({ port: 0, host: "127.0.0.1" });
      return { url, close: () => app.close() };
    },
  },
  {
    name: "koa",
    serve: (console, sessions) => {
      const app = new Koa();
      if (sessions) app.use(koaSession(sessions) as never);
      app.use(async (ctx, next) => {
        if (await console.middleware(ctx.req, ctx.res)) ctx.respond = false;
        else await next();
      });
      return listen(app.callback() as never, {});
    },
  },
];

for (const host of hosts) {
  for (const hasOwnMiddleware of [false, true]) {
    test(`${host.name}${hasOwnMiddleware ? ", behind its session middleware" : ""}: pages, forms and cookies work`, async (t) => {
      const store = memoryStore();
      const sessions = createManager<AnyData>({ secret: SECRET, store }, () => store);
      const base = host.basePath ?? "/sessions";
      const console = sessionConsole<AnyData>({ sessions, authorize: () => true, basePath: host.basePath });
      const running = await host.serve(console, hasOwnMiddleware ? sessions : undefined);
      t.after(async () => {
        console.close();
        await running.close();
      });
      await createVisitor(sessions).request((session) => session.login("ada"));

      const operator = visit(running.url);
      const first = await operator.get(base);
      assert.equal(first.status, 200);
      assert.match(first.text, /<bdi>ada<\/bdi>/);
      assert.equal(first.headers.getSetCookie().length, 1, "a form needs a session, and the browser must know it");
      const style = /href="([^"]+style[^"]+)"/.exec(first.text)?.[1] ?? "";
      assert.match((await operator.get(style)).headers.get("content-type") ?? "", /^text\/css/);

      const again = await operator.get(`${base}/?by=owner&q=ada`);
      assert.deepEqual(again.headers.getSetCookie(), []);
      const [session] = await sessions.list("ada");
      const { action, fields } = formOf(again.text, `${base}/end?`);
      const sent = await operator.post(action, { ...fields, only: session?.key ?? "", confirmed: "yes" });
      assert.deepEqual([sent.status, sent.headers.get("location")], [303, `${base}/?by=owner&q=ada&ended=1`]);
      assert.deepEqual(await sessions.list("ada"), []);
      assert.equal((await operator.post(action, { ...fields, _csrf: "" })).status, 403);
    });
  }
}

test("what lies elsewhere is the framework's own", async (t) => {
  const store = memoryStore();
  const sessions = createManager<AnyData>({ secret: SECRET, store }, () => store);
  const console = sessionConsole({ sessions, authorize: () => true });
  const app = express5();
  app.use(console.middleware);
  app.use((_req, res) => void res.send("mine"));
  const running = await listen(app as never, {});
  t.after(() => running.close());
  for (const path of ["/", "/sessionsfoo", "/session", "/other/sessions"]) {
    assert.equal((await visit(running.url).get(path)).text, "mine", path);
  }
});

test("a session that both renew is renewed once, and the browser's cookie goes on", async (t) => {
  const store = memoryStore();
  let now = Date.now();
  const options = { secret: SECRET, store, renewInterval: "1m", clock: () => now } as const;
  const sessions = createManager<AnyData>(options, () => store);
  const console = sessionConsole<AnyData>({ sessions, authorize: (session) => session.owner === "admin" });
  const app = new Hono();
  app.use(honoSession(sessions));
  app.mount("/sessions", console.fetch);
  const running = await listen(getRequestListener(app.fetch), {});
  t.after(() => running.close());

  const operator = visit(running.url);
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("admin"));
  operator.cookie = visitor.cookie ?? "";
  for (let i = 0; i < 4; i++) {
    now += 61_000;
    const { status, headers } = await operator.get("/sessions");
    assert.deepEqual([status, headers.getSetCookie().length], [200, 1]);
  }
  assert.equal((await sessions.list("admin")).length, 1);
});
