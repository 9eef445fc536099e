// Starts a server on a free port of this machine.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";

const hostname = "127.0.0.1";

export function listenWithHono(app: { fetch: (request: Request) => Response | Promise<Response> }): Promise<number> {
  return new Promise((resolve) => {
    serve({ fetch: app.fetch, hostname, port: 0 }, ({ port }) => resolve(port));
  });
}

export function listenWithNode(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, hostname, () => resolve((server.address() as AddressInfo).port));
  });
}
