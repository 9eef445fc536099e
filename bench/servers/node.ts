// node:http without sessions, and coatcheck on it. Both answer by the same few lines.
import { createServer, type ServerResponse } from "node:http";
import { createSessions, type SessionStore } from "coatcheck";
import { session } from "coatcheck/node";
import { bareCookie } from "./bare-cookie.ts";
import { listenWithNode } from "./listen.ts";
import { type BenchData, dataOf, greeting, loginState, SECRET, SEEDED, userName, visitCount } from "./texts.ts";

export function startNode(): Promise<number> {
  let visits = 100_000;
  const server = createServer((req, res) => {
    switch (req.url) {
      case "/read":
        return answer(res, greeting(userName(0)));
      case "/write":
        return answer(res, visitCount(++visits));
      case "/has":
        return answer(res, loginState(false));
      default:
        res.setHeader("Set-Cookie", bareCookie());
        return answer(res, SEEDED);
    }
  });
  return listenWithNode(server);
}

export function startCoatcheckOnNode(store: SessionStore): Promise<number> {
  const sessions = createSessions<Partial<BenchData>>({ secret: SECRET, store });
  const listener = session(sessions, (req, res) => {
    switch (req.url) {
      case "/read":
        return answer(res, greeting(req.session.username));
      case "/write":
        req.session.visits = (req.session.visits ?? 0) + 1;
        return answer(res, visitCount(req.session.visits));
      case "/has":
        return answer(res, loginState("username" in req.session));
      default:
        req.session.update(dataOf(req.url?.split("/").at(-1) ?? ""));
        return answer(res, SEEDED);
    }
  });
  return listenWithNode(createServer(listener));
}

function answer(res: ServerResponse, text: string): void {
  res.setHeader("Content-Type", "text/plain; charset=UTF-8");
  res.end(text);
}
