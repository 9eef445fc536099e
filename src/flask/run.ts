// `app.run()`: a server of its own, its messages, and its end. It knows of the app only what it needs to serve it.
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { SessionError } from "../core/errors.ts";
import {
  booleanOption,
  checkOptions,
  nameOption,
  type OptionChecks,
  wholeNumberOption,
} from "../core/util/option-checks.ts";
import type { FlaskConfig } from "./config.ts";
import { canReload, reloadedPort, reportListening, runReloading } from "./reloader.ts";

export interface RunOptions {
  /** Default `"127.0.0.1"`: this machine alone. `"0.0.0.0"` for every network. */
  readonly host?: string | undefined;
  /** Default 5000. 0 takes any free one. */
  readonly port?: number | undefined;
  /** Reloads the program when a file changes, and shows errors with their stack. Default: `config.DEBUG`, or `false`. */
  readonly debug?: boolean | undefined;
  /** Default: what `debug` says. */
  readonly useReloader?: boolean | undefined;
}

const CHECKS: OptionChecks<RunOptions> = {
  host: nameOption,
  port: wholeNumberOption(0, 65_535),
  debug: booleanOption,
  useReloader: booleanOption,
};

/** A server that listens. */
export interface RunningServer {
  /** `http://127.0.0.1:5000/` */
  readonly url: string;
  readonly port: number;
  /** Ends open requests within two seconds and closes the session store. */
  close(): Promise<void>;
}

/** What is served. */
interface ServedApp {
  readonly config: FlaskConfig;
  readonly fetch: (request: Request, env?: object) => Promise<Response>;
  /** Makes what can fail at start fail. */
  prepare(): void;
  close(): Promise<void>;
}

/** For how long, in ms, requests under way may go on when the server stops. */
const GRACE = 2_000;

/** Nothing that the program has done wrong: the address can't be had. */
const ADDRESS_PROBLEMS: ReadonlyMap<unknown, string> = new Map([
  ["EADDRINUSE", "is in use by another program. Stop that one, or choose another port"],
  ["EACCES", "may not be used by this user. Choose a port from 1024 on"],
  ["EADDRNOTAVAIL", "does not belong to this machine. Choose another host"],
  ["ENOTFOUND", "can't be found. Choose another host"],
]);

export async function run(app: ServedApp, options: RunOptions = {}): Promise<RunningServer> {
  try {
    checkOptions<RunOptions>(options, CHECKS, "Call app.run({ port: 5000 }).");
  } catch (error) {
    return exitWith(describe(error, "", 0));
  }
  const { host = "127.0.0.1", port = 5000, debug = app.config.DEBUG === true, useReloader = debug } = options;
  if (debug) {
    app.config.DEBUG = true;
    // So that a secret for development will do.
    process.env["NODE_ENV"] ??= "development";
  }
  try {
    if (useReloader && canReload()) return await runReloading(await findPort(host, port));
    app.prepare();
    return await serve(app, host, reloadedPort() ?? port);
  } catch (error) {
    const problem = describe(error, host, port);
    if (problem === undefined) throw error;
    return exitWith(problem);
  }
}

function exitWith(problem: string | undefined): never {
  console.error(problem);
  process.exit(1);
}

/** What to print instead of a stack; `undefined` for a mistake of the program's. */
function describe(error: unknown, host: string, port: number): string | undefined {
  if (error instanceof SessionError) return `The app can't start. ${error.message}`;
  const problem = ADDRESS_PROBLEMS.get(Reflect.get(Object(error), "code"));
  return problem && `The app can't start. The address ${host}:${port} ${problem}.`;
}

async function serve(app: ServedApp, host: string, port: number): Promise<RunningServer> {
  const { createAdaptorServer } = await import("@hono/node-server");
  // Without options for it, it is a server of node:http.
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await listen(server, host, port);
  const { port: listening } = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${listening}/`;
  if (app.config.DEBUG === true) console.log(" * Debug mode: on. Visitors see the stack of errors: never in public.");
  console.log(` * Running on ${url}`);
  return closeable(app, server, { url, port: listening });
}

function closeable(app: ServedApp, server: Server, address: { url: string; port: number }): RunningServer {
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= stop(server).then(() => app.close());
    for (const signal of SIGNALS) process.off(signal, exit);
    return closing;
  };
  const exit = (): void => {
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of SIGNALS) process.on(signal, exit);
  reportListening(exit);
  return { ...address, close };
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

function stop(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    // What was answering when the server closed is kept open for another request otherwise.
    const idle = setInterval(() => server.closeIdleConnections(), 20);
    const late = setTimeout(() => server.closeAllConnections(), GRACE);
    server.close((error) => {
      clearInterval(idle);
      clearTimeout(late);
      if (error) reject(error);
      else resolve();
    });
  });
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** A port that can be had: the one asked for, or a free one, which stays the same over reloads. */
async function findPort(host: string, port: number): Promise<number> {
  const { createServer } = await import("node:http");
  const server = createServer();
  await listen(server, host, port);
  const { port: found } = server.address() as AddressInfo;
  await stop(server);
  return found;
}
