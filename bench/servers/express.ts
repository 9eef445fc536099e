// Express: bare, with express-session, with coatcheck as a middleware, and with its drop-in for express-session.
import { createServer } from "node:http";
import { createSessions, memoryStore, type SessionStore } from "coatcheck";
import { session as coatcheck } from "coatcheck/express";
import dropIn from "coatcheck/express-session";
import express, { type Express, type Request, type RequestHandler, type Response } from "express";
import expressSession, { type Store } from "express-session";
import { listenWithNode } from "./listen.ts";
import { bareRoutes, routes, type Visitor } from "./routes.ts";
import { SECRET } from "./texts.ts";

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
const settings = { secret: SECRET, resave: false, saveUninitialized: false };

export function startExpressSession(store: Store): Promise<number> {
  return startWith(expressSession({ ...settings, store }), ({ session }) => ({
    data: session as unknown as Visitor["data"],
    end: () => new Promise((resolve, reject) => session.destroy((error) => (error ? reject(error) : resolve()))),
  }));
}

/** @param kind Of the store: one written for express-session, or one of coatcheck's. */
export function startDropIn(kind: "express-session" | "coatcheck"): Promise<number> {
  const store = kind === "coatcheck" ? memoryStore() : new dropIn.MemoryStore();
  return startWith(dropIn({ ...settings, store }) as unknown as RequestHandler, (req) => {
    const { session } = req as unknown as { session: Visitor["data"] & { destroy(): Promise<void> } };
    return { data: session, end: () => session.destroy() };
  });
}

export function startCoatcheckOnExpress(store: SessionStore): Promise<number> {
  const sessions = createSessions<Visitor["data"]>({ secret: SECRET, store });
  return startWith(coatcheck(sessions), (req) => {
    const { session } = req as unknown as { session: Visitor["data"] & { logout(): Promise<void> } };
    return { data: session, end: () => session.logout() };
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
