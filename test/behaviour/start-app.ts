// The session of an app on an adapter with a store that the test can hold back: shared by the cases of the behaviour suite.
import { readFileSync } from "node:fs";
import { after } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { SessionOptions } from "../../src/core/options.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { Client } from "../fixtures/browser-client.ts";
import { countCalls, type StoreCalls } from "../fixtures/counting-store.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { type Script, scriptStore } from "../fixtures/scripted-store.ts";
import type { Adapter, Answer, Handler, RunningApp, ServeOptions, TlsFiles } from "./app.ts";

interface Ground {
  readonly client: Client;
  readonly url: string;
  readonly sessions: SessionManager<AnyData>;
  readonly calls: StoreCalls;
  /** What the store does; at first, it answers after a millisecond, as a server would. */
  readonly script: { current: Script };
}

export const slow: Script = async (_method, proceed) => {
  await delay(1);
  return proceed();
};

export async function* pieces(...texts: string[]): AsyncGenerator<string> {
  for (const text of texts) {
    yield text;
    await delay(20);
  }
}

/** The routes that the cases ask for. */
export const routes: Handler = async (path, session): Promise<Answer> => {
  const [, route = "", key = "", value = ""] = path.split("/");
  switch (route) {
    case "plain":
      return { body: "plain" };
    case "all":
      return { body: JSON.stringify(session) };
    case "set":
      session[key] = value;
      return { body: "ok" };
    case "slow-set":
      await delay(Math.random() * 4);
      session[key] = value;
      return { body: "ok" };
    case "set-and-redirect":
      session[key] = value;
      return { status: 302, body: "http://127.0.0.1/elsewhere" };
    case "set-and-stream":
      session[key] = value;
      return { headers: [["Content-Type", "text/plain"]], body: pieces("one,", "two,", "three") };
    case "set-with-headers":
      session[key] = value;
      return {
        headers: [
          ["Set-Cookie", "theme=dark"],
          ["Set-Cookie", "lang=en"],
          ["Vary", "Accept-Language"],
          ["Cache-Control", "private"],
        ],
        body: "ok",
      };
    case "status":
      session[key] = "x";
      return { status: Number(value) };
    case "login":
      await session.login(key);
      return { body: session.owner ?? "" };
    case "login-and-set":
      await session.login(key);
      session["a"] = value;
      return { headers: [["Cache-Control", "public, max-age=60"]], body: "ok" };
    case "login-and-throw":
      await session.login(key);
      throw new Error("mistake of the app");
    case "logout":
      await session.logout();
      return { body: "bye" };
    case "throw-after-set":
      session[key] = value;
      throw new Error("mistake of the app");
    default:
      return { status: 404 };
  }
};

export const TLS: TlsFiles = { key: readFixture("key.pem"), cert: readFixture("cert.pem") };

/** Starts apps on an adapter, and stops them after the suite's tests. */
export function prepare(adapter: Adapter): typeof start {
  const running: RunningApp[] = [];
  after(() => Promise.all(running.map((app) => app.close())));
  return start;

  async function start(
    options: Partial<SessionOptions<AnyData>> = {},
    serving: ServeOptions = {},
    handler: Handler = routes,
  ): Promise<Ground> {
    const script = { current: slow };
    const { store, calls } = countCalls(memoryStore());
    const scripted = scriptStore(store, (method, proceed) => script.current(method, proceed));
    const sessions = createManager<AnyData>({ secret: SECRET, store: scripted, ...options }, memoryStore);
    const app = await adapter.serve(sessions, handler, serving);
    running.push(app);
    return { client: new Client(app.url), url: app.url, sessions, calls, script };
  }
}

function readFixture(name: string): Buffer {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
}
