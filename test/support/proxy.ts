// A TCP proxy between a client and a server whose connections a test can spoil, at any moment.
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * `pass`: as if it were not there. `cut`: connections are reset, and new ones refused. `stall`: connections are
 * accepted and stay, and no byte goes through, ever; when the fault ends, they are reset. `halfClose`: the client is
 * told that the server will say no more, and may go on talking. A number: every byte is so many ms late.
 */
export type Fault = "pass" | "cut" | "stall" | "halfClose" | number;

export interface Proxy {
  readonly port: number;
  set(fault: Fault): Promise<void>;
  /** How many connections have been made so far. */
  connections(): number;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let fault: Fault = "pass";
  let connections = 0;
  let port = 0;
  let listener: Server | undefined;

  function accept(client: Socket): void {
    connections++;
    // Both sides may stay half open: whether they do is the client's and the server's to say.
    const pair = { client, server: new Socket({ allowHalfOpen: true }).connect(targetPort, "127.0.0.1") };
    pairs.add(pair);
    relay(client, pair.server, () => reset(pair));
    relay(pair.server, client, () => reset(pair));
    if (fault === "halfClose") client.end();
  }

  function relay(from: Socket, to: Socket, close: () => void): void {
    // One after another, so that what comes once it is fast again does not overtake what is late.
    let line = Promise.resolve();
    const inTurn = (deliver: () => void): void => {
      if (fault === "stall") return;
      const at = typeof fault === "number" ? performance.now() + fault : 0;
      line = line.then(() => until(at)).then(deliver);
    };
    from.on("data", (bytes) => inTurn(() => void (to.writable && to.write(bytes))));
    from.on("end", () => inTurn(() => to.end()));
    from.on("error", () => {});
    // That one side is gone travels like all else: what it has said before still arrives.
    from.on("close", () => inTurn(close));
  }

  function reset(pair: Pair): void {
    if (!pairs.delete(pair)) return;
    abort(pair.client);
    abort(pair.server);
  }

  async function listen(): Promise<void> {
    listener = createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(port, "127.0.0.1");
    await once(listener, "listening");
    port = (listener.address() as AddressInfo).port;
  }

  function refuse(): void {
    listener?.close();
    listener = undefined;
    pairs.forEach(reset);
  }

  await listen();
  return {
    get port() {
      return port;
    },
    async set(next) {
      if (fault === "stall") pairs.forEach(reset);
      fault = next;
      if (next === "cut") refuse();
      else if (!listener) await listen();
      if (next === "halfClose") for (const { client } of pairs) client.end();
    },
    connections: () => connections,
    async close() {
      refuse();
    },
  };
}

/** Node never closes a socket that is to be reset while its end is still under way. */
function abort(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

function until(at: number): Promise<void> | undefined {
  const rest = at - performance.now();
  return rest > 0 ? sleep(rest) : undefined;
}
