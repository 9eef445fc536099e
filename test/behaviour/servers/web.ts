// The adapters whose apps answer a Request with a Response.
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { withCsrf, withSession } from "../../../src/adapters/fetch/index.ts";
import { csrf as honoCsrf, session as honoSession, type SessionEnv } from "../../../src/adapters/hono/index.ts";
import { listen } from "../../fixtures/listen.ts";
import type { AnyData } from "../../fixtures/manager.ts";
import type { Adapter, Answer, AnySession } from "../app.ts";

export const fetchAdapter: Adapter = {
  name: "fetch",
  answersErrors: "adapter",
  hasHttp2: true,
  serve: (sessions, handler, options) => {
    const { ignoredPath, ...csrf } = options.csrf ?? {};
    const answer = async (request: Request, session: AnySession, second?: AnySession): Promise<Response> =>
      toResponse(await handler(new URL(request.url).pathname, session, second));
    const ignore = ({ url }: Request): boolean => new URL(url).pathname === ignoredPath;
    const app = withSession(sessions, options.csrf ? withCsrf(answer, { ...csrf, ignore }) : answer);
    const { second } = options;
    const fetch = second ? withSession(second, app) : (request: Request) => app(request);
    const errorHandler = (): Response => new Response("failed", { status: 500 });
    return listen(getRequestListener(fetch, { errorHandler }), options);
  },
};

export const hono: Adapter = {
  name: "hono",
  answersErrors: "app",
  hasHttp2: true,
  serve: (sessions, handler, options) => {
    const app = new Hono<SessionEnv<AnyData> & SessionEnv<AnyData, "second">>();
    const { second } = options;
    if (second) app.use(honoSession(second, { as: "second" }));
    app.use(honoSession(sessions));
    if (options.csrf) {
      const { ignoredPath, ...csrf } = options.csrf;
      app.use(honoCsrf({ ...csrf, ignore: ({ req }) => req.path === ignoredPath }));
    }
    app.all("*", async (c) => toResponse(await handler(c.req.path, c.get("session"), c.get("second"))));
    app.onError((error) => {
      const status = "status" in error ? Number(error.status) : 500;
      return new Response("failed", { status, headers: status === 503 ? { "Retry-After": "1" } : {} });
    });
    return listen(getRequestListener(app.fetch), options);
  },
};

export function toResponse(answer: Answer): Response {
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
