// The clients that users bring, as far as the store looks at them: node-redis and ioredis, one server, Sentinel or a
// cluster, told apart by their methods, so that neither package is imported. It knows no script and no record.
import { errorMonitor } from "node:events";
import { SessionOptionError } from "../../core/errors.ts";

/** For how long an error of a client may explain why a call gets no answer, in ms. Clients wait between two tries. */
const ERROR_AGE = 10_000;

/** node-redis, `createClient()`. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>;
  duplicate(): unknown;
  readonly isOpen: boolean;
}

/** node-redis, `createClientPool()`. */
export interface NodeRedisPool {
  sendCommand(args: string[]): Promise<unknown>;
  /** Lends a client of the pool. */
  execute(task: (client: NodeRedisClient) => unknown): Promise<unknown>;
  readonly isOpen: boolean;
}

/** node-redis, `createCluster()`. */
export interface NodeRedisCluster {
  sendCommand(firstKey: string | undefined, isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
  duplicate(): unknown;
  nodeClient(node: never): unknown;
  readonly masters: readonly { readonly address: string }[];
  readonly isOpen: boolean;
}

/** node-redis, `createSentinel()`. */
export interface NodeRedisSentinel {
  sendCommand(isReadonly: boolean | undefined, args: string[]): Promise<unknown>;
  /** Since version 6; before that, the store listens through the client, which has a connection of its own for it. */
  duplicate?(): unknown;
  getMasterNode(): unknown;
  readonly isOpen: boolean;
}

/** ioredis, `new Redis()`, with or without Sentinel, or `new Cluster()`. */
export interface IoRedisClient {
  call(command: string, ...args: string[]): Promise<unknown>;
  duplicate(): unknown;
  readonly status: string;
  readonly isCluster: boolean;
}

/** A connected client of the package `redis` (5 or 6) or `ioredis` (5 or 6). */
export type RedisClient = NodeRedisClient | NodeRedisPool | NodeRedisCluster | NodeRedisSentinel | IoRedisClient;

/** Is called with each message of a channel. */
type MessageListener = (message: string) => void;

/** Called when the connection that listens changes by itself. */
export interface ConnectionListeners {
  /** The client has given the connection up. */
  ended(): void;
  /** The client has connected and subscribed again; what was published in between is lost. */
  resumed(): void;
}

/** A connection of the store's own, that hears one channel. */
export interface Listening {
  /** Asks for the channel again, where the client may have lost it without a word. */
  renew?(): Promise<void>;
  end(): void;
}

/** A server that has keys: the only one, or a primary of a cluster. */
export interface Node {
  /** Where it is, the same for every process; `""` for the only one. */
  readonly address: string;
  send(args: string[]): Promise<unknown>;
}

/** What the store does with a client, whichever it is. */
export interface Commands {
  /** Sends a command to the server that has the key. */
  send(key: string, args: string[]): Promise<unknown>;
  /** The servers that have all keys between them, for commands that name no key. */
  nodes(): Promise<readonly Node[]>;
  /** What the client puts before every key by itself. It does not do so with a pattern, and leaves it in what is found. */
  readonly keyPrefix: string;
  /** Hears a channel on a new connection. */
  listen(channel: string, listener: MessageListener, changes: ConnectionListeners): Promise<Listening>;
  /** `false` when nobody has connected the client, or it was closed. */
  isOpen(): boolean;
  /** The trouble that the client has told of in the last seconds, if it is not connected now. */
  lastError(): unknown;
}

/** What a client does beside sending commands: a duplicate, that is the store's own, and a sentinel without one. */
interface Subscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string, listener?: MessageListener): Promise<unknown>;
  unsubscribe(channel: string, listener: MessageListener): Promise<unknown>;
  on(event: string, listener: (...args: string[]) => void): unknown;
  destroy(): unknown;
  disconnect(): unknown;
  readonly isOpen: boolean;
}

const REMEDY =
  "Give what createClient(), createClientPool(), createCluster() or createSentinel() of the package redis made, or new Redis() or new Cluster() of ioredis.";

