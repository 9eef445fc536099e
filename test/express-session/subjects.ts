// What the behaviour of express-session is asked of: the drop-in on each host and with each kind of store, and
// express-session itself, so that no test asks for what it does not do.
import session, { type SessionOptions } from "coatcheck/express-session";
import expressSession from "express-session";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Handler, type Host, hosts } from "./hosts.ts";

declare module "coatcheck/express-session" {
  interface SessionData {
    user?: string | null;
    views?: number;
    list?: string[];
  }
}

export interface Subject {
  readonly name: string;
  readonly host: Host;
  readonly session: typeof session;
  readonly createStore: () => SessionOptions["store"];
}

const original = expressSession as unknown as typeof session;
export const subjects: Subject[] = [
  { name: "express-session itself", host: hosts[0]!, session: original, createStore: () => new original.MemoryStore() },
  ...hosts.flatMap((host): Subject[] => [
    { name: `${host.name}, MemoryStore`, host, session, createStore: () => new session.MemoryStore() },
    { name: `${host.name}, a store of coatcheck's`, host, session, createStore: memoryStore },
  ]),
];

export const count: Handler = (req, res) => {
  req.session.views = (req.session.views ?? 0) + 1;
  res.end(String(req.session.views));
};
export const show: Handler = (req, res) => res.end(JSON.stringify({ ...req.session, cookie: undefined }));

/** Answers by the path's first part. */
export function routes(table: Record<string, Handler>): Handler {
  return (req, res, next) => (table[req.url?.split("/")[1] ?? ""] ?? show)(req, res, next);
}
