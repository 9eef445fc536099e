// A program with both pages in it, on a real server, and a visitor who can log in: for the tests of the console.
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { session as honoSession, type SessionEnv } from "../../src/adapters/hono.ts";
import {
  type DevicesPageOptions,
  devicesPage,
  type SessionConsoleOptions,
  sessionConsole,
} from "../../src/console/index.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import type { SessionOptions } from "../../src/core/options.ts";
import type { SessionStore } from "../../src/core/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { listen } from "../behaviour/servers/listen.ts";
import { type AnyData, SECRET } from "../support/manager.ts";

export interface Program {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly sessions: SessionManager<AnyData>;
  readonly store: SessionStore;
  close(): Promise<void>;
}

interface ProgramOptions {
  readonly console?: Partial<SessionConsoleOptions<AnyData>>;
  readonly devices?: Partial<DevicesPageOptions<AnyData>>;
  readonly store?: SessionStore;
  readonly sessions?: Partial<SessionOptions<AnyData>>;
}

export const isAdmin: SessionConsoleOptions<AnyData>["authorize"] = (session) => session.owner === "admin";

/** On Hono, behind its own session middleware: `/login?name=` logs in, as the user agent and address that the request says. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const store = options.store ?? memoryStore({ maxSessions: 200_000 });
  const sessions = createManager<AnyData>({ secret: SECRET, ...options.sessions, store }, () => store);
  const console = sessionConsole({ sessions, authorize: isAdmin, ...options.console });
  const devices = devicesPage({ sessions, ...options.devices });
  const app = new Hono<SessionEnv<AnyData>>();
  app.use(honoSession(sessions));
  app.get("/login", async (c) => {
    const userAgent = c.req.header("user-agent");
    const { address, place, name = "ada" } = c.req.query();
    await c.get("session").login(name, { userAgent, address, place });
    c.get("session")["color"] = "blue";
    return c.text("logged in");
  });
  app.mount("/sessions", console.fetch);
  app.mount("/devices", devices.fetch);
  const server = await listen(getRequestListener(app.fetch), {});
  return {
    url: server.url,
    sessions,
    store,
    async close() {
      console.close();
      devices.close();
      await server.close();
      if (options.store === undefined) await sessions.close();
    },
  };
}
