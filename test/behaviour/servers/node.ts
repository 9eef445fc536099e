// Node's own adapter, in both its forms.
import type { ServerResponse } from "node:http";
import { session } from "../../../src/adapters/node.ts";
import type { Adapter, AnySession } from "../app.ts";
import { listen, send } from "./listen.ts";

export const node: Adapter = {
  name: "node",
  answersErrors: "adapter",
  hasHttp2: true,
  canFlush: true,
  serve: (sessions, handler, options) => {
    const outer = options.second && session(options.second);
    const answer = (second?: AnySession) =>
      session(sessions, async (req, res) => {
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
    return listen((req, res) => {
      const run = (second?: AnySession): void =>
        middleware(req, res, (error) => {
          if (error) {
            const response = res as ServerResponse;
            response.writeHead(Number(Reflect.get(Object(error), "status")), { "Retry-After": "1" }).end();
            return;
          }
          Promise.resolve(handler(req.url ?? "/", sessionOf(req), second)).then(
            (answer) => send(res as ServerResponse, answer),
            () => (res as ServerResponse).destroy(),
          );
        });
      if (outer) outer(req, res, () => run(sessionOf(req)));
      else run();
    }, options);
  },
};

/** The session that the middleware has set. */
function sessionOf(req: object): AnySession {
  return (req as { session: AnySession }).session;
}
