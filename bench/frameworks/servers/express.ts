// coatcheck on Express: its own middleware, and the drop-in for express-session.
import { createServer } from "node:http";
import { createSessions, memoryStore } from "coatcheck";
import { session as coatcheck } from "coatcheck/express";
import dropIn from "coatcheck/express-session";
import express, { type Request, type RequestHandler } from "express";
import { listenWithNode } from "../../servers/listen.ts";
import { SECRET } from "../../servers/texts.ts";
import { routes, type Visitor } from "../../stores/servers/routes.ts";

export function startCoatcheckOnExpress(): Promise<number> {
  const sessions = createSessions<Visitor["data"]>({ secret: SECRET, store: memoryStore() });
  return startWith(coatcheck(sessions));
}

/** @param kind Of the store: one written for express-session, or one of coatcheck's. */
export function startDropIn(kind: "express-session" | "coatcheck"): Promise<number> {
  const store = kind === "coatcheck" ? memoryStore() : new dropIn.MemoryStore();
  return startWith(dropIn({ secret: SECRET, store, resave: false, saveUninitialized: false }));
}

function startWith(middleware: unknown): Promise<number> {
  const app = express();
  app.use(middleware as RequestHandler);
  for (const [path, route] of Object.entries(routes)) {
    app.get(path, async (req, res) => {
      const text = route(visitorOf(req), String(req.params["param"] ?? ""));
      res.type("text/plain").send(typeof text === "string" ? text : await text);
    });
  }
  return listenWithNode(createServer(app));
}

const visitorOf = (req: Request): Visitor => ({
  data: (req as unknown as { session: Visitor["data"] }).session,
  end: () => Promise.reject(new Error("Nobody logs out here.")),
});