/** @throws SessionOptionError for anything but a client of redis or ioredis, and for one that reads from replicas. */
export function commandsOf(client: RedisClient): Commands {
  if (typeof client !== "object" || client === null) {
    throw new SessionOptionError("client", "must be a client of redis or ioredis", REMEDY);
  }
  if (isIoRedis(client)) return ioRedis(client);
  const canListen = has(client, "duplicate") || isSentinel(client) || isPool(client);
  if (!has(client, "sendCommand") || !("isOpen" in client) || !canListen) {
    throw new SessionOptionError("client", "must be a client of redis or ioredis that can be duplicated", REMEDY);
  }
  const state = { isOpen: () => client.isOpen, lastError: watchErrors(client) };
  const keyPrefix = "";
  if (isCluster(client)) {
    return {
      send: (key, args) => client.sendCommand(key, false, args),
      nodes: async () => client.masters.map((master) => nodeOf(client, master)),
      keyPrefix,
      listen: listener(client, { minimizeConnections: true }),
      ...state,
    };
  }
  if (isSentinel(client)) {
    const listen = has(client, "duplicate") ? listener(client, {}) : sharedListener(client);
    return { ...oneServer((args) => client.sendCommand(false, args)), keyPrefix, listen, ...state };
  }
  const listen = isPool(client) ? poolListener(client) : listener(client, {});
  return { ...oneServer((args) => client.sendCommand(args)), keyPrefix, listen, ...state };
}

function oneServer(send: Node["send"]): Pick<Commands, "send" | "nodes"> {
  return { send: (_, args) => send(args), nodes: async () => [{ address: "", send }] };
}

function nodeOf(cluster: NodeRedisCluster, master: NodeRedisCluster["masters"][number]): Node {
  return {
    address: master.address,
    send: async (args) => {
      const client = (await cluster.nodeClient(master as never)) as NodeRedisClient;
      return client.sendCommand(args);
    },
  };
}

function isIoRedis(client: RedisClient): client is IoRedisClient {
  return has(client, "call") && has(client, "duplicate") && "status" in client;
}

function isCluster(client: Exclude<RedisClient, IoRedisClient>): client is NodeRedisCluster {
  return has(client, "nodeClient");
}

function isSentinel(client: Exclude<RedisClient, IoRedisClient>): client is NodeRedisSentinel {
  return has(client, "getMasterNode");
}

function isPool(client: Exclude<RedisClient, IoRedisClient>): client is NodeRedisPool {
  return has(client, "execute") && !has(client, "duplicate") && !isCluster(client) && !isSentinel(client);
}

function has(client: object, method: string): boolean {
  return typeof Reflect.get(client, method) === "function";
}

/** The last error of each client. Stores share a client, and each listener of an emitter counts. */
const lastErrors = new WeakMap<object, { error: unknown; at: number }>();

/** Hears of errors without handling them: an app that does not handle its client's errors learns so as before. */
function watchErrors(client: RedisClient): () => unknown {
  const noted = lastErrors.get(client) ?? { error: undefined, at: 0 };
  if (!lastErrors.has(client) && has(client, "on")) {
    lastErrors.set(client, noted);
    const on = Reflect.get(client, "on") as (event: symbol, listener: (error: unknown) => void) => unknown;
    on.call(client, errorMonitor, (error) => {
      noted.error = error;
      noted.at = performance.now();
    });
  }
  return () => (performance.now() - noted.at < ERROR_AGE && !isReady(client) ? noted.error : undefined);
}

function isReady(client: object): boolean {
  return Reflect.get(client, "isReady") === true || Reflect.get(client, "status") === "ready";
}

/** @param overrides Options of the duplicate. A cluster's opens no more connections than it needs. */
function listener(client: RedisClient, overrides: object): Commands["listen"] {
  return async (channel, hear, { ended, resumed }) => {
    const own = duplicateOf(client, overrides);
    // Its client connects and subscribes again by itself, until it says that it will no more.
    own.on("error", () => {
      if (!own.isOpen) ended();
    });
    own.on("end", ended);
    const end = (): void => void Promise.resolve(own.destroy()).catch(() => {});
    try {
      await own.connect();
      await own.subscribe(channel, hear);
    } catch (error) {
      end();
      throw error;
    }
    // A client of one server has subscribed again when it is ready.
    own.on("ready", resumed);
    own.on("node-ready", resumed);
    return { end };
  };
}

