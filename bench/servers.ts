// The servers under test, by name. Each is started in a process of its own by serve.ts.

export interface ServerUnderTest {
  readonly name: string;
  readonly label: string;
  /** The server without sessions that this one is compared with; absent on such a server itself. */
  readonly base?: string;
  /** It is there for comparison and keeps no sessions. */
  readonly isBare?: true;
}

export const SERVERS: readonly ServerUnderTest[] = [
  { name: "hono", label: "hono", isBare: true },
  { name: "hono-middleware", label: "an empty middleware on hono", base: "hono", isBare: true },
  { name: "coatcheck-hono-memory", label: "coatcheck on hono, memory", base: "hono" },
  { name: "coatcheck-hono-lmdb", label: "coatcheck on hono, lmdb", base: "hono" },
  { name: "hono-sessions", label: "hono-sessions, memory", base: "hono" },
  { name: "iron-session", label: "iron-session on hono", base: "hono" },
  { name: "node", label: "node:http", isBare: true },
  { name: "coatcheck-node-memory", label: "coatcheck on node:http, memory", base: "node" },
];
