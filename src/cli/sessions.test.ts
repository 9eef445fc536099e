// list, show, revoke, revoke-all, sweep, stats: on real Redis, PostgreSQL and an embedded directory.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createSessions, type SessionManager, type SessionOptions, type SessionStore } from "coatcheck";
import { postgresStore } from "coatcheck/postgres";
import { redisStore } from "coatcheck/redis";
import { sqliteStore } from "coatcheck/sqlite";
import pg from "pg";
import { coatcheck, emptyFolder, jsonOf, type Run } from "../../test/fixtures/cli/program.ts";
import { SECRET } from "../../test/fixtures/manager.ts";
import { testServer } from "../../test/fixtures/postgres/server.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { createVisitor, type Visitor } from "../../test/fixtures/visitor.ts";
import type { SessionJson } from "./command.ts";

interface Data {
  theme?: string;
  cart?: string[];
  since?: Date;
}

interface Ground {
  readonly name: string;
  /** The options that name the store on the command line. */
  readonly args: readonly string[];
  readonly store: SessionStore;
  close(): Promise<void>;
}

const ENCRYPTION_KEY = "wX7qLk2Vn9sPz4tRb8mYc3dFh6jGa1eU";
/** What a visitor might call himself to move an operator's cursor. */
const HOSTILE = "eve\u001b[2J\u202e\r\nroot";

