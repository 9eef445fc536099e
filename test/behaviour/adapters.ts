// The adapters under test, each serving the same app over real HTTP.
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { withSession } from "../../src/adapters/fetch.ts";
import { session as honoSession, type SessionEnv } from "../../src/adapters/hono.ts";
import { session as nodeSession } from "../../src/adapters/node.ts";
import type { AnyData } from "../support/manager.ts";
import type { Adapter, Answer, RunningApp, TlsFiles } from "./app.ts";

export const adapters: readonly Adapter[] = [
  {
    name: "fetch",
    answersErrors: "adapter",
    serve: (sessions, handler, tls) => {
      const fetch = withSession(sessions, async (request, session) =>
        toResponse(await handler(new URL(request.url).pathname, session)),
      );
      return listen(getRequestListener(fetch, { errorHandler: () => new Response("failed", { status: 500 }) }), tls);
    },
  },
  {
    name: "hono",
    answersErrors: "app",
    serve: (sessions, handler, tls) => {
      const app = new Hono<SessionEnv<AnyData>>();
      app.use(honoSession(sessions));
      app.all("*", async (c) => toResponse(await handler(c.req.path, c.get("session"))));
      app.onError((error) => {
        const status = "status" in error ? Number(error.status) : 500;
        return new Response("failed", { status, headers: status === 503 ? { "Retry-After": "1" } : {} });
      });
      return listen(getRequestListener(app.fetch), tls);
    },
  },
  {
    name: "node",
    answersErrors: "adapter",
    serve: (sessions, handler, tls) =>
      listen(
        nodeSession(sessions, async (req, res) => {
          await send(res, await handler(new URL(req.url ?? "/", "http://host").pathname, req.session));
        }),
        tls,
      ),
  },
  {
    name: "node, as (req, res, next)",
    answersErrors: "adapter",
    serve: (sessions, handler, tls) => {
      const middleware = nodeSession(sessions);
      return listen((req, res) => {
        middleware(req, res, (error) => {
          if (error) {
            res.writeHead(Number(Reflect.get(Object(error), "status")), { "Retry-After": "1" }).end();
            return;
          }
          const { session } = req as typeof req & { session: Parameters<typeof handler>[1] };
          Promise.resolve(handler(req.url ?? "/", session)).then(
            (answer) => send(res, answer),
            () => res.destroy(),
          );
        });
      }, tls);
    },
  },
];

function toResponse(answer: Answer): Response {
  const { body = "", status = 200, headers = [] } = answer;
  if (status === 302 && typeof body === "string" && body !== "") return Response.redirect(body, 302);
  const init = { status, headers: headers.map(([name, value]): [string, string] => [name, value]) };
  if (status === 204 || status === 304) return new Response(null, init);
  return new Response(typeof body === "string" ? body : toStream(body), init);
}

function toStream(pieces: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async start(controller) {
      for await (const piece of pieces) controller.enqueue(encoder.encode(piece));
      controller.close();
    },
  });
}

async function send(res: ServerResponse, answer: Answer): Promise<void> {
  const { body = "", status = 200, headers = [] } = answer;
  if (status === 302 && typeof body === "string") {
    res.writeHead(302, { Location: body }).end();
    return;
  }
  const flat = headers.flat();
  res.writeHead(status, flat);
  if (typeof body === "string") {
    res.end(body);
    return;
  }
  for await (const piece of body) res.write(piece);
  res.end();
}

async function listen(listener: RequestListener, tls: TlsFiles | undefined): Promise<RunningApp> {
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
