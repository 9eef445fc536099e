// Fastify, on HTTP/1.1 and HTTP/2.
import { Readable } from "node:stream";
import createApp, { type FastifyInstance } from "fastify";
import { csrf, session } from "../../../src/adapters/fastify/index.ts";
import type { Session } from "../../../src/core/session/types.ts";
import type { AnyData } from "../../fixtures/manager.ts";
import type { Adapter, ServeOptions } from "../app.ts";

export const fastify: Adapter = {
  name: "fastify",
  answersErrors: "app",
  hasHttp2: true,
  canTrustProxy: true,
  serve: async (sessions, handler, options) => {
    const app = newApp(options);
    const { second } = options;
    await app.register(session(sessions));
    if (second) await app.register(session(second, { as: "second" }));
    if (options.csrf) await protect(app, options.csrf);
    app.all("/*", async (request, reply) => {
      const own = request.getDecorator<Session<AnyData>>("session");
      const other = second && request.getDecorator<Session<AnyData>>("second");
      const { body = "", status = 200, headers = [] } = await handler(request.url, own, other);
      for (const [name, value] of headers) reply.header(name, value);
      if (status === 302 && typeof body === "string") return reply.redirect(body);
      return reply.code(status).send(typeof body === "string" ? body : Readable.from(body));
    });
    return { url: await app.listen({ host: "127.0.0.1", port: 0 }), close: () => app.close() };
  },
};

async function protect(app: FastifyInstance, { ignoredPath, ...options }: NonNullable<ServeOptions["csrf"]>) {
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    async (_request: unknown, body: string | Buffer) => Object.fromEntries(new URLSearchParams(String(body))),
  );
  await app.register(csrf({ ...options, ignore: ({ url }) => url === ignoredPath }));
}

function newApp({ tls, http2 = false, trustsProxy = false }: ServeOptions): FastifyInstance {
  const options = { forceCloseConnections: true as const, trustProxy: trustsProxy };
  // All servers of Fastify have what is used of them here.
  if (tls && http2) {
    return createApp({ ...options, https: tls, http2: true, http2SessionTimeout: 100 }) as unknown as FastifyInstance;
  }
  return (tls ? createApp({ ...options, https: tls }) : createApp(options)) as unknown as FastifyInstance;
}
