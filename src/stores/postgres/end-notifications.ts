// What other processes tell of sessions that end: LISTEN on one connection of its own, made again when it breaks.
// It knows no record.
import { randomUUID } from "node:crypto";
import { createEndListeners } from "../../core/admin/end-listeners.ts";
import { SessionOptionError } from "../../core/errors.ts";
import type { EndListener } from "../../core/record/store.ts";
import { inTime } from "../shared/deadline.ts";
import { decodeText, encodeText } from "./codec.ts";
import type { PgClient, PgPool } from "./pool.ts";
import { listenSql } from "./statements.ts";

/** The first and the longest pause before the connection is tried again, in ms. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 5_000;
/** How often the connection is asked whether it is still there, in ms: a network may drop it without a word. */
const HEARTBEAT = 15_000;

const DEAF = {
  code: "COATCHECK_POSTGRES_DEAF",
  message:
    "The connection that listens on PostgreSQL hears no notification, as behind a proxy that gives each transaction another connection (PgBouncer). session.signal then fires half a minute late. Give postgresStore() a listenClient that goes straight to the server.",
  problem: "is missing, or makes a connection that hears no notification",
  remedy: "Give `listenClient: () => new pg.Client(…)` that goes straight to the server, past any proxy.",
} as const;

/** The text of a notification: where the session of a key goes on, or that it has ended. */
export function payloadOf(key: string, movedTo?: string): string {
  return JSON.stringify([[key, movedTo].filter((each) => each !== undefined).map(encodeText)]);
}

/** Makes the client that listens from the pool's settings, outside of the pool, whose `end` then waits for no one. */
export function clientOf(pool: PgPool, timeout: number): PgClient {
  const Client = "Client" in pool ? pool.Client : undefined;
  if (typeof Client !== "function") {
    throw new SessionOptionError(
      "listenClient",
      "is missing, and the pool does not tell how it makes clients",
      "Give `listenClient: () => new pg.Client(…)` with the settings of the pool.",
    );
  }
  // By descriptors, since a pool hides the password from enumeration.
  const options = Object.defineProperties({}, Object.getOwnPropertyDescriptors(pool.options));
  const { connectionTimeoutMillis = 0 }: { connectionTimeoutMillis?: number } = options;
  return Reflect.construct(Client, [
    Object.assign(options, { keepAlive: true, connectionTimeoutMillis: connectionTimeoutMillis || timeout }),
  ]);
}

/** Sends a notification through the pool, as the store's calls do. */
export type Notify = (channel: string, payload: string) => Promise<unknown>;

export class Ends {
  readonly #makeClient: () => PgClient;
  readonly #notify: Notify;
  readonly #channel: () => Promise<string>;
  readonly #timeout: () => number;
  readonly #listeners = createEndListeners("the PostgreSQL store", () => this.#stop());
  /** The connection that listens or is about to. Whatever an earlier one still says is not heard. */
  #client: PgClient | undefined;
  /** Settles when it listens. */
  #listening: Promise<void> | undefined;
  /** The next try, or the next heartbeat. */
  #timer: NodeJS.Timeout | undefined;
  #pause = FIRST_PAUSE;
  /** A connection was lost, and none has listened since. */
  #wasLost = false;
  #isDeaf = false;

  /** @param channel Returns the channel's name. @param timeout Returns how long the server may take, in ms. */
  constructor(makeClient: () => PgClient, notify: Notify, channel: () => Promise<string>, timeout: () => number) {
    this.#makeClient = makeClient;
    this.#notify = notify;
    this.#channel = channel;
    this.#timeout = timeout;
  }

  /** Resolves when the listener hears of every end from now on. Rejects when the server can't be reached now. */
  async subscribe(listener: EndListener, resumed?: () => void): Promise<() => void> {
    const unsubscribe = this.#listeners.add(listener, resumed);
    try {
      await this.#listenSurely();
    } catch (error) {
      unsubscribe();
      throw error;
    }
    return unsubscribe;
  }

  async #listenSurely(): Promise<void> {
    const isNew = this.#listening === undefined;
    await this.#listen();
    if (isNew || this.#client === undefined) return;
    // It listened already, so it may be dead by now without our knowledge.
    await this.#ask(this.#client).catch(() => (this.#listeners.size > 0 ? this.#listen() : undefined));
  }

