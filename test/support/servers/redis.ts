// A private Redis (or Valkey) server.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "redis";
import { findProgram } from "../../../scripts/requirements.mjs";
import { freePort } from "./free-port.ts";
import { letGo, temporaryFolder } from "./keeper.ts";
import { type ServerProcess, serverProcess } from "./server-process.ts";

export interface RedisServer extends Pick<ServerProcess, "kill9" | "freeze" | "thaw" | "log"> {
  readonly port: number;
  /** For a client: `createClient({ url: server.url })`. */
  readonly url: string;
  /** Starts it again after `kill9`, on the same port and data. */
  restart(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
  /** One command on a connection of its own. */
  command(...words: readonly string[]): Promise<unknown>;
}

export interface RedisOptions {
  /** Whether writes are logged, and when they reach the disk; default `false`: a restart then loses everything. */
  readonly appendonly?: false | "always" | "everysec";
  /** Further arguments of redis-server. */
  readonly args?: readonly string[];
}

export async function startRedis({ appendonly = false, args = [] }: RedisOptions = {}): Promise<RedisServer> {
  const log = appendonly ? ["--appendonly", "yes", "--appendfsync", appendonly] : [];
  return startRedisProgram({ name: "redis", args: ["--save", "", ...log, ...args] });
}

interface RedisProgram {
  /** Names the folder, and so the process in lists. */
  readonly name: string;
  readonly args: readonly string[];
  /** Sentinel wants a file, where it keeps what it learns. */
  readonly configuration?: string;
  /** What it prints when it is ready. */
  readonly ready?: string;
}

export async function startRedisProgram(program: RedisProgram): Promise<RedisServer> {
  const port = await freePort();
  const folder = temporaryFolder(program.name);
  const server = serverProcess({
    file: redisProgram(),
    args: [
      ...fileArgs(program, folder),
      "--port",
      String(port),
      "--bind",
      "127.0.0.1",
      "--dir",
      folder,
      ...program.args,
    ],
    folder,
    ready: program.ready ?? "Ready to accept connections",
  });
  const { kill9, freeze, thaw, log } = server;
  const url = `redis://127.0.0.1:${port}`;
  await server.start();
  return {
    port,
    url,
    kill9,
    freeze,
    thaw,
    log,
    restart: () => server.start(),
    command: (...words) => sendCommand(url, words),
    async stop() {
      await server.kill9();
      await letGo({ kind: "folder", what: folder });
    },
  };
}

function fileArgs({ configuration }: RedisProgram, folder: string): string[] {
  if (!configuration) return [];
  const file = path.join(folder, "configuration");
  writeFileSync(file, configuration);
  return [file];
}

/** @throws Error that says what to install. */
function redisProgram(): string {
  const found = findProgram("Redis");
  if (found) return path.resolve(found);
  throw new Error("Redis is missing. Debian and Ubuntu: apt-get install redis-server. Or name it by REDIS_SERVER.");
}

async function sendCommand(url: string, words: readonly string[]): Promise<unknown> {
  const client = createClient({ url, disableOfflineQueue: true, socket: { reconnectStrategy: false } });
  client.on("error", () => {});
  await client.connect();
  try {
    return await client.sendCommand([...words]);
  } finally {
    client.destroy();
  }
}
