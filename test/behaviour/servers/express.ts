// Express, both versions, with the middleware and with a route's handler.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import express5, { type Express, type Response } from "express";
import express4 from "express4";
import { session } from "../../../src/adapters/express.ts";
import type { Adapter, Answer, AnySession } from "../app.ts";
import { listen } from "./listen.ts";

export const expressAdapters: readonly Adapter[] = [
  withMiddleware("express 5", express5),
  withMiddleware("express 4", express4),
  withHandler("express 5, as a route's handler", express5),
  withHandler("express 4, as a route's handler", express4),
];

function withMiddleware(name: string, express: () => Express): Adapter {
  return {
    name,
    answersErrors: "app",
    canFlush: true,
    canTrustProxy: true,
    serve: (sessions, handler, options) => {
      const app = newApp(express, options.trustsProxy);
      app.use(session(sessions));
      if (options.second) app.use(session(options.second, { as: "second" }));
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

function withHandler(name: string, express: () => Express): Adapter {
  return {
    name,
    answersErrors: "app",
    canFlush: true,
    canTrustProxy: true,
    serve: (sessions, handler, options) => {
      const app = newApp(express, options.trustsProxy);
      if (options.second) app.use(session(options.second, { as: "second" }));
      app.use(
        session(sessions, async (req, res: Response) => {
          const { second } = req as unknown as { second?: AnySession };
          await send(res, await handler(new URL(req.url ?? "/", "http://host").pathname, req.session, second));
        }),
      );
      return listen(app as never, options);
    },
  };
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
