// Opens the store that a command line names, with a manager that looks at it. It knows no command.
import { createManager, type SessionManager } from "../../core/manager.ts";
import type { SessionOptions } from "../../core/options.ts";
import type { SessionStore } from "../../core/record/store.ts";
import { generateSecret } from "../../core/secrets.ts";
import type { Duration } from "../../core/time.ts";
import { type PostgresStore, postgresStore } from "../../stores/postgres/index.ts";
import { redisStore } from "../../stores/redis/index.ts";
import { sqliteStore } from "../../stores/sqlite/index.ts";
import { CliError, EXIT, usageError } from "../exit.ts";
import { type Address, defaultAddress, hasDatabase, parseAddress } from "./address.ts";
import { connectPostgres, connectRedis, type PostgresConnection, type RedisConnection } from "./connections.ts";

export type AnyData = Record<string, unknown>;

/** The options that name a store. */
export interface StoreOptions {
  readonly store?: string | undefined;
  /** Of Redis. */
  readonly prefix?: string | undefined;
  /** Of PostgreSQL. */
  readonly table?: string | undefined;
  /** The app's, which tells when a session was used last. */
  readonly idleTimeout?: string | undefined;
}

interface OpenedBase {
  readonly address: Address;
  readonly sessions: SessionManager<AnyData>;
  readonly store: SessionStore;
  close(): Promise<void>;
}

export type OpenedStore = OpenedBase &
  (
    | { readonly kind: "redis"; readonly redis: RedisConnection }
    | { readonly kind: "postgres"; readonly postgres: PostgresConnection; readonly store: PostgresStore }
    | { readonly kind: "sqlite" }
  );

/** Where the keys of encrypted sessions are read from, the newest first. */
export const ENCRYPTION_KEYS = "COATCHECK_ENCRYPTION_KEYS";

/** How long one call may take, in ms: nobody waits for a page here, and lists may be long. */
const TIMEOUT = 30_000;

/** @throws CliError when no store is named, or the name is none. */
function addressOf({ store }: StoreOptions): Address {
  const address = store ? parseAddress(store) : defaultAddress();
  if (address) return address;
  throw usageError(
    "Which store? Give --store or set COATCHECK_STORE: redis://host:6379, postgres://user@host/database, or a directory.",
  );
}

/** Opens the store, does the work, and closes it whatever happens. */
export async function withStore<Result>(
  options: StoreOptions,
  work: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  const address = addressOf(options);
  if (address.kind === "sqlite" && !hasDatabase(address)) {
    const problem = `There is no embedded store in ${address.shown}. Give the path that the app gives to sqliteStore().`;
    throw new CliError(EXIT.unreachable, "STORE_UNREACHABLE", problem);
  }
  return withStoreAt(address, options, work);
}

/** The same, where the embedded store may be made if it is not there. */
export async function withStoreAt<Result>(
  address: Address,
  options: StoreOptions,
  work: (opened: OpenedStore) => Promise<Result>,
): Promise<Result> {
  const opened = await openAt(address, options);
  try {
    return await work(opened);
  } finally {
    await opened.close();
  }
}

async function openAt(address: Address, options: StoreOptions): Promise<OpenedStore> {
  refuseForeignOptions(address, options);
  const { prefix, table, idleTimeout } = options;
  const managed = (store: SessionStore): SessionManager<AnyData> =>
    createManager<AnyData>(
      {
        // It issues no cookie.
        secret: generateSecret(),
        store,
        storeTimeout: TIMEOUT,
        idleTimeout: idleTimeout as Duration | undefined,
        ...encryptionFromEnvironment(),
      },
      () => store,
    );
  if (address.kind === "redis") {
    const redis = await connectRedis(address);
    const store = redisStore({ client: redis.client, prefix });
    const close = async (): Promise<void> => {
      await store.close();
      redis.close();
    };
    return { kind: "redis", address, redis, store, sessions: managed(store), close };
  }
  if (address.kind === "postgres") {
    const postgres = await connectPostgres(address);
    const store = postgresStore({ pool: postgres.pool, table, timeout: TIMEOUT });
    const close = async (): Promise<void> => {
      await store.close();
      await postgres.close();
    };
    return { kind: "postgres", address, postgres, store, sessions: managed(store), close };
  }
  const store = sqliteStore({ path: address.target, timeout: TIMEOUT });
  return { kind: "sqlite", address, store, sessions: managed(store), close: () => store.close() };
}

function refuseForeignOptions({ kind }: Address, { prefix, table }: StoreOptions): void {
  if (prefix !== undefined && kind !== "redis") throw usageError("--prefix is for Redis. Leave it out here.");
  if (table !== undefined && kind !== "postgres") throw usageError("--table is for PostgreSQL. Leave it out here.");
}

/** Plain records are read as well: nothing is trusted here, only shown. */
function encryptionFromEnvironment(): Pick<SessionOptions<AnyData>, "encryption"> {
  const [first, ...older] = listOf(process.env[ENCRYPTION_KEYS]);
  return first === undefined ? {} : { encryption: { keys: [first, ...older], acceptPlaintext: true } };
}

/** The parts of a list as environment variables have it: `new,old`. */
export function listOf(text: string | undefined): string[] {
  return (text ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
