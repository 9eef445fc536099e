// What a session takes of Redis' memory: the difference of `used_memory`, each case on a new server, through each
// library's own code. The owner index is counted apart.
import { randomBytes } from "node:crypto";
import { createSessions } from "coatcheck";
import { redisStore } from "coatcheck/redis";
import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import { createClient } from "redis";
import { startRedis } from "../../test/fixtures/servers/redis.ts";
import { type BenchData, dataOf, SECRET, userName } from "../servers/texts.ts";

export const SESSIONS = 100_000;
const TOGETHER = 200;

/** Bytes a session, key and expiry included. */
export interface MemoryResult {
  readonly connectRedis: number;
  /** The same store, had express-session nothing of its own to keep. */
  readonly dataAlone: number;
  readonly coatcheck: number;
  /** What the index adds to a session, by how many sessions an owner has. */
  readonly index: readonly { readonly sessionsEach: number; readonly bytes: number }[];
}

type Client = Awaited<ReturnType<typeof connected>>;
/** Makes session number `i`. */
type Make = (i: number) => Promise<unknown>;

const SESSIONS_EACH = [1, 5];

export async function measureMemory(progress: (line: string) => void): Promise<MemoryResult> {
  progress(`memory of ${SESSIONS.toLocaleString("en-US")} sessions: connect-redis`);
  const connectRedis = await bytesPerSession((client) =>
    throughConnectRedis(client, (data) => ({ cookie: new expressSession.Cookie(), ...data })),
  );
  const dataAlone = await bytesPerSession((client) => throughConnectRedis(client, (data) => data));
  progress("memory: coatcheck");
  const coatcheck = await bytesPerSession((client) => throughCoatcheck(client));
  const index: { sessionsEach: number; bytes: number }[] = [];
  for (const sessionsEach of SESSIONS_EACH) {
    progress(`memory: coatcheck, ${sessionsEach} session(s) an owner`);
    const all = await bytesPerSession((client) => throughCoatcheck(client, sessionsEach));
    index.push({ sessionsEach, bytes: all - coatcheck });
  }
  return { connectRedis, dataAlone, coatcheck, index };
}

async function bytesPerSession(makerOf: (client: Client) => Make): Promise<number> {
  const server = await startRedis();
  try {
    const client = await connected(server.url);
    const make = makerOf(client);
    // Scripts, buffers and the first tables are no session's.
    await make(SESSIONS);
    const before = await usedMemory(client);
    for (let at = 0; at < SESSIONS; at += TOGETHER) {
      await Promise.all(Array.from({ length: TOGETHER }, (_, i) => make(at + i)));
    }
    const bytes = ((await usedMemory(client)) - before) / SESSIONS;
    client.destroy();
    return bytes;
  } finally {
    await server.stop();
  }
}

/** Under an ID of the length that express-session makes. @param sessionOf What is handed to the store. */
function throughConnectRedis(client: Client, sessionOf: (data: BenchData) => object): Make {
  const store = new RedisStore({ client });
  return (i) => {
    const id = randomBytes(24).toString("base64url");
    return store.set(id, sessionOf(dataOf(userName(i))) as expressSession.SessionData);
  };
}

/** @param sessionsEach How many sessions an owner has; without it, nobody has logged in. */
function throughCoatcheck(client: Client, sessionsEach?: number): Make {
  const sessions = createSessions<Partial<BenchData>>({ secret: SECRET, store: redisStore({ client }) });
  return async (i) => {
    const { session, finish } = opened(await sessions.open(undefined));
    session.update(dataOf(userName(i)));
    if (sessionsEach) await session.login(userName(Math.floor(i / sessionsEach)));
    await finish();
  };

  type Active = Awaited<ReturnType<typeof sessions.open>>;
  function opened(active: Active): Pick<Active, "session"> & { finish(): unknown } {
    return { session: active.session, finish: () => active.finish(() => false) };
  }
}

async function connected(url: string) {
  const client = createClient({ url });
  client.on("error", console.error);
  await client.connect();
  return client;
}

async function usedMemory(client: Client): Promise<number> {
  const info = await client.info("memory");
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}
