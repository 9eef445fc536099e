// Apps on Express 4 and 5, with the adapter or the drop-in for express-session.
import { createServer } from "node:http";
import express5 from "express";
import express4 from "express4";
import { session as expressAdapter } from "../../../src/adapters/express/index.ts";
import { session as dropIn } from "../../../src/express-session/index.ts";
import { SECRET } from "../../fixtures/manager.ts";
import { files } from "../files.ts";
import { type Framework, listen } from "../framework.ts";
import type { Next } from "../handler.ts";
import { handlers } from "../handlers.ts";
import { type Middleware, middlewares } from "../middlewares.ts";
import { chainWith, type Subject, shortenStack } from "./node.ts";

const expressSubject: Subject = ({ manager }, { takesSession = false }) => {
  const name = takesSession ? "visitor" : "session";
  return { session: expressAdapter(manager, { as: name }) as unknown as Middleware, name };
};

const dropInSubject: Subject = ({ store }) => ({
  session: dropIn({ secret: SECRET, store, resave: false, saveUninitialized: false }) as unknown as Middleware,
  name: "session",
});

function expressFramework(name: string, createApp: typeof express5, subject: Subject): Framework {
  const isDropIn = subject === dropInSubject;
  return {
    name,
    protocol: "http1",
    cookie: isDropIn ? "connect.sid" : "session",
    dropsOnError: false,
    cases: handlers,
    middlewares: middlewares.filter(({ takesSession = false }) => !takesSession || !isDropIn),
    start: (options) => {
      const app = createApp();
      // Errors are answered and not printed.
      app.set("env", "test");
      app.set("views", files.folder);
      app.set("view engine", "page");
      app.engine("page", (_path, { title }: { title?: string }, done) => done(null, `<h1>${title}</h1>`));
      for (const each of chainWith(subject, options)) app.use(asExpress(each));
      app.use(shortenStack as express5.ErrorRequestHandler);
      return listen(createServer(app));
    },
  };
}

/** Express 4 ignores promises; apps on it pass errors on by hand. */
function asExpress(middleware: Middleware): express5.RequestHandler {
  return (req, res, next) => {
    try {
      const done = middleware(req, res, next as Next);
      if (done instanceof Promise) done.catch(next);
    } catch (error) {
      next(error);
    }
  };
}

export const expressFrameworks: readonly Framework[] = [
  expressFramework("Express 5", express5, expressSubject),
  expressFramework("Express 4", express4, expressSubject),
  expressFramework("Express 5, drop-in", express5, dropInSubject),
];
