// The servers under test, by name. Each is started in a process of its own by serve.ts.
import { type RunningServer, startServer } from "./processes.ts";

export interface ServerUnderTest {
  readonly name: string;
  readonly label: string;
  /** The server without sessions that this one is compared with; absent on such a server itself. */
  readonly base?: string;
  /** The server with what its users have today, which this one is held to. */
  readonly peer?: string;
  /** It is there for comparison and keeps no sessions. */
  readonly isBare?: true;
}

export const SERVERS: readonly ServerUnderTest[] = [
  { name: "hono", label: "hono", isBare: true },
  { name: "hono-middleware", label: "an empty middleware on hono", base: "hono", isBare: true },
  { name: "coatcheck-hono-memory", label: "coatcheck on hono, memory", base: "hono" },
  { name: "coatcheck-hono-sqlite", label: "coatcheck on hono, sqlite", base: "hono" },
  { name: "hono-sessions", label: "hono-sessions, memory", base: "hono" },
  { name: "iron-session", label: "iron-session on hono", base: "hono" },
  { name: "node", label: "node:http", isBare: true },
  { name: "coatcheck-node-memory", label: "coatcheck on node:http, memory", base: "node" },
];

const SERVE = new URL("./serve.ts", import.meta.url);

/** @param directory What the server may write goes here. */
export function startServerUnderTest({ name }: ServerUnderTest, directory: string): Promise<RunningServer> {
  return startServer(SERVE, name, directory);
}

/** The named servers, or all, each with the one that it is compared with. */
export function chooseServers(names: readonly string[] | undefined): ServerUnderTest[] {
  const wanted = SERVERS.filter(({ name }) => names?.includes(name) ?? true);
  const bases = new Set(wanted.map(({ base }) => base));
  return SERVERS.filter((server) => wanted.includes(server) || bases.has(server.name));
}
