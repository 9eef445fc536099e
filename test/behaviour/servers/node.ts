// Node's own adapter, in both its forms.
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import express from "express";
import {
  csrf,
  csrfRequest,
  type NodeMiddleware,
  type NodeResponse,
  session,
} from "../../../src/adapters/node/index.ts";
import { verifyCsrf } from "../../../src/core/request/csrf.ts";
import { listen, send } from "../../fixtures/listen.ts";
import type { Adapter, AnySession, ServeOptions } from "../app.ts";

export const node: Adapter = {
  name: "node",
  answersErrors: "adapter",
  hasHttp2: true,
  canFlush: true,
  serve: (sessions, handler, options) => {
    const outer = options.second && session(options.second);
    const answer = (second?: AnySession) =>
      session(sessions, async (req, res) => {
        if (options.csrf) await checkByHand(req, req.session, options.csrf);
        await send(res, await handler(new URL(req.url ?? "/", "http://host").pathname, req.session, second));
      });
    return listen((req, res) => {
      if (outer) outer(req, res, () => answer(sessionOf(req))(req, res));
      else answer()(req, res);
    }, options);
  },
};

export const nodeMiddleware: Adapter = {
  name: "node, as (req, res, next)",
  answersErrors: "adapter",
  hasHttp2: true,
  canFlush: true,
  serve: (sessions, handler, options) => {
    const middleware = session(sessions);
    const outer = options.second ? session(options.second) : undefined;
    const protect = options.csrf ? protection(options.csrf) : goOn;
    return listen((req, res) => {
      const run = (second?: AnySession): void =>
        middleware(req, res, (error) => {
          if (error) {
            fail(res, error);
            return;
          }
          protect(req, res, (refused) => {
            if (refused) {
              fail(res, refused);
              return;
            }
            Promise.resolve(handler(req.url ?? "/", sessionOf(req), second)).then(
              (answer) => send(res as ServerResponse, answer),
              () => (res as ServerResponse).destroy(),
            );
          });
        });
      if (outer) outer(req, res, () => run(sessionOf(req)));
      else run();
    }, options);
  },
};

type Protection = NonNullable<ServeOptions["csrf"]>;

/** As a listener does it that reads its forms itself. */
async function checkByHand(req: IncomingMessage, session: AnySession, { ignoredPath, ...options }: Protection) {
  if (req.url === ignoredPath) return;
  const isForm = req.headers["content-type"] === "application/x-www-form-urlencoded";
  const token = isForm ? new URLSearchParams(await text(req)).get("_csrf") : undefined;
  verifyCsrf(csrfRequest(req, token), session, options);
}

/** The middleware, after one that parses forms. */
function protection({ ignoredPath, ...options }: Protection): NodeMiddleware {
  const parse = express.urlencoded({ extended: false });
  const check = csrf({ ...options, ignore: ({ url }) => url === ignoredPath });
  return (req, res, next) => {
    parse(req as IncomingMessage, res as ServerResponse, (error?: unknown) => {
      if (error) next(error);
      else check(req, res, next);
    });
  };
}

const goOn: NodeMiddleware = (_req, _res, next) => next();

function fail(res: NodeResponse, error: unknown): void {
  const status = Number(Reflect.get(Object(error), "status"));
  (res as ServerResponse).writeHead(status, { "Retry-After": "1" }).end();
}

/** The session that the middleware has set. */
function sessionOf(req: object): AnySession {
  return (req as { session: AnySession }).session;
}