const grounds: Record<string, () => Promise<Ground>> = {
  async redis() {
    const server = await anyRedis();
    const { client, close } = await nodeRedis(server.url);
    const prefix = `cli-${process.pid}:`;
    return {
      name: "redis",
      args: ["--store", server.url, "--prefix", prefix],
      store: redisStore({ client, prefix }),
      close: async () => {
        await close();
        await server.stop();
      },
    };
  },
  async postgres() {
    const server = await testServer();
    const pool = new pg.Pool({ connectionString: server.url });
    const table = `cli_${process.pid}`;
    const migrated = await coatcheck(["migrate", "--store", server.url, "--table", table, "--json"]);
    assert.deepEqual(jsonOf(migrated), { table });
    return {
      name: "postgres",
      args: ["--store", server.url, "--table", table],
      store: postgresStore({ pool, table }),
      close: async () => {
        await pool.query(`DROP TABLE ${table}`);
        await pool.end();
        await server.stop();
      },
    };
  },
  async sqlite() {
    const folder = emptyFolder();
    const path = join(folder, "sessions");
    return {
      name: "sqlite",
      args: ["--store", path],
      store: sqliteStore({ path }),
      close: async () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

for (const [name, open] of Object.entries(grounds)) {
  describe(name, { concurrency: false }, () => {
    let ground: Ground;
    let sessions: SessionManager<Data>;
    /** All that must never be printed. */
    const secrets: string[] = [SECRET, ENCRYPTION_KEY];
    const outputs: string[] = [];

    async function run(...args: string[]): Promise<Run> {
      const [command = "", ...rest] = args;
      const result = await coatcheck([command, ...ground.args, ...rest]);
      outputs.push(result.stdout, result.stderr);
      return result;
    }

    async function login(
      owner: string | undefined,
      options: Partial<SessionOptions<Data>> = {},
    ): Promise<Visitor<Data>> {
      const { store } = ground;
      const manager = createSessions<Data>({ secret: SECRET, store, ...options });
      const visitor = createVisitor<Data>(manager);
      await visitor.request(async (session) => {
        session.theme = "dark-mode-value";
        session.since = new Date(0);
        if (owner !== undefined)
          await session.login(owner, { userAgent: "Mozilla/5.0 (X11; Linux)", address: "192.0.2.7" });
        secrets.push(session.id);
      });
      secrets.push(visitor.cookie?.split("=")[1] ?? "no cookie");
      return visitor;
    }

    const keyOf = (visitor: Visitor<Data>): Promise<string> => visitor.request((session) => session.key);
    const isLive = (visitor: Visitor<Data>): Promise<boolean> =>
      visitor.request((session) => session.theme !== undefined);

    before(async () => {
      ground = await open();
      sessions = createSessions<Data>({ secret: SECRET, store: ground.store });
    });
    after(async () => {
      await sessions.close();
      await ground.close();
    });

    test("list gives every live session once, page by page, with times, owner and device", async () => {
      const visitors = [await login("ada"), await login("ada"), await login("bob"), await login(undefined)];
      const keys = await Promise.all(visitors.map(keyOf));

      const page = jsonOf<{ store: string; sessions: SessionJson[]; next: string | null }>(await run("list", "--json"));
      assert.equal(page.store, name);
      assert.equal(page.next, null);
      assert.deepEqual(page.sessions.map(({ key }) => key).sort(), [...keys].sort());
      const ada = page.sessions.find(({ key }) => key === keys[0])!;
      assert.deepEqual(Object.keys(ada), ["key", "owner", "createdAt", "lastActiveAt", "expiresAt", "device"]);
      assert.equal(ada.owner, "ada");
      assert.deepEqual(ada.device, { userAgent: "Mozilla/5.0 (X11; Linux)", address: "192.0.2.7" });
      const age = Date.now() - Date.parse(ada.createdAt);
      assert.ok(age >= 0 && age < 600_000, `it began ${age} ms ago`);
      assert.ok(Date.parse(ada.expiresAt) > Date.now());
      assert.equal(page.sessions.find(({ key }) => key === keys[3])?.owner, null);

      const byPage: string[] = [];
      let cursor: string[] = [];
      do {
        const { sessions, next } = jsonOf<typeof page>(await run("list", "--json", "--limit", "2", ...cursor));
        byPage.push(...sessions.map(({ key }) => key));
        cursor = next === null ? [] : ["--cursor", next];
      } while (cursor.length > 0);
      assert.deepEqual(byPage.sort(), [...keys].sort());

      const all = jsonOf<typeof page>(await run("list", "--all", "--json", "--limit", "1"));
      assert.equal(new Set(all.sessions.map(({ key }) => key)).size, 4);
      const ofAda = jsonOf<typeof page>(await run("list", "--owner", "ada", "--json"));
      assert.deepEqual(ofAda.sessions.map(({ key }) => key).sort(), keys.slice(0, 2).sort());
      const byKey = jsonOf<typeof page>(await run("list", "--key-prefix", keys[2]!.slice(0, 20), "--json"));
      assert.deepEqual(
        byKey.sessions.map(({ key }) => key),
        [keys[2]],
      );

      const table = await run("list");
      assert.match(table.stdout, /^KEY +OWNER +BEGAN +LAST USED +ENDS +DEVICE\n/);
      assert.match(table.stdout, new RegExp(`^${keys[2]} +bob +\\d+ s ago`, "m"));
      await sessions.revokeAll("ada");
      await sessions.revokeAll("bob");
      await sessions.revoke(keys[3]!);
      const none = await run("list");
      assert.deepEqual([none.code, none.stdout], [0, ""]);
      assert.match(none.stderr, /No live sessions/);
    });

    test("show tells times, owner, names and sizes, and values only with --values", async () => {
      const key = await keyOf(await login("ada"));
      const plain = await run("show", key, "--json");
      assert.doesNotMatch(plain.stdout, /dark-mode-value/);
      const { fields, encrypted, owner } = jsonOf<{ fields: object[]; encrypted: boolean; owner: string }>(plain);
      assert.deepEqual([owner, encrypted], ["ada", false]);
      assert.deepEqual(
        [...fields].sort((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
        [
          { name: "since", bytes: 11 },
          { name: "theme", bytes: 17 },
        ],
      );
      const open = jsonOf<{ fields: { name: string; value: unknown }[] }>(await run("show", key, "--values", "--json"));
      assert.deepEqual(open.fields.find(({ name }) => name === "theme")?.value, "dark-mode-value");
      assert.deepEqual(open.fields.find(({ name }) => name === "since")?.value, { $date: 0 });
      const text = await run("show", key);
      assert.match(text.stdout, /^owner +ada$/m);
      assert.match(text.stdout, /^theme +17 B$/m);
      assert.doesNotMatch(text.stdout, /dark-mode-value/);
      const gone = await run("show", "A".repeat(43), "--json");
      assert.equal(gone.code, 4);
      assert.equal(JSON.parse(gone.stderr).error.code, "NOT_FOUND");
      await sessions.revokeAll("ada");
    });

    test("S29 of an encrypted session, show tells names and sizes; values need the keys", async () => {
      const visitor = await login("cyd", { encryption: { keys: [ENCRYPTION_KEY] } });
      const key = jsonOf<{ sessions: SessionJson[] }>(await run("list", "--owner", "cyd", "--json")).sessions[0]!.key;
      const sealed = jsonOf<{ encrypted: boolean; fields: { name: string }[] }>(await run("show", key, "--json"));
      assert.equal(sealed.encrypted, true);
      assert.deepEqual(sealed.fields.map((field) => field.name).sort(), ["since", "theme"]);
      const refused = await run("show", key, "--values");
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /COATCHECK_ENCRYPTION_KEYS/);
      const env = { COATCHECK_ENCRYPTION_KEYS: `${SECRET},${ENCRYPTION_KEY}` };
      const open = await coatcheck(["show", ...ground.args, key, "--values"], { env });
      assert.match(open.stdout, /dark-mode-value/);
      outputs.push(open.stdout, open.stderr);
      assert.equal(visitor.cookie !== undefined, true);
      await sessions.revokeAll("cyd");
    });

    test("S11 revoke ends one session, and revoke-all those of an owner but one; without --yes and a terminal, nothing", async () => {
      const visitors = [await login("ada"), await login("ada"), await login("ada"), await login("bob")];
      const [first, second, third, bob] = visitors as [Visitor<Data>, Visitor<Data>, Visitor<Data>, Visitor<Data>];
      const [key, kept] = await Promise.all([keyOf(first), keyOf(second)]);
      const unasked = await run("revoke", key);
      assert.equal(unasked.code, 2);
      assert.match(unasked.stderr, /--yes/);
      assert.equal(await isLive(first), true);

      assert.deepEqual(jsonOf(await run("revoke", key, "--yes", "--json")), { revoked: 1 });
      assert.equal(await isLive(first), false);
      assert.equal((await run("revoke", key, "--yes")).code, 4);

      assert.equal((await run("revoke-all", "ada")).code, 2);
      assert.deepEqual(jsonOf(await run("revoke-all", "ada", "--except", kept, "--yes", "--json")), { revoked: 1 });
      assert.deepEqual(await Promise.all([second, third, bob].map(isLive)), [true, false, true]);
      assert.deepEqual(jsonOf(await run("revoke-all", "ada", "--yes", "--json")), { revoked: 1 });
      assert.deepEqual(jsonOf(await run("revoke-all", "nobody", "--yes", "--json")), { revoked: 0 });
      await sessions.revokeAll("bob");
    });

    test("a key that begins with a dash is a key, and no option", async () => {
      const key = `-${"k".repeat(41)}0`;
      const record = {
        fields: new Map(),
        createdAt: Date.now(),
        expiresAt: Date.now() + 60_000,
        owner: "dash",
        version: 1,
      };
      assert.equal(await ground.store.create(key, record), true);
      assert.equal(jsonOf<SessionJson>(await run("show", key, "--json")).owner, "dash");
      assert.deepEqual(jsonOf(await run("revoke-all", "dash", "--except", key, "--yes", "--json")), { revoked: 0 });
      assert.deepEqual(jsonOf(await run("revoke", key, "--json", "--yes")), { revoked: 1 });
    });

    test("what visitors call themselves moves no cursor and breaks no line", async () => {
      const key = await keyOf(await login(HOSTILE));
      for (const args of [["list"], ["list", "--json"], ["show", key], ["show", key, "--json"]]) {
        const { stdout, code } = await run(...args);
        assert.equal(code, 0);
        assert.match(stdout, /eve/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there.
        assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      }
      assert.equal(jsonOf<SessionJson>(await run("show", key, "--json")).owner, HOSTILE);
      assert.deepEqual(jsonOf(await run("revoke-all", HOSTILE, "--yes", "--json")), { revoked: 1 });
    });

    test("sweep drops what has expired, and stats counts what is live", async () => {
      await login("ada");
      const end = Date.now() + 20;
      for (const i of [1, 2, 3]) {
        const record = { fields: new Map(), createdAt: end - 10, expiresAt: end, owner: undefined, version: 1 };
        await ground.store.create(`${i}`.repeat(43), record);
      }
      await sleep(100);
      assert.deepEqual(jsonOf(await run("sweep", "--json")), { dropped: name === "redis" ? 0 : 3 });
      const stats = jsonOf<Record<string, unknown>>(await run("stats", "--json"));
      assert.deepEqual(Object.keys(stats), ["store", "address", "sessions", "isEstimate", "server", "memory", "disk"]);
      assert.equal(stats["store"], name);
      assert.match(
        String(stats["server"]),
        { redis: /^(Redis|Valkey) \d/, postgres: /^PostgreSQL \d/, sqlite: /SQLite/ }[name]!,
      );
      if (name === "sqlite") assert.equal(stats["sessions"], 1);
      assert.match((await run("stats")).stdout, /^sessions +(about )?\d/);
    });

    test("S27 none of all this has printed an ID, a cookie or a secret", () => {
      const printed = outputs.join("\n");
      assert.ok(printed.length > 1_000 && secrets.length > 10);
      for (const secret of secrets) assert.equal(printed.includes(secret), false);
    });
  });
}
