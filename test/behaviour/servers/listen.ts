// Serving a listener over HTTP, and answering on Node's own response.
import { createServer, type ServerResponse } from "node:http";
import { createSecureServer } from "node:http2";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Server, Socket } from "node:net";
import type { NodeRequest, NodeResponse } from "../../../src/adapters/node.ts";
import type { Answer, RunningApp, ServeOptions } from "../app.ts";

export async function listen(
  listener: (req: NodeRequest, res: NodeResponse) => unknown,
  { tls, http2 = false }: ServeOptions,
): Promise<RunningApp> {
  const server: Server = !tls
    ? createServer(listener)
    : http2
      ? createSecureServer(tls, listener)
      : createTlsServer(tls, listener);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export async function send(res: ServerResponse, answer: Answer): Promise<void> {
  const { body = "", status = 200, headers = [], flush = false } = answer;
  if (status === 302 && typeof body === "string") {
    res.writeHead(302, { Location: body }).end();
    return;
  }
  res.writeHead(status, headers.flat());
  if (typeof body === "string") {
    res.end(body);
    return;
  }
  if (flush) res.flushHeaders();
  for await (const piece of body) res.write(piece);
  res.end();
}
