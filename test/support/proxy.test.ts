// The proxy does to connections what it says.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Proxy, startProxy } from "./proxy.ts";

/** A server that says everything back, behind the proxy, and what it has heard. */
async function startEcho(t: TestContext): Promise<{ proxy: Proxy; heard: () => string }> {
  let heard = "";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      heard += bytes;
      socket.write(bytes);
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const proxy = await startProxy((server.address() as AddressInfo).port);
  t.after(async () => {
    await proxy.close();
    server.close();
  });
  return { proxy, heard: () => heard };
}

async function connectTo(proxy: Proxy): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function say(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [answer] = await once(socket, "data");
  return String(answer);
}

test("it passes bytes on, both ways, and counts connections", async (t) => {
  const { proxy } = await startEcho(t);
  const socket = await connectTo(proxy);
  assert.equal(await say(socket, "one"), "one");
  assert.equal(proxy.connections(), 1);
  socket.destroy();
});

test("cut: connections are reset and new ones refused, and later it is back on the same port", async (t) => {
  const { proxy } = await startEcho(t);
  const { port } = proxy;
  const socket = await connectTo(proxy);
  await say(socket, "one");
  const [[error]] = await Promise.all([once(socket, "error"), proxy.set("cut")]);
  assert.equal(error.code, "ECONNRESET");
  await assert.rejects(connectTo(proxy), { code: "ECONNREFUSED" });
  await proxy.set("pass");
  assert.equal(proxy.port, port);
  const again = await connectTo(proxy);
  assert.equal(await say(again, "two"), "two");
  again.destroy();
});

test("stall: connections are accepted and stay, and what was said meanwhile is never heard", async (t) => {
  const { proxy, heard } = await startEcho(t);
  const old = await connectTo(proxy);
  await say(old, "one");
  await proxy.set("stall");
  const young = await connectTo(proxy);
  for (const socket of [old, young]) {
    socket.on("data", () => assert.fail("no answer is expected"));
    socket.write("lost");
  }
  await sleep(100);
  const ends = [old, young].map((socket) => new Promise((resolve) => socket.once("close", resolve)));
  await proxy.set("pass");
  await Promise.all(ends);
  const again = await connectTo(proxy);
  assert.equal(await say(again, "two"), "two");
  assert.equal(heard(), "onetwo");
  again.destroy();
});

test("slow: every byte is late, in its order", async (t) => {
  const { proxy } = await startEcho(t);
  const socket = await connectTo(proxy);
  await proxy.set(60);
  const startedAt = performance.now();
  socket.write("one");
  await sleep(10);
  socket.write("two");
  let heard = "";
  while (heard.length < 6) heard += String((await once(socket, "data"))[0]);
  // Timers may fire up to a millisecond early, each way.
  assert.ok(performance.now() - startedAt >= 118);
  assert.equal(heard, "onetwo");
  socket.destroy();
});

test("slow: what was said arrives even when who said it is gone", async (t) => {
  const { proxy, heard } = await startEcho(t);
  const socket = await connectTo(proxy);
  await proxy.set(60);
  socket.write("one");
  await sleep(10);
  socket.resetAndDestroy();
  while (heard() !== "one") await sleep(5);
});

test("half-closed: the client hears that no more comes, and the server hears the client on", async (t) => {
  const { proxy, heard } = await startEcho(t);
  const socket = await connectTo(proxy);
  await say(socket, "one");
  const end = once(socket.resume(), "end");
  await proxy.set("halfClose");
  await end;
  socket.write("two");
  while (heard() !== "onetwo") await sleep(5);
  socket.destroy();
});
