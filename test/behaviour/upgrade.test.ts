// WebSockets on node:http: the upgrade opens the session, and the socket ends with it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect as connectTo } from "node:net";
import { after, before, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { session, upgradeSession } from "../../src/adapters/node/index.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";

let sessions: SessionManager<AnyData>;
let url: string;
let close: () => void;

before(async () => {
  sessions = createManager<AnyData>({ secret: SECRET, store: memoryStore() }, memoryStore);
  const server = createServer(
    session(sessions, async (req, res) => {
      if (req.url === "/login") await req.session.login("ada");
      if (req.url === "/logout") await req.session.logout();
      res.end(JSON.stringify(req.session));
    }),
  );
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", async (req, socket, head) => {
    const visitor = await upgradeSession(sessions, req);
    if (visitor.owner === undefined) {
      assert.throws(() => visitor.update({ a: 1 }), /after the response's headers/);
      socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(req, socket, head, (ws) => {
      visitor.signal.addEventListener("abort", () => ws.close(4001, "logged out"));
      ws.on("message", (message) => {
        visitor["last"] = String(message);
        ws.send(`hello ${visitor.owner}`);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  close = () => {
    sockets.close();
    server.close();
    server.closeAllConnections();
  };
});
after(() => close());

function connect(client: Client): WebSocket {
  const cookie = client.cookieHeader;
  return new WebSocket(url.replace("http", "ws"), cookie === undefined ? {} : { headers: { cookie } });
}

test("a visitor without a session, or with a forged one, is turned away", async () => {
  for (const client of [new Client(url), new Client(url, `session=${"A".repeat(43)}.${"A".repeat(43)}`)]) {
    const [error] = await once(connect(client), "error");
    assert.match(String(error), /401/);
  }
});

test("S33 a store that is out ends the handshake with a 503, and a client that goes meanwhile ends its socket alone", async (t) => {
  for (const clientGoes of [false, true]) {
    const outage = Promise.withResolvers<undefined>();
    const store = scriptStore(memoryStore(), (_method, proceed) => outage.promise.then(proceed));
    const broken = createManager<AnyData>({ secret: SECRET, store }, memoryStore);
    const outcome = Promise.withResolvers<unknown>();
    const asked = Promise.withResolvers<void>();
    const server = createServer();
    server.on("upgrade", async (req) => {
      try {
        const opening = upgradeSession(broken, req);
        asked.resolve();
        await opening;
      } catch (error) {
        outcome.resolve(error);
      }
    });
    server.listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const client = new Client(url);
    await client.get("/login");
    const socket = connectTo((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: ${client.cookieHeader}\r\n\r\n`,
    );
    await asked.promise;
    if (clientGoes) socket.resetAndDestroy();
    outage.reject(new Error("it is out"));
    assert.match(String(await outcome.promise), /StoreUnavailableError/);
    if (clientGoes) continue;
    let text = "";
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  }
});

test("S39 a socket has its session, stores what it writes, and ends when the session does", async () => {
  const client = new Client(url);
  await client.get("/login");
  const socket = connect(client);
  await once(socket, "open");
  socket.send("first");
  assert.equal(String((await once(socket, "message"))[0]), "hello ada");
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(await client.get("/"), '{"last":"first"}');
  const closed = once(socket, "close");
  await client.get("/logout");
  assert.equal((await closed)[0], 4001);
});
