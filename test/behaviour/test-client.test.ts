// The test client on every kind of app: cookies are kept, redirects followed, and a test can log a visitor in.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { session as expressSession } from "../../src/adapters/express/index.ts";
import { session as fastifySession } from "../../src/adapters/fastify/index.ts";
import { withSession } from "../../src/adapters/fetch/index.ts";
import { session as honoSession, type SessionEnv } from "../../src/adapters/hono/index.ts";
import { session as koaSession } from "../../src/adapters/koa/index.ts";
import { createSessions } from "../../src/index.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { nodeTestClient, type TestClient, testClient } from "../../src/testing/index.ts";
import { SECRET } from "../fixtures/manager.ts";

interface Data {
  username?: string;
  visits?: number;
}

const sessions = createSessions<Data>({ secret: SECRET, store: memoryStore() });
after(() => sessions.close());

/** Counts visits; `/go` redirects to `/`. */
function pageOf(session: Data): string {
  session.visits = (session.visits ?? 0) + 1;
  return `${session.username ?? "nobody"} ${session.visits}`;
}

const CLIENTS: Readonly<Record<string, () => Promise<TestClient<Data>>>> = {
  async fetch() {
    const handler = withSession(sessions, (request, session) =>
      new URL(request.url).pathname === "/go"
        ? new Response(null, { status: 302, headers: { Location: "/" } })
        : new Response(pageOf(session)),
    );
    return testClient<Data>((request) => handler(request), { sessions });
  },
  async hono() {
    const app = new Hono<SessionEnv<Data>>();
    app.use(honoSession(sessions));
    app.get("/", (c) => c.text(pageOf(c.get("session"))));
    app.get("/go", (c) => c.redirect("/"));
    return testClient<Data>({ fetch: (request) => app.fetch(request) }, { sessions });
  },
  async express() {
    const app = express();
    app.use(expressSession(sessions));
    app.get("/", (request, response) => void response.send(pageOf(request.session as Data)));
    app.get("/go", (_request, response) => response.redirect("/"));
    return nodeTestClient<Data>(app, { sessions });
  },
  async koa() {
    const app = new Koa();
    app.use(koaSession(sessions));
    app.use((ctx) => {
      if (ctx.path === "/go") ctx.redirect("/");
      else ctx.body = pageOf(ctx["session"] as Data);
    });
    return nodeTestClient<Data>(app.callback(), { sessions });
  },
  async fastify() {
    const app = Fastify();
    await app.register(fastifySession(sessions));
    app.get("/", (request) => pageOf(request.session as Data));
    app.get("/go", (_request, reply) => reply.redirect("/"));
    await app.ready();
    return nodeTestClient<Data>(app.server, { sessions });
  },
};

for (const [name, create] of Object.entries(CLIENTS)) {
  test(`${name}: a client keeps its session, follows redirects, and is logged in by a test`, async () => {
    const client = await create();
    assert.equal(await (await client.get("/")).text(), "nobody 1");
    await client.sessionTransaction((session) => {
      session.username = "ada";
    });
    assert.equal(await (await client.get("/")).text(), "ada 2");
    assert.equal((await client.get("/go")).status, 302);
    assert.equal(await (await client.get("/go", { followRedirects: true })).text(), "ada 3");
    assert.equal(client.getCookie(sessions.cookieName)?.httpOnly, true);
    const other = await create();
    assert.equal(await (await other.get("/")).text(), "nobody 1");
  });
}

test("without a manager, only sessionTransaction is refused", async () => {
  const client = testClient(() => new Response("fine"));
  assert.equal(await (await client.get("/")).text(), "fine");
  await assert.rejects(
    client.sessionTransaction(() => {}),
    /testClient\(app, \{ sessions \}\)/,
  );
});
