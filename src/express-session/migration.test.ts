// Swap the import, and everybody stays logged in; swap it back, and they still are. On real stores.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import session, { type ExpressSessionStore, type SessionOptions } from "coatcheck/express-session";
import createPgStore from "connect-pg-simple";
import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import createMemoryStore from "memorystore";
import { Pool } from "pg";
import createFileStore from "session-file-store";
import { Client } from "../../test/fixtures/browser-client.ts";
import { type Handler, hosts, listen } from "../../test/fixtures/express-session/hosts.ts";
import { testServer } from "../../test/fixtures/postgres/server.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-drop-in-"));
const redisServer = await anyRedis();
const redis = await nodeRedis(redisServer.url);
const postgresServer = await testServer();
const pool = new Pool({ connectionString: postgresServer.url });
await pool.query(readFileSync(new URL("../../node_modules/connect-pg-simple/table.sql", import.meta.url), "utf8"));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await redis.close();
  await pool.end();
  await Promise.all([redisServer.stop(), postgresServer.stop()]);
});

type Middleware = typeof session;
const original = expressSession as unknown as Middleware;

/** Stores are made as each package says, by the function that is in use: theirs or ours. */
const stores: Record<string, (inUse: Middleware) => ExpressSessionStore> = {
  "connect-redis": () => new RedisStore({ client: redis.client, prefix: `drop-in-${process.pid}:` }),
  "connect-pg-simple": (inUse) => {
    const PgStore = createPgStore(inUse);
    return new PgStore({ pool, pruneSessionInterval: false });
  },
  memorystore: sharedStore((inUse) => {
    const MemoryStore = createMemoryStore(inUse);
    // Every middleware of this test listens to the one store.
    return new MemoryStore({ checkPeriod: 60_000 }).setMaxListeners(0);
  }),
  "session-file-store": (inUse) =>
    new (createFileStore(inUse))({ path: folder, logFn: () => {}, retries: 0, reapInterval: -1 }),
};

/** Sessions in memory stay in one store, made by the drop-in. */
function sharedStore(create: (inUse: Middleware) => ExpressSessionStore): (inUse: Middleware) => ExpressSessionStore {
  let store: ExpressSessionStore | undefined;
  return () => {
    store ??= create(session);
    return store;
  };
}

const handler: Handler = async (req, res) => {
  const [, route, key = "", value] = (req.url ?? "").split("/");
  const data = req.session as unknown as Record<string, unknown>;
  if (route === "login") {
    await new Promise<unknown>((resolve) => req.session.regenerate(resolve));
    req.session.user = key;
  }
  if (route === "set") data[key] = { value };
  if (route === "logout") await new Promise<unknown>((resolve) => req.session.destroy(resolve));
  res.end(JSON.stringify({ ...req.session, cookie: undefined }));
};

async function visit<Result>(
  inUse: Middleware,
  store: (inUse: Middleware) => ExpressSessionStore,
  secret: SessionOptions["secret"],
  work: (url: string) => Promise<Result>,
): Promise<Result> {
  const options = { secret, resave: false, saveUninitialized: false, cookie: { maxAge: 3_600_000 } };
  const middleware = inUse({ ...options, store: store(inUse) });
  const app = await listen(hosts[0]!.app([middleware], handler, [], false));
  try {
    return await work(app.url);
  } finally {
    await app.close();
  }
}

for (const [name, store] of Object.entries(stores)) {
  test(`${name}: logins of express-session go on with the drop-in, and those of the drop-in with express-session`, async () => {
    const login = async (url: string): Promise<string> => {
      const client = new Client(url);
      await client.get("/login/ada");
      await client.get("/set/cart/1");
      return client.cookieHeader ?? "";
    };
    const cookies = [await visit(original, store, "old", login), await visit(session, store, "old", login)];
    for (const cookie of cookies) {
      for (const [step, inUse] of [session, original, session].entries()) {
        await visit(inUse, store, "old", async (url) => {
          const client = new Client(url, cookie);
          const { cart, user } = JSON.parse(await client.get("/"));
          assert.deepEqual([cart, user], [{ value: "1" }, "ada"]);
          await client.get(`/set/step/${step}`);
          assert.deepEqual(JSON.parse(await client.get("/")).step, { value: String(step) });
        });
      }
      await visit(session, store, ["new", "old"], async (url) => {
        assert.equal(await new Client(url, cookie).get("/logout"), "{}");
      });
      await visit(original, store, "old", async (url) => assert.equal(await new Client(url, cookie).get("/"), "{}"));
    }
  });
}

test("a record of the drop-in is, key for key, what express-session writes", async () => {
  const shapes = [];
  for (const inUse of [original, session]) {
    const store = new session.MemoryStore();
    await visit(
      inUse,
      () => store,
      "s",
      (url) => new Client(url).get("/set/cart/1"),
    );
    const [text = ""] = Object.values(store.sessions);
    const record = JSON.parse(text);
    assert.match(record.cookie.expires, /^\d{4}-\d\d-\d\dT/);
    record.cookie.expires = "";
    shapes.push(record);
  }
  assert.deepEqual(shapes[1], shapes[0]);
  assert.deepEqual(Object.keys(shapes[1]), Object.keys(shapes[0]));
});
