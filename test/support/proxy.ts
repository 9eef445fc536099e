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

/** A connection of the client, and the one that goes on to the server. */
interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export async function startProxy(targetPort: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let fault: Fault = "pass";
  let connections = 0;
  let listener: Server | undefined = await listen(0, accept);
  const { port } = listener.address() as AddressInfo;

  function accept(client: Socket): void {
    connections++;
    // Both sides may stay half open: whether they do is the client's and the server's to say.
    const pair = { client, server: new Socket({ allowHalfOpen: true }).connect(targetPort, "127.0.0.1") };
    pairs.add(pair);
    relay(pair, () => fault, reset);
    if (fault === "halfClose") client.end();
  }

  function reset(pair: Pair): void {
    if (!pairs.delete(pair)) return;
    abort(pair.client);
    abort(pair.server);
  }

  function refuse(): void {
    listener?.close();
    listener = undefined;
    pairs.forEach(reset);
  }

  async function set(next: Fault): Promise<void> {
    if (fault === "stall") pairs.forEach(reset);
    fault = next;
    if (next === "cut") refuse();
    else listener ??= await listen(port, accept);
    if (next === "halfClose") for (const { client } of pairs) client.end();
  }

  return { port, set, connections: () => connections, close: async () => refuse() };
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept).listen(port, "127.0.0.1");
  await once(listener, "listening");
  return listener;
}

/** Both ways. @param reset Ends both connections. */
function relay(pair: Pair, fault: () => Fault, reset: (pair: Pair) => void): void {
  for (const [from, to] of [
    [pair.client, pair.server],
    [pair.server, pair.client],
  ] as const) {
    const inTurn = turns(fault);
    from.on("data", (bytes) => inTurn(() => void (to.writable && to.write(bytes))));
    from.on("end", () => inTurn(() => to.end()));
    from.on("error", () => {});
    // That one side is gone travels like all else: what it has said before still arrives.
    from.on("close", () => inTurn(() => reset(pair)));
  }
}

/** One after another, so that what comes once it is fast again does not overtake what is late. */
function turns(fault: () => Fault): (deliver: () => void) => void {
  let line = Promise.resolve();
  return (deliver) => {
    const now = fault();
    if (now === "stall") return;
    const at = typeof now === "number" ? performance.now() + now : 0;
    line = line.then(() => until(at)).then(deliver);
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
