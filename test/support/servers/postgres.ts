// A private PostgreSQL server.
import { execFileSync } from "node:child_process";
import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "../../../scripts/requirements.mjs";
import { freePort } from "./free-port.ts";
import { type Identity, letGo, temporaryFolder } from "./keeper.ts";
import { type ServerProcess, serverProcess } from "./server-process.ts";

export interface PostgresServer extends Pick<ServerProcess, "kill9" | "isRunning" | "log"> {
  readonly port: number;
  /** For a pool: `new pg.Pool({ connectionString: server.url })`. */
  readonly url: string;
  /** The directory of its data. */
  readonly data: string;
  /** The user that it runs as, where that is another than this process's. */
  readonly identity: Identity | undefined;
  /** Starts it again after its end, on the same port and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

interface PostgresOptions {
  /** Whether acknowledged transactions survive a power failure, as they do by PostgreSQL's defaults; default `true`. */
  readonly durable?: boolean;
  /** Further settings: `["max_connections=20"]`. */
  readonly args?: readonly string[];
  /** Further arguments of initdb. */
  readonly initdb?: readonly string[];
  /** An empty directory for its data. Default: a temporary one. */
  readonly folder?: string;
}

const FAST = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"];

export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { durable = true, args = [], initdb = [] } = options;
  const program = postgresProgram();
  const identity = postgresIdentity();
  const folder = options.folder ?? temporaryFolder("postgres", identity);
  const data = path.join(folder, "data");
  const first = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", ...initdb];
  execFileSync(path.join(path.dirname(program), "initdb"), first, { cwd: folder, stdio: "pipe", ...identity });

  const port = await freePort();
  const own = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`];
  const settings = [...own, ...(durable ? [] : FAST), ...args].flatMap((setting) => ["-c", setting]);
  const server = serverProcess({
    file: program,
    args: ["-D", data, ...settings],
    folder,
    ready: "database system is ready to accept connections",
    identity,
  });
  const { kill9, isRunning, log } = server;
  await server.start();
  return {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    data,
    identity,
    kill9,
    isRunning,
    log,
    restart: () => startAgain(server),
    async stop() {
      // An immediate shutdown: it ends its own processes, and has nothing to write.
      await server.end("SIGQUIT");
      if (options.folder === undefined) await letGo({ kind: "folder", what: folder });
    },
  };
}

/** After a kill, processes of the old server may take a moment to go, and a new one refuses to start before. */
async function startAgain(server: ServerProcess): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await server.start();
    } catch (error) {
      if (tries === 50 || !String(error).includes("still in use")) throw error;
      await delay(200);
    }
  }
}

/** @throws Error that says what to install. */
function postgresProgram(): string {
  const found = findProgram("PostgreSQL");
  if (found) return realpathSync(found);
  throw new Error(
    "PostgreSQL is missing. Debian and Ubuntu: apt-get install postgresql. Or name it by POSTGRES_SERVER.",
  );
}

/** PostgreSQL refuses to run as root; then it runs as a user that has nothing else. */
export function postgresIdentity(): Identity | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  const [, , uid, gid] = ["postgres", "nobody"].flatMap((name) => lines.filter(([user]) => user === name))[0] ?? [];
  if (uid === undefined || gid === undefined)
    throw new Error("There is no user to run PostgreSQL as: neither postgres nor nobody.");
  return { uid: Number(uid), gid: Number(gid) };
}
