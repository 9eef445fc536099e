// WebSockets that reach an app through its framework, as @fastify/websocket, express-ws and koa-easy-ws do it: the server hands
// the upgrade to the app with a response that is never written to when the handshake succeeds.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { after, describe, test } from "node:test";
import createExpress from "express";
import createExpress4 from "express4";
import createFastify from "fastify";
import Koa from "koa";
import { WebSocket, WebSocketServer } from "ws";
import * as express from "../../src/adapters/express/index.ts";
import * as fastify from "../../src/adapters/fastify/index.ts";
import * as koa from "../../src/adapters/koa/index.ts";
import * as node from "../../src/adapters/node/index.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { Session } from "../../src/core/session/types.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";

/** What the app does with a request; `reply` answers it, `open` makes it a WebSocket. */
interface Exchange {
  readonly req: IncomingMessage;
  readonly path: string | undefined;
  readonly session: Session<AnyData>;
  reply(status: number, text: string): unknown;
  /** The framework is told that the response is no longer its own. */
  open(): void;
}
type App = (exchange: Exchange) => unknown;
type Build = (sessions: SessionManager<AnyData>, app: App, upgrade: Upgrade) => Promise<RequestListener>;
/** Completes the handshake of a request. */
type Upgrade = (req: IncomingMessage) => void;

const frameworks: Readonly<Record<string, Build>> = {
  node: async (sessions, app, upgrade) =>
    node.session(sessions, (req, res) =>
      app({
        req,
        path: req.url,
        session: req.session,
        reply: (status, text) => res.writeHead(status).end(text),
        open: () => upgrade(req),
      }),
    ) as RequestListener,

  express: async (sessions, app, upgrade) => express5(createExpress(), sessions, app, upgrade),
  express4: async (sessions, app, upgrade) => express5(createExpress4(), sessions, app, upgrade),

  koa: async (sessions, app, upgrade) => {
    const server = new Koa();
    server.use(koa.session(sessions));
    server.use((ctx) =>
      app({
        req: ctx.req,
        path: ctx.path,
        session: ctx["session"] as Session<AnyData>,
        reply: (status, text) => Object.assign(ctx, { status, body: text }),
        open: () => {
          ctx.respond = false;
          upgrade(ctx.req);
        },
      }),
    );
    return server.callback() as RequestListener;
  },

  fastify: async (sessions, app, upgrade) => {
    const server = createFastify();
    await server.register(fastify.session(sessions));
    server.get("*", (request, reply) =>
      app({
        req: request.raw,
        path: request.url,
        session: request.getDecorator<Session<AnyData>>("session"),
        reply: (status, text) => reply.code(status).send(text),
        open: () => {
          reply.hijack();
          upgrade(request.raw);
        },
      }),
    );
    await server.ready();
    return (req, res) => server.routing(req, res);
  },
};

function express5(
  server: ReturnType<typeof createExpress>,
  sessions: SessionManager<AnyData>,
  app: App,
  upgrade: Upgrade,
): RequestListener {
  server.use(express.session(sessions));
  server.use((req, res) => {
    const reply = (status: number, text: string): unknown => res.status(status).send(text);
    const { session }: { session?: unknown } = req;
    app({ req, path: req.url, session: session as Session<AnyData>, reply, open: () => upgrade(req) });
  });
  return server as RequestListener;
}

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

interface Running {
  readonly client: Client;
  connect(client: Client): WebSocket;
  /** Resolves when the store has completed its next commit. */
  nextCommit(): Promise<unknown>;
  readonly size: () => number;
}

async function start(build: Build): Promise<Running> {
  const memory = memoryStore();
  let committed = Promise.withResolvers<unknown>();
  const store = scriptStore(memory, async (method, proceed) => {
    await new Promise((resolve) => setImmediate(resolve));
    const result = await proceed();
    if (method === "commit") committed.resolve(result);
    return result;
  });
  const sessions = createManager<AnyData>({ secret: SECRET, store }, memoryStore);
  const wss = new WebSocketServer({ noServer: true });
  const handshakes = new WeakMap<IncomingMessage, { socket: Duplex; head: Buffer; session?: Session<AnyData> }>();

  const upgrade: Upgrade = (req) => {
    const handshake = handshakes.get(req);
    assert.ok(handshake?.session);
    const { socket, head, session } = handshake;
    wss.handleUpgrade(req, socket, head, (ws) =>
      ws.on("message", (message) => {
        try {
          session["last"] = String(message);
          ws.send("done");
        } catch (error) {
          ws.send(String((error as { code?: unknown }).code));
        }
      }),
    );
  };
  const listener = await build(
    sessions,
    ({ req, path, session, reply, open }) => {
      if (path === "/write") session["began"] = true;
      if (path === "/ban") session["banned"] = true;
      if (path !== "/socket") return reply(200, JSON.stringify(session));
      const handshake = handshakes.get(req);
      assert.ok(handshake);
      if (session["banned"] === true) return reply(401, "banned");
      handshake.session = session;
      return open();
    },
    upgrade,
  );
  const server = createServer(listener);
  server.on("upgrade", (req, socket, head) => {
    handshakes.set(req, { socket, head });
    const res = new ServerResponse(req);
    res.assignSocket(socket as never);
    listener(req, res);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => {
    wss.close();
    for (const ws of wss.clients) ws.terminate();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    client: new Client(url),
    connect: ({ cookieHeader }) =>
      new WebSocket(`${url.replace("http", "ws")}/socket`, cookieHeader ? { headers: { cookie: cookieHeader } } : {}),
    nextCommit: () => {
      committed = Promise.withResolvers();
      return committed.promise;
    },
    size: () => memory.size,
  };
}

async function say(socket: WebSocket, text: string): Promise<string> {
  if (socket.readyState !== WebSocket.OPEN) await once(socket, "open");
  const answer = once(socket, "message");
  socket.send(text);
  return String((await answer)[0]);
}

for (const [name, build] of Object.entries(frameworks)) {
  describe(`${name}: a WebSocket that the framework has routed`, () => {
    test("stores by itself what is written to a known visitor's session", async () => {
      const { client, connect, nextCommit } = await start(build);
      await client.get("/write");
      const socket = connect(client);
      await once(socket, "open");
      const committed = nextCommit();
      assert.equal(await say(socket, "hello"), "done");
      assert.equal(await committed, "committed");
      assert.equal(await client.get("/"), '{"began":true,"last":"hello"}');
    });

    test("sends the app's own answer when the handshake is refused", async () => {
      const { client, connect } = await start(build);
      await client.get("/ban");
      const [error] = await once(connect(client), "error");
      assert.match(String(error), /401/);
    });

    test("begins no session for a stranger, since no cookie can be set", async () => {
      const { client, connect, size } = await start(build);
      assert.equal(await say(connect(client), "hello"), "HEADERS_SENT");
      assert.equal(size(), 0);
    });
  });
}
