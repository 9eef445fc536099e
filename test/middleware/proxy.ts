// A proxied route: http-proxy-middleware before a server of its own, which knows no session.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createProxyMiddleware, type RequestHandler } from "http-proxy-middleware";
import { lines } from "./files.ts";

let upstream: Promise<{ server: Server; proxy: RequestHandler }> | undefined;

/** Hands the request on to a path of the other server. */
export async function proxyTo(
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
  next: (error?: unknown) => void,
): Promise<void> {
  upstream ??= start();
  const { proxy } = await upstream;
  req.url = path;
  await Reflect.apply(proxy, undefined, [req, res, next]);
}

export async function closeProxy(): Promise<void> {
  const { server } = (await upstream) ?? {};
  upstream = undefined;
  server?.closeAllConnections();
  server?.close();
}

async function start(): Promise<{ server: Server; proxy: RequestHandler }> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, proxy: createProxyMiddleware({ target: `http://127.0.0.1:${port}` }) };
}

function answer(req: IncomingMessage, res: ServerResponse): void {
  res.setHeader("Content-Type", "text/html");
  if (req.url === "/text") res.end(lines(5_000));
  else if (req.url === "/pieces") writePieces(res);
  else if (req.url === "/empty") res.writeHead(204).end();
  else if (req.url === "/echo") req.pipe(res);
  else res.writeHead(500, "Not today").end("no");
}

function writePieces(res: ServerResponse): void {
  res.write(lines(100));
  setImmediate(() => {
    res.write(lines(20_000));
    res.end("end");
  });
}
