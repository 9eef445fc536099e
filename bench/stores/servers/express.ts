// Express: bare, with express-session, and with coatcheck as a middleware.
import { createServer } from "node:http";
import { createSessions, type SessionStore } from "coatcheck";
import { session as coatcheck, type SessionRequest } from "coatcheck/node";
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import expressSession, { type Store } from "express-session";
import { listenWithNode } from "../../servers/listen.ts";
import { type BenchData, SECRET } from "../../servers/texts.ts";
import { bareRoutes, routes, type Visitor } from "./routes.ts";

export function startExpress(): Promise<number> {
  const app = express();
  for (const [path, route] of Object.entries(bareRoutes)) {
    app.get(path, (_req, res) =>
      answer(
        res,
        route((header) => res.setHeader("Set-Cookie", header)),
      ),
    );
  }
  return listen(app);
}

/** Set up as its documentation does, and as that of the stores does. */
export function startExpressSession(store: Store): Promise<number> {
  const middleware = expressSession({ secret: SECRET, store, resave: false, saveUninitialized: false });
  return startWith(middleware, ({ session }) => ({
    data: session as unknown as Visitor["data"],
    end: () => new Promise((resolve, reject) => session.destroy((error) => (error ? reject(error) : resolve()))),
  }));
}

export function startCoatcheckOnExpress(store: SessionStore): Promise<number> {
  const sessions = createSessions<Partial<BenchData>>({ secret: SECRET, store });
  return startWith(coatcheck(sessions), (req) => {
    const { session } = req as unknown as SessionRequest<Partial<BenchData>>;
    return { data: session as unknown as Visitor["data"], end: () => session.logout() };
  });
}

function startWith(middleware: RequestHandler, visitorOf: (req: Request) => Visitor): Promise<number> {
  const app = express();
  app.use(middleware);
  for (const [path, route] of Object.entries(routes)) {
    app.get(path, (req, res) => {
      const text = route(visitorOf(req), String(req.params["param"] ?? ""));
      return typeof text === "string" ? answer(res, text) : text.then((late) => answer(res, late));
    });
  }
  return listen(app);
}

function answer(res: Response, text: string): void {
  res.type("text/plain").send(text);
}

function listen(app: Express): Promise<number> {
  return listenWithNode(createServer(app));
}
