import assert from "node:assert/strict";
import { after, test } from "node:test";
import { io as connectTo, type Socket } from "socket.io-client";
import { io, server } from "./app.ts";

after(() => io.close());

test("a socket opens for who has logged in, and is closed by the logout", async () => {
  server.listen(Number(process.env.PORT ?? 0));
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const site = `http://localhost:${address.port}`;
  const connect = (cookie: string) =>
    connectTo(site, { extraHeaders: { cookie }, reconnection: false, forceNew: true });

  const response = await fetch(`${site}/login`);
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  assert.match(String(await heard(connect(""), "connect_error")), /Log in first/);

  const socket = connect(cookie);
  assert.equal(await heard(socket, "hello"), "admin");
  const closed = heard(socket, "disconnect");
  await fetch(`${site}/logout`, { headers: { cookie } });
  assert.equal(await closed, "io server disconnect");
  assert.match(String(await heard(connect(cookie), "connect_error")), /Log in first/);
});

function heard(socket: Socket, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    socket.once(event, resolve);
  });
}
