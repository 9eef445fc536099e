// Koa, both versions.
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import Koa3 from "koa";
import Koa2 from "koa2";
import { csrf, type SessionContext, session } from "../../../src/adapters/koa/index.ts";
import { listen } from "../../fixtures/listen.ts";
import type { AnyData } from "../../fixtures/manager.ts";
import type { Adapter, AnySession, ServeOptions } from "../app.ts";

interface Context extends SessionContext<AnyData> {
  readonly second?: AnySession;
}

export const koaAdapters: readonly Adapter[] = [adapter("koa 3", Koa3), adapter("koa 2", Koa2)];

function adapter(name: string, Koa: typeof Koa3): Adapter {
  return {
    name,
    answersErrors: "adapter",
    hasHttp2: true,
    canFlush: true,
    canTrustProxy: true,
    serve: (sessions, handler, options) => {
      const app = new Koa<Koa3.DefaultState, Context>();
      app.silent = true;
      app.proxy = options.trustsProxy ?? false;
      app.use(session(sessions));
      if (options.second) app.use(session(options.second, { as: "second" }));
      if (options.csrf) protect(app, options.csrf);
      app.use(async (ctx) => {
        const {
          body = "",
          status = 200,
          headers = [],
          flush = false,
        } = await handler(ctx.path, ctx.session, ctx.second);
        for (const [name, value] of headers) ctx.append(name, value);
        if (status === 302 && typeof body === "string") return ctx.redirect(body);
        ctx.status = status;
        ctx.body = typeof body === "string" ? body : Readable.from(body);
        if (flush) ctx.flushHeaders();
      });
      return listen(app.callback(), options);
    },
  };
}

function protect(
  app: Koa3<Koa3.DefaultState, Context>,
  { ignoredPath, ...options }: NonNullable<ServeOptions["csrf"]>,
): void {
  app.use(async (ctx, next) => {
    // As body parsers have it.
    if (ctx.is("urlencoded")) {
      Reflect.set(ctx.request, "body", Object.fromEntries(new URLSearchParams(await text(ctx.req))));
    }
    await next();
  });
  app.use(csrf({ ...options, ignore: ({ path }) => path === ignoredPath }));
}
