// WebSockets on node:http: the upgrade opens the session, and the socket ends with it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { session, upgradeSession } from "../../src/adapters/node.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { Client } from "../support/browser-client.ts";
import { type AnyData, SECRET } from "../support/manager.ts";

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
