// http-proxy-middleware before a server of its own, which knows no session: as a route, and as a middleware.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createProxyMiddleware, type RequestHandler, responseInterceptor } from "http-proxy-middleware";
import { lines } from "./files.ts";
import type { Next } from "./handler.ts";

let upstream: Promise<{ server: Server; url: string }> | undefined;

async function urlOfUpstream(): Promise<string> {
  upstream ??= start();
  return (await upstream).url;
}

// The target stands for the router's, which is known only when the other server runs.
const target = { target: "http://127.0.0.1:1", router: urlOfUpstream };

const plain: RequestHandler = createProxyMiddleware(target);
const rewriting: RequestHandler = createProxyMiddleware({
  ...target,
  selfHandleResponse: true,
  on: { proxyRes: responseInterceptor(async (body) => String(body).replaceAll("line", "row")) },
});

/** Hands on only the paths of another server, and leaves all others to the app. */
export const proxyMiddleware: RequestHandler = createProxyMiddleware({ ...target, pathFilter: "/--proxied" });

/** Hands the request on to a path of the other server. */
export async function proxyTo(path: string, req: IncomingMessage, res: ServerResponse, next: Next): Promise<void> {
  req.url = path;
  await Reflect.apply(plain, undefined, [req, res, next]);
}

/** The same, with the other server's answer rewritten. */
export async function proxyAndRewrite(
  path: string,
  req: IncomingMessage,
  res: ServerResponse,
  next: Next,
): Promise<void> {
  req.url = path;
  await Reflect.apply(rewriting, undefined, [req, res, next]);
}

export async function closeProxy(): Promise<void> {
  const { server } = (await upstream) ?? {};
  upstream = undefined;
  server?.closeAllConnections();
  server?.close();
}

async function start(): Promise<{ server: Server; url: string }> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { server, url: `http://127.0.0.1:${port}` };
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