/** A pool can't be duplicated, and each of its clients can. */
function poolListener(pool: NodeRedisPool): Commands["listen"] {
  return async (...args) => {
    let listen: Commands["listen"] | undefined;
    await pool.execute((client) => {
      listen = listener(client, {});
    });
    if (listen === undefined) throw new Error("the pool lent no client");
    return listen(...args);
  };
}

function sharedListener(client: NodeRedisSentinel): Commands["listen"] {
  const shared = client as object as Subscriber;
  return async (channel, hear) => {
    await shared.subscribe(channel, hear);
    return { end: () => void shared.unsubscribe(channel, hear).catch(() => {}) };
  };
}

function ioRedis(client: IoRedisClient): Commands {
  const { scaleReads, keyPrefix = "" } = optionsOf(client);
  if (client.isCluster && scaleReads !== undefined && scaleReads !== "master") {
    throw new SessionOptionError(
      "client",
      "reads from replicas, which may not have heard yet that a session has ended",
      'Give a Cluster of its own, with scaleReads: "master".',
    );
  }
  return {
    send: (_, args) => call(client, args),
    nodes: () => ioRedisNodes(client),
    keyPrefix: String(keyPrefix),
    listen: ioRedisListener(client),
    // It connects by itself, and again after it was closed.
    isOpen: () => true,
    lastError: watchErrors(client),
  };
}

interface IoRedisOptions {
  readonly scaleReads?: unknown;
  readonly keyPrefix?: unknown;
  readonly host?: unknown;
  readonly port?: unknown;
}

function optionsOf(client: object): IoRedisOptions {
  const options: unknown = Reflect.get(client, "options");
  return typeof options === "object" && options !== null ? options : {};
}

/** Older versions know where the keys are by the command's name in small letters only. */
function call(client: Pick<IoRedisClient, "call">, [command = "", ...args]: readonly string[]): Promise<unknown> {
  return client.call(command.toLowerCase(), ...args);
}

async function ioRedisNodes(client: IoRedisClient): Promise<readonly Node[]> {
  if (!client.isCluster) return [{ address: "", send: (args) => call(client, args) }];
  // Until it is connected, it takes for primaries all that it was told to begin with.
  if (client.status !== "ready") await client.call("ping");
  const nodesOf = Reflect.get(client, "nodes") as (role: string) => readonly IoRedisClient[];
  return nodesOf.call(client, "master").map((node) => {
    const { host, port } = optionsOf(node);
    return { address: `${host}:${port}`, send: (args) => call(node, args) };
  });
}

function ioRedisListener(client: IoRedisClient): Commands["listen"] {
  return async (channel, hear, { ended, resumed }) => {
    const overrides = { autoResubscribe: true, enableOfflineQueue: true, lazyConnect: false };
    const own = client.isCluster ? duplicateOf(client, [], overrides) : duplicateOf(client, overrides);
    // An error that nobody hears would be printed.
    own.on("error", () => {});
    own.on("end", ended);
    own.on("message", (from, message) => {
      if (from === channel && message !== undefined) hear(message);
    });
    try {
      await own.subscribe(channel);
    } catch (error) {
      own.disconnect();
      throw error;
    }
    let subscribedOn = connectionOf(own);
    const renew = async (): Promise<void> => {
      await own.subscribe(channel);
      const connection = connectionOf(own);
      if (connection === subscribedOn) return;
      subscribedOn = connection;
      resumed();
    };
    // It subscribes again by itself once it is ready; the answer to this one comes after that.
    own.on("ready", () => own.subscribe(channel).then(resumed, () => {}));
    return { renew, end: () => void own.disconnect() };
  };
}

/** The connection on which a Cluster of ioredis hears messages: it takes another one without an event. */
function connectionOf(client: object): unknown {
  const group: unknown = Reflect.get(client, "subscriber");
  if (typeof group !== "object" || group === null || !has(group, "getInstance")) return undefined;
  return (Reflect.get(group, "getInstance") as () => unknown).call(group);
}

function duplicateOf(client: RedisClient, ...args: readonly unknown[]): Subscriber {
  const duplicate = Reflect.get(client, "duplicate") as (...args: readonly unknown[]) => Subscriber;
  return duplicate.apply(client, [...args]);
}
