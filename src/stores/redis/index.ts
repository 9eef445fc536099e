// Sessions in Redis or Valkey, one server or a cluster, through a client that the app has made.
// It knows no cookie and no ID; `redis/` has its parts.
import type {
  AsynchronousStore,
  BrowseOptions,
  Change,
  CommitResult,
  DestroyAllOptions,
  EndListener,
  ListPage,
  Replacement,
  SessionCount,
  SessionRecord,
} from "../../core/record/store.ts";
import { checkedWhereParsed, checkOptions, type OptionChecks, stringOption } from "../../core/util/option-checks.ts";
import { Browsing } from "./browse.ts";
import { type Commands, commandsOf, type RedisClient } from "./clients.ts";
import { Ends } from "./end-notifications.ts";
import { STORE } from "./errors.ts";
import { Listings } from "./listing.ts";
import { OwnerIndex } from "./owner-index.ts";
import { type Ending, Records } from "./records.ts";
import { Server } from "./server.ts";

export type {
  IoRedisClient,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisPool,
  NodeRedisSentinel,
  RedisClient,
} from "./clients.ts";

export interface RedisStoreOptions {
  /**
   * A client of the package `redis` (`createClient`, `createClientPool`, `createCluster`, `createSentinel`; connected) or `ioredis` (`Redis`,
   * `Cluster`). The store sends its commands through it, and never closes it.
   */
  readonly client: RedisClient;
  /** What all keys and channels of this store begin with; any text. Default `"coatcheck:"`. */
  readonly prefix?: string | undefined;
}

/** A store that always answers with a promise, since its server is elsewhere. */
export interface RedisStore extends AsynchronousStore {
  /**
   * `[5]` once the server has said that its `maxmemory-policy` is `allkeys-…`: it may then evict an owner's index before
   * the sessions. `[]` otherwise, and before the first call.
   */
  readonly unkeptLaws: readonly number[];
  /**
   * By SCAN, in no order; on a cluster over one primary after another. A session may come again on a later page when the
   * server has made its table of keys smaller meanwhile, and be missed when a server of the cluster has changed.
   */
  browse(options?: BrowseOptions): Promise<ListPage>;
  /** What share of 10,000 keys are sessions, times the keys that the database has. */
  count(): Promise<SessionCount>;
  /** Answers 0: Redis drops what expires by itself. */
  sweep(now: number, limit: number): Promise<number>;
  /** Closes the connection that listens, if there is one. Every other call then rejects; the client stays open. */
  close(): Promise<void>;
}

const CHECKS: OptionChecks<RedisStoreOptions> = { client: checkedWhereParsed, prefix: stringOption };
const DEFAULT_PREFIX = "coatcheck:";
/** How many sessions of an owner are asked for at a time. */
const BATCH = 100;

