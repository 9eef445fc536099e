// Express, both versions, with the middleware and with a route's handler.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express5, { type Express, type Request, type Response } from "express";
import express4 from "express4";
import { csrf, session } from "../../../src/adapters/express/index.ts";
import { listen } from "../../fixtures/listen.ts";
import type { Adapter, Answer, AnySession, ServeOptions } from "../app.ts";

export const expressAdapters: readonly Adapter[] = [
  withMiddleware("express 5", express5),
  withMiddleware("express 4", express4),
  withHandler("express 5, as a route's handler", express5),
  withHandler("express 4, as a route's handler", express4),
];

type Framework = Pick<typeof express5, "urlencoded"> & (() => Express);

function withMiddleware(name: string, express: Framework): Adapter {
  return {
    name,
    answersErrors: "app",
    canFlush: true,
    canTrustProxy: true,
    serve: (sessions, handler, options) => {
      const app = newApp(express, options.trustsProxy);
      app.use(session(sessions));
      if (options.second) app.use(session(options.second, { as: "second" }));
      if (options.csrf) app.use(express.urlencoded({ extended: false }), csrfOf(options.csrf));
      app.use((req, res, next) => {
        const { session, second } = req as unknown as { session: AnySession; second?: AnySession };
        // Express 4 does not look at promises.
        Promise.resolve(handler(req.path, session, second))
          .then((answer) => send(res, answer))
          .catch(next);
      });
      return listen(app as never, options);
    },
  };
}

function withHandler(name: string, express: Framework): Adapter {
  return {
    name,
    answersErrors: "app",
    canFlush: true,
    canTrustProxy: true,
    serve: (sessions, handler, options) => {
      const app = newApp(express, options.trustsProxy);
      if (options.second) app.use(session(options.second, { as: "second" }));
      if (options.csrf) app.use(express.urlencoded({ extended: false }));
      const check = options.csrf && csrfOf(options.csrf);
      app.use(
        session(sessions, async (req, res: Response) => {
          const { second } = req as unknown as { second?: AnySession };
          // It calls `next` at once; what is thrown in there goes where errors of the handler go.
          check?.(req, res, (error) => {
            if (error) throw error;
          });
          await send(res, await handler(new URL(req.url ?? "/", "http://host").pathname, req.session, second));
        }),
      );
      return listen(app as never, options);
    },
  };
}

function csrfOf({ ignoredPath, ...options }: NonNullable<ServeOptions["csrf"]>): ReturnType<typeof csrf> {
  return csrf<Request>({ ...options, ignore: ({ path }) => path === ignoredPath });
}

function newApp(express: () => Express, trustsProxy = false): Express {
  const app = express();
  // Then it does not print errors.
  app.set("env", "test");
  if (trustsProxy) app.set("trust proxy", true);
  return app;
}

async function send(res: Response, { body = "", status = 200, headers = [], flush = false }: Answer): Promise<void> {
  for (const [name, value] of headers) res.append(name, value);
  if (status === 302 && typeof body === "string") res.redirect(body);
  else if (typeof body === "string") res.status(status).send(body);
  else {
    if (flush) res.flushHeaders();
    // Without its reader, there is no stream to end well.
    await pipeline(Readable.from(body), res).catch(() => undefined);
  }
}