  close(): void {
    this.#listeners.clear();
    this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#pause = FIRST_PAUSE;
    this.#listening = undefined;
    const client = this.#client;
    this.#client = undefined;
    client?.end().catch(ignore);
  }

  #listen(): Promise<void> {
    if (this.#listening) return this.#listening;
    clearTimeout(this.#timer);
    const client = this.#makeClient();
    this.#client = client;
    const listening = this.#connect(client);
    this.#listening = listening;
    listening.catch(() => this.#lost(client));
    return listening;
  }

  async #connect(client: PgClient): Promise<void> {
    client.on("error", () => this.#lost(client));
    client.on("end", () => this.#lost(client));
    const channel = await this.#channel();
    client.on("notification", (message) => {
      if (message.channel === channel && this.#client === client) this.#hear(message.payload ?? "");
    });
    await inTime(
      client.connect().then(() => client.query(listenSql(channel))),
      this.#timeout(),
    );
    await this.#probe(client, channel);
    if (this.#client !== client) throw new Error("the connection that listens was lost");
    // A program that has nothing else to do may end.
    client.unref?.();
    this.#pause = FIRST_PAUSE;
    this.#beat(client);
    if (this.#wasLost) this.#listeners.resume();
    this.#wasLost = false;
  }

  /** Whether the last connection that listened was told nothing, although it should have been. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /**
   * Sends a notification through the pool and looks whether it has come. PostgreSQL hands over what has come in before it
   * answers the next statement, so no time has to be waited.
   * @throws SessionOptionError when it has not: LISTEN was sent to another connection than this one.
   */
  async #probe(client: PgClient, channel: string): Promise<void> {
    const probe = JSON.stringify({ probe: randomUUID() });
    let hasCome = false;
    client.on("notification", ({ payload }) => {
      hasCome ||= payload === probe;
    });
    await this.#notify(channel, probe);
    await inTime(client.query(`LISTEN "${channel}"`), this.#timeout());
    if (!hasCome && !this.#isDeaf) process.emitWarning(DEAF.message, { type: "CoatcheckWarning", code: DEAF.code });
    this.#isDeaf = !hasCome;
    if (!hasCome) throw new SessionOptionError("listenClient", DEAF.problem, DEAF.remedy);
  }

  #beat(client: PgClient): void {
    this.#timer = setTimeout(() => {
      this.#ask(client).then(() => {
        if (this.#client === client) this.#beat(client);
      }, ignore);
    }, HEARTBEAT);
    this.#timer.unref();
  }

  /** Rejects when the connection is lost; another one is then made. */
  async #ask(client: PgClient): Promise<void> {
    try {
      await inTime(client.query("SELECT 1"), this.#timeout());
    } catch (error) {
      this.#lost(client);
      throw error;
    }
  }

  #lost(client: PgClient): void {
    client.end().catch(ignore);
    if (this.#client !== client) return;
    clearTimeout(this.#timer);
    this.#client = undefined;
    this.#listening = undefined;
    this.#wasLost = true;
    if (this.#listeners.size === 0) return;
    const pause = this.#pause * (0.5 + Math.random() / 2);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
    this.#timer = setTimeout(() => void this.#listen().catch(ignore), pause);
    this.#timer.unref();
  }

  #hear(payload: string): void {
    for (const [key, movedTo] of endsIn(payload)) {
      this.#listeners.tell(decodeText(key), movedTo === undefined ? undefined : decodeText(movedTo));
    }
  }
}

/** Whoever may connect to the database may notify; what is not ours is nothing. */
function endsIn(payload: string): [key: string, movedTo?: string][] {
  let ends: unknown;
  try {
    ends = JSON.parse(payload);
  } catch {
    return [];
  }
  return Array.isArray(ends) ? ends.filter(isEnd) : [];
}

function isEnd(value: unknown): value is [key: string, movedTo?: string] {
  return (
    Array.isArray(value) &&
    (value.length === 1 || value.length === 2) &&
    value.every((each) => typeof each === "string")
  );
}

function ignore(): void {}