/**
 * A store in Redis (6.2 or newer) or Valkey: one server, Sentinel or Cluster, shared by any number of processes.
 *
 * `load`, `create`, `commit` and `destroy` are one round trip; a session with an owner takes one more to create, and two
 * more at the rare commit that makes it outlive its place in the owner's index. `replace`, `list`, `destroyAll`, `browse`
 * and `count` take several. A write is kept as well as the server keeps it: say `appendonly yes` there, and no
 * `maxmemory-policy` that evicts. Clocks of app and servers must agree.
 *
 * @throws SessionOptionError for what is no client of redis or ioredis; from the first call on for a client that nobody
 *   connected, or a server older than 6.2. Calls reject with SessionRecordError where another program's key is in the
 *   way, and with StoreUnavailableError in any outage.
 * @example
 * import { createSessions } from "coatcheck";
 * import { redisStore } from "coatcheck/redis";
 * import { createClient } from "redis";
 *
 * const client = createClient({ url: process.env.REDIS_URL });
 * client.on("error", console.error);
 * await client.connect();
 * const sessions = createSessions({ secret: process.env.SESSION_SECRET, store: redisStore({ client }) });
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  const checked = checkOptions<RedisStoreOptions>(options, CHECKS, "Call redisStore({ client }).");
  return new Redis(commandsOf(checked.client), checked.prefix ?? DEFAULT_PREFIX);
}

class Redis implements RedisStore {
  readonly name = STORE;
  readonly #server: Server;
  readonly #index: OwnerIndex;
  readonly #records: Records;
  readonly #listings: Listings;
  readonly #ends: Ends;
  readonly #browsing: Browsing;
  readonly #anyKey: string;
  #unkeptLaws: readonly number[] = [];

  constructor(commands: Commands, prefix: string) {
    const channel = `${prefix}ended`;
    const server = new Server(commands, (policy) => this.#heardPolicy(policy));
    this.#server = server;
    this.#index = new OwnerIndex(server, prefix);
    this.#records = new Records(server, this.#index, { prefix, channel });
    this.#listings = new Listings(this.#index, this.#records);
    this.#ends = new Ends(server.commands, channel);
    this.#browsing = new Browsing(server, this.#records, prefix);
    this.#anyKey = prefix;
  }

  get unkeptLaws(): readonly number[] {
    return this.#unkeptLaws;
  }

  limitTime(timeout: number): void {
    this.#server.limitTime(timeout);
  }

  /** A server that evicts any key may drop an owner's index while the sessions in it live on. */
  #heardPolicy(policy: string): void {
    if (!policy.startsWith("allkeys-")) return;
    this.#unkeptLaws = [5];
    process.emitWarning(
      `Redis has maxmemory-policy ${policy}: when its memory is full it may forget which sessions belong to an owner, and revokeAll() then leaves some logged in. Set maxmemory-policy noeviction.`,
      { type: "CoatcheckWarning", code: "COATCHECK_REDIS_EVICTION" },
    );
  }

  load(key: string): Promise<SessionRecord | undefined> {
    return this.#server.call("load", () => this.#records.load(key));
  }

  create(key: string, record: SessionRecord): Promise<boolean> {
    // The caller may go on to write to its map.
    const fields = new Map(record.fields);
    return this.#server.call("create", () => this.#records.create(key, { ...record, fields }));
  }

  commit(key: string, change: Change): Promise<CommitResult> {
    return this.#server.call("commit", () => this.#records.commit(key, change));
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): Promise<"committed" | "gone"> {
    const { set, remove } = replacement;
    const snapshot = { ...replacement, set: new Map(set), remove: new Set(remove) };
    return this.#server.call("replace", () => this.#records.replace(oldKey, newKey, snapshot));
  }

  destroy(key: string, { ifVersion }: { ifVersion?: number | undefined } = {}): Promise<boolean> {
    return this.#server.call("destroy", async () => {
      const { outcome, owner, ended } = await this.#records.end(key, { ifVersion });
      if (owner !== undefined) this.#index.unlist(owner, [ended]);
      return outcome === "ended";
    });
  }

  list(owner: string, page: { limit?: number | undefined; cursor?: string | undefined } = {}): Promise<ListPage> {
    return this.#server.call("list", () => this.#listings.page(owner, page));
  }

  destroyAll(owner: string, { except, onProgress }: DestroyAllOptions = {}): Promise<number> {
    return this.#server.call("destroyAll", async (deadline) => {
      const done = new Set<string>();
      let count = 0;
      for (let hasMoved = true; hasMoved; ) {
        hasMoved = false;
        const keys = (await this.#index.keysOf(owner)).filter((key) => key !== except && !done.has(key));
        for (let at = 0; at < keys.length; at += BATCH) {
          const endings = await this.#endBatch(owner, keys.slice(at, at + BATCH));
          count += endings.filter(({ outcome }) => outcome === "ended").length;
          for (const { outcome, ended } of endings) if (outcome !== "waiting") done.add(ended.key);
          // One that was gone may have moved before it could be ended. Its new key waits, and is listed, since before that.
          hasMoved ||= endings.some(({ outcome }) => outcome === "gone" || outcome === "moved");
          deadline.renew();
          onProgress?.(count);
        }
      }
      return count;
    });
  }

  browse(options: BrowseOptions = {}): Promise<ListPage> {
    return this.#server.call("browse", () => this.#browsing.page(options));
  }

  count(): Promise<SessionCount> {
    return this.#server.call("count", () => this.#browsing.count());
  }

  /**
   * Redis drops what expires by itself, and owners' indexes too, unless its policy evicts what expires: then some of them
   * are trimmed. It is asked in any case, so that an outage shows.
   */
  sweep(_now: number, _limit: number): Promise<number> {
    return this.#server.call("sweep", async () => {
      await this.#server.send(this.#anyKey, ["PING"]);
      await this.#index.trim(this.#anyKey);
      return 0;
    });
  }

  subscribe(listener: EndListener, resumed?: () => void): Promise<() => void> {
    return this.#server.call("subscribe", () => this.#ends.subscribe(listener, resumed));
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#ends.close();
  }

  async #endBatch(owner: string, keys: readonly string[]): Promise<Ending[]> {
    const endings = await Promise.all(keys.map((key) => this.#records.end(key, { owner })));
    this.#index.unlist(
      owner,
      endings.filter(({ outcome }) => outcome === "ended").map(({ ended }) => ended),
    );
    return endings;
  }
}
