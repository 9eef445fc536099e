// Ports for servers that a test starts: below those that the system gives to outgoing connections, so that none of
// these takes a server's port while it is down.
import { once } from "node:events";
import { createServer } from "node:net";

const FIRST = 10_100;
const COUNT = 10_000;
/** A node of a Redis Cluster also listens that much higher. */
const BUS_OFFSET = 10_000;

export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if ((await isFree(port)) && (await isFree(port + BUS_OFFSET))) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    await once(probe.listen(port, "127.0.0.1"), "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
