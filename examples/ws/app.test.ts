import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { WebSocket } from "ws";
import { server } from "./app.ts";

after(() => {
  server.close();
  server.closeAllConnections();
});

test("a socket opens for who has logged in, and is closed by the logout", async () => {
  server.listen(Number(process.env.PORT ?? 0));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const site = `localhost:${address.port}`;
  const connect = (cookie: string, origin = `http://${site}`) =>
    new WebSocket(`ws://${site}`, { headers: { cookie }, origin });

  const response = await fetch(`http://${site}/login`);
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  await assert.rejects(once(connect(""), "open"), /401/);
  await assert.rejects(once(connect(cookie, "http://elsewhere.example"), "open"), /401/);

  const socket = connect(cookie);
  const [message] = await once(socket, "message");
  assert.equal(String(message), "Hello admin");
  const closed = once(socket, "close");
  await fetch(`http://${site}/logout`, { headers: { cookie } });
  const [code] = await closed;
  assert.equal(code, 4001);
  await assert.rejects(once(connect(cookie), "open"), /401/);
});
