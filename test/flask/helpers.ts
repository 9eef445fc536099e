// What the tests of coatcheck/flask share: an app with a store in memory, and a visitor who keeps cookies.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mock, type TestContext } from "node:test";
import { Flask } from "../../src/flask/index.ts";
import { generateSecret, memoryStore } from "../../src/index.ts";
import { until } from "../support/until.ts";

export const ROOT: string = new URL("../..", import.meta.url).pathname;

export function createApp(): Flask {
  const app = new Flask(import.meta.url, { templateFolder: "fixtures/templates", staticFolder: "fixtures/static" });
  app.secretKey = generateSecret();
  app.config.SESSION_STORE = memoryStore();
  return app;
}

interface Visitor {
  readonly cookies: Map<string, string>;
  get(path: string, init?: RequestInit): Promise<Response>;
  post(path: string, fields: Record<string, string> | FormData | URLSearchParams): Promise<Response>;
}

/** A browser's cookies, without the rest of a browser. Redirects are not followed. */
export function createVisitor(send: (path: string, init: RequestInit) => Promise<Response>): Visitor {
  const cookies = new Map<string, string>();
  const get = async (path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    if (cookies.size > 0) headers.set("Cookie", [...cookies].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await send(path, { redirect: "manual", ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (/Max-Age=0(;|$)/.test(cookie)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return response;
  };
  return {
    cookies,
    get,
    post: (path, fields) => {
      const body =
        fields instanceof FormData || fields instanceof URLSearchParams ? fields : new URLSearchParams(fields);
      return get(path, { method: "POST", body });
    },
  };
}

export function visitorOf(app: Flask): Visitor {
  return createVisitor((path, init) => app.request(path, init));
}

/** What the app logs of mistakes, kept out of the test's output. */
export function muteErrors(t: TestContext): string[] {
  const logged: string[] = [];
  t.mock.method(console, "error", (...parts: unknown[]) => {
    logged.push(parts.map((part) => (part instanceof Error ? part.message : String(part))).join(" "));
  });
  return logged;
}

/** Serves an app on a free port for one test. */
export async function serve(t: TestContext, app: Flask): Promise<string> {
  const log = mock.method(console, "log", () => {});
  const server = await app.run({ port: 0 });
  log.mock.restore();
  t.after(() => server.close());
  return server.url.slice(0, -1);
}

/** A program that serves, in a process of its own. */
export interface Program {
  readonly url: string;
  readonly pid: number;
  /** Everything it has printed so far. */
  output(): string;
  visit(): Visitor;
  /** Ends it, and tells its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program and waits until it listens. It ends with the test at the latest. */
export async function start(t: TestContext, file: string, env: Record<string, string> = {}): Promise<Program> {
  const child = launch(file, env);
  t.after(() => child.process.kill("SIGKILL"));
  const url = await waitFor(() => /Running on (http:\S+)\//.exec(child.output())?.[1], child.output);
  return {
    url,
    pid: child.process.pid ?? 0,
    output: child.output,
    visit: () => createVisitor((path, init) => fetch(url + path, init)),
    stop: async (signal = "SIGTERM") => {
      child.process.kill(signal);
      if (child.process.exitCode !== null) return child.process.exitCode;
      const [code] = await once(child.process, "exit");
      return typeof code === "number" ? code : null;
    },
  };
}

/** Runs a program that does not get to listen. */
export async function fail(file: string, env: Record<string, string>): Promise<{ code: unknown; output: string }> {
  const child = launch(file, env);
  const [code] = await once(child.process, "close");
  return { code, output: child.output() };
}

function launch(
  file: string,
  env: Record<string, string>,
): { process: ReturnType<typeof spawn>; output: () => string } {
  // Not the test's own NODE_ENV, key or test runner: a program that a user starts knows nothing of these.
  const {
    NODE_ENV: _env,
    SECRET_KEY: _key,
    NODE_TEST_CONTEXT: _test,
    PORT: _port,
    HOST: _host,
    ...inherited
  } = process.env;
  const child = spawn(process.execPath, ["--conditions=coatcheck-source", file], {
    cwd: ROOT,
    env: { ...inherited, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += String(chunk);
    });
  }
  return { process: child, output: () => output };
}

/** Waits until something is there. */
export function waitFor<T>(look: () => T | undefined | Promise<T | undefined>, explain: () => string): Promise<T> {
  return until(explain, look as () => T | undefined, 50);
}
