// `coatcheck import`: live sessions of express-session and Flask-Session go over, each once, and their browsers stay
// logged in; a kill in the middle changes nothing of that. On real servers, with logins that the old libraries made.
//   IMPORT_TOTAL (default 5000): how many sessions the killed import copies
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { createSessions, type SessionStore } from "coatcheck";
import session, { type ExpressSessionStore } from "coatcheck/express-session";
import { flaskSessionRedisStore } from "coatcheck/flask-cookie";
import { postgresStore } from "coatcheck/postgres";
import { redisStore } from "coatcheck/redis";
import { sqliteStore } from "coatcheck/sqlite";
import createPgStore from "connect-pg-simple";
import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import pg from "pg";
import { Client } from "../../test/fixtures/browser-client.ts";
import { coatcheck, emptyFolder, ended, jsonOf, type Run, start } from "../../test/fixtures/cli/program.ts";
import { type Handler, hosts, listen } from "../../test/fixtures/express-session/hosts.ts";
import { SECRET } from "../../test/fixtures/manager.ts";
import { testServer } from "../../test/fixtures/postgres/server.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { keyOfId } from "../core/request/session-id.ts";
import { encodeRecord } from "../flask-cookie/session-records.ts";
import { progressLine } from "./import/progress.ts";

const folder = emptyFolder();
const redisServer = await anyRedis();
const { client: redis, close: closeRedis } = await nodeRedis(redisServer.url);
const postgres = await testServer();
const pool = new pg.Pool({ connectionString: postgres.url });
const unique = `cli_import_${process.pid}`;
after(async () => {
  const tables = await pool.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE tablename LIKE $1", [
    `${unique}%`,
  ]);
  for (const { name } of tables.rows) await pool.query(`DROP TABLE "${name}"`);
  const keys = await redis.keys(`${unique}*`);
  if (keys.length > 0) await redis.del(keys);
  await closeRedis();
  await pool.end();
  await Promise.all([redisServer.stop(), postgres.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const original = expressSession as unknown as typeof session;
const HOUR = 3_600_000;

interface ImportJson {
  readonly isComplete: boolean;
  readonly imported: number;
  readonly withOwner: number;
  readonly earlier: number;
  readonly present: number;
  readonly ended: number;
  readonly refused: readonly { key: string; reason: string }[];
  readonly perSecond: number;
  readonly seconds: number;
}

const handler: Handler = async (req, res) => {
  const [, route, name = ""] = (req.url ?? "").split("/");
  const data = req.session as unknown as Record<string, unknown>;
  if (route === "login") {
    await new Promise<unknown>((resolve) => req.session.regenerate(resolve));
    Object.assign(req.session, { passport: { user: name }, visits: 1 });
  }
  if (route === "visit") data["visits"] = Number(data["visits"]) + 1;
  if (route === "logout") await new Promise<unknown>((resolve) => req.session.destroy(resolve));
  res.end(JSON.stringify({ ...req.session, cookie: undefined }));
};

/** Serves an app, with express-session or with the drop-in, for as long as the work takes. */
async function serve<Result>(
  inUse: typeof session,
  store: ExpressSessionStore | SessionStore,
  work: (url: string) => Promise<Result>,
  maxAge: number | null = HOUR,
): Promise<Result> {
  const options = { secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: maxAge ?? undefined } };
  const app = await listen(hosts[0]!.app([inUse({ ...options, store })], handler, [], false));
  try {
    return await work(app.url);
  } finally {
    await app.close();
  }
}

/** The Cookie header of a browser that has logged in. */
const login = async (url: string, name: string): Promise<string> => {
  const client = new Client(url);
  await client.get(`/login/${name}`);
  return client.cookieHeader ?? "";
};

const sidOf = (cookie: string): string =>
  decodeURIComponent(cookie.split("=")[1] ?? "")
    .slice(2)
    .split(".")[0] ?? "";

async function tableOf(name: string): Promise<string> {
  const table = `${unique}_${name}`;
  await postgresStore({ pool, table }).migrate();
  return table;
}

async function run(args: readonly string[]): Promise<Run> {
  return coatcheck(["import", ...args], { cwd: folder });
}

test("S10 thousands of express-session's records go to PostgreSQL, through a kill -9: each once, every browser logged in, no logout undone", async (t) => {
  const total = Number(process.env["IMPORT_TOTAL"] ?? 5_000);
  const prefix = `${unique}:sess:`;
  const table = await tableOf("killed");
  const old = new RedisStore({ client: redis, prefix });
  const target = postgresStore({ pool, table });
  const state = join(folder, "killed.keys");
  const args = ["--from", "express-session", "--source", redisServer.url, "--source-prefix", prefix];
  args.push("--to", postgres.url, "--table", table, "--state", state, "--owner-path", "passport.user");

  const cookies = await serve(original, old, async (url) => {
    const names = Array.from({ length: 40 }, (_, i) => `user${i}`);
    return Promise.all(names.map((name) => login(url, name)));
  });
  // Its browser came back for an hour: `touch` has moved the end in Redis, and not in the JSON.
  const touched = prefix + sidOf(cookies[0]!);
  const text = JSON.parse((await redis.get(touched)) ?? "");
  text.cookie.expires = new Date(Date.now() - HOUR).toISOString();
  await redis.set(touched, JSON.stringify(text), { expiration: "KEEPTTL" });
  const expires = new Date(Date.now() + HOUR);
  const more = Array.from({ length: total - cookies.length }, (_, i) => `more-${i}-${"x".repeat(20)}`);
  const cookie = { originalMaxAge: HOUR, expires, path: "/", httpOnly: true };
  for (let at = 0; at < more.length; at += 1_000) {
    const some = more.slice(at, at + 1_000);
    await Promise.all(some.map((sid, i) => old.set(sid, { cookie, passport: { user: `more${i % 100}` } } as never)));
  }

  const killed = start(["import", ...args], { cwd: folder });
  const dead = ended(killed);
  const keysIn = (file: string): string[] =>
    existsSync(file)
      ? readFileSync(file, "utf8")
          .split("\n")
          .filter((line) => line.length === 43)
      : [];
  while (keysIn(state).length < total / 5 && killed.exitCode === null) await sleep(5);
  killed.kill("SIGKILL");
  assert.equal((await dead).signal, "SIGKILL");
  const early = keysIn(state);
  const count = async (): Promise<number> => Number((await pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count);
  const atKill = await count();
  assert.ok(
    early.length >= total / 5 && atKill < total && atKill >= early.length,
    `${early.length} noted, ${atKill} stored`,
  );

  // Meanwhile one that was copied logs out at the new store, and one that was not logs out at the old one.
  const loggedOut = early[17]!;
  assert.equal(await target.destroy(loggedOut), true);
  const stored = new Set((await pool.query<{ key: string }>(`SELECT key FROM ${table}`)).rows.map(({ key }) => key));
  const endedThere = more.find((sid) => !stored.has(keyOfId(sid)) && keyOfId(sid) !== loggedOut)!;
  await redis.del(prefix + endedThere);

  const resumed = jsonOf<ImportJson>(await run([...args, "--json"]));
  t.diagnostic(`killed after ${atKill} of ${total}; the rest at ${resumed.perSecond}/s, in ${resumed.seconds} s`);
  assert.deepEqual([resumed.isComplete, resumed.refused, resumed.earlier], [true, [], early.length]);
  assert.equal(resumed.imported + resumed.present, total - 1 - early.length);
  assert.equal(resumed.present, atKill - early.length);
  assert.equal(await count(), total - 2);
  const again = jsonOf<ImportJson>(await run([...args, "--json"]));
  assert.deepEqual([again.imported, again.present, again.earlier], [0, 0, total - 1]);
  assert.equal(await target.load(loggedOut), undefined);

  await serve(session, target, async (url) => {
    for (const [i, cookie] of cookies.entries()) {
      if (keyOfId(sidOf(cookie)) === loggedOut) continue;
      const client = new Client(url, cookie);
      assert.deepEqual(JSON.parse(await client.get("/visit")), { passport: { user: `user${i}` }, visits: 2 }, `${i}`);
    }
    assert.equal(await new Client(url, cookies[1]).get("/logout"), "{}");
    assert.equal(await new Client(url, cookies[1]).get("/"), "{}");
  });
  const left = Number(await redis.pTTL(prefix + more[0])) || 0;
  const record = await target.load(keyOfId(more[0]!));
  if (record) assert.ok(Math.abs(record.expiresAt - Date.now() - left) < 10_000, "the time that is left is kept");
  const owned = await target.list("more7", { limit: 1_000 });
  assert.ok(owned.sessions.length >= 45, `${owned.sessions.length} sessions of one owner`);
  assert.equal(statSync(state).mode & 0o777, 0o600);
});

test("connect-pg-simple's sessions go to Redis and to a directory, browser sessions too, and the target's own stay as they are", async () => {
  const table = `${unique}_theirs`;
  const sql = readFileSync(new URL("../../node_modules/connect-pg-simple/table.sql", import.meta.url), "utf8");
  await pool.query(
    sql.replaceAll('"session"', `"${table}"`).replaceAll(/"(session_pkey|IDX_session_expire)"/g, `"$1_${unique}"`),
  );
  const PgStore = createPgStore(original as never);
  const old = new PgStore({ pool, tableName: table, pruneSessionInterval: false });
  const kept = await serve(original, old, (url) => login(url, "ada"));
  // It ends with the browser: the store alone knows until when it lives.
  const browsers = await serve(original, old, (url) => login(url, "bob"), null);
  const expired = await serve(original, old, (url) => login(url, "old"));
  await pool.query(`UPDATE "${table}" SET expire = now() - interval '1 second' WHERE sid = $1`, [sidOf(expired)]);

  const prefix = `${unique}:new:`;
  const path = join(folder, "sessions");
  const from = ["--from", "express-session", "--source", postgres.url, "--source-table", table, "--json"];
  const targets = [
    { args: ["--to", redisServer.url, "--prefix", prefix], store: () => redisStore({ client: redis, prefix }) },
    { args: ["--to", path], store: () => sqliteStore({ path }) },
  ];
  for (const { args, store } of targets) {
    const dry = jsonOf<ImportJson>(await run([...from, ...args, "--dry-run"]));
    assert.deepEqual([dry.imported, dry.present], [2, 0]);
    const taken = store();
    const own = { fields: new Map([["mine", '"yes"']]), createdAt: Date.now(), expiresAt: Date.now() + HOUR };
    assert.equal(await taken.create(keyOfId(sidOf(kept)), { ...own, owner: "me", version: 1 }), true);
    const done = jsonOf<ImportJson>(await run([...from, ...args]));
    assert.deepEqual([done.imported, done.present, done.refused], [1, 1, []]);
    assert.equal((await taken.load(keyOfId(sidOf(kept))))?.owner, "me");
    await taken.destroy(keyOfId(sidOf(kept)));
    await taken.close();
  }
  const target = redisStore({ client: redis, prefix });
  await serve(session, target, async (url) => {
    assert.equal(JSON.parse(await new Client(url, browsers).get("/")).passport.user, "bob");
    assert.equal(await new Client(url, expired).get("/"), "{}");
  });
});

test("Flask-Session's sessions keep their cookies where the store knows them; pickles are refused, and said", async () => {
  const prefix = `${unique}:flask:`;
  const table = await tableOf("flask");
  const sid = "f".repeat(43);
  const data = { _user_id: "7", _permanent: true, theme: "dark" };
  await redis.set(prefix + sid, encodeRecord(data, "msgpack"), { expiration: { type: "EX", value: 3_600 } });
  await redis.set(`${prefix}${"p".repeat(43)}`, Buffer.from("80049503000000000000008c0161942e", "hex"));
  const from = ["--from", "flask-session", "--source", redisServer.url, "--source-prefix", prefix];
  const first = await run([...from, "--to", postgres.url, "--table", table, "--json"]);
  assert.equal(first.code, 1);
  const done = jsonOf<ImportJson>(first);
  assert.deepEqual(
    [done.imported, done.withOwner, done.refused.map(({ key }) => key)],
    [1, 1, [keyOfId("p".repeat(43))]],
  );
  assert.match(done.refused[0]!.reason, /pickle/);
  assert.equal((first.stdout + first.stderr).includes("p".repeat(43)), false);

  // As docs/cli.md says: the cookie is Flask-Session's, the store is ours.
  const flask = flaskSessionRedisStore({ client: redis });
  const store = Object.assign(postgresStore({ pool, table }), { ids: flask.ids });
  const sessions = createSessions<{ theme?: string }>({ secret: SECRET, store });
  const { session: found } = await sessions.open(`session=${sid}`);
  assert.deepEqual([found.owner, found.theme, found.permanent], ["7", "dark", true]);
  await sessions.close();
});

test("progress has a rate and the time that remains; what can't be done is said before anything is copied", async () => {
  const prefix = `${unique}:few:`;
  const old = new RedisStore({ client: redis, prefix });
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR), path: "/" };
  for (let i = 0; i < 3; i++) await old.set(`few-${i}`, { cookie } as never);
  const from = ["--from", "express-session", "--source", redisServer.url, "--source-prefix", prefix];
  const to = (name: string): string[] => ["--to", postgres.url, "--table", `${unique}_${name}`];

  const noTable = await run([...from, ...to("missing")]);
  assert.equal(noTable.code, 1);
  assert.match(noTable.stderr, /coatcheck migrate/);
  await tableOf("few");
  const before = readdirSync(folder);
  const dry = await run([...from, ...to("few"), "--dry-run"]);
  assert.match(dry.stdout, /^would be copied +3$/m);
  assert.deepEqual(readdirSync(folder), before);
  const done = await run([...from, ...to("few")]);
  assert.match(done.stdout, /^copied +3$/m);
  assert.match(done.stderr, /^3 of 3 \(100 %\) {2}[\d,]+\/s$/m);
  const state = readdirSync(folder).find((file) => !before.includes(file)) ?? "";
  assert.match(state, /^coatcheck-import-[\da-f]{8}\.keys$/);

  await tableOf("other");
  const mixed = await run([...from, ...to("other"), "--state", state, "--json"]);
  assert.deepEqual([mixed.code, JSON.parse(mixed.stderr).error.code], [1, "OTHER_IMPORT"]);
  for (const args of [
    ["--from", "flask-session", "--source", postgres.url, ...to("few")],
    ["--from", "express-session", "--source", join(folder, "x"), ...to("few")],
    ["--from", "rails", "--source", redisServer.url, ...to("few")],
    [...from, "--source-table", "session", ...to("few")],
    ["--from", "express-session", ...to("few")],
  ]) {
    assert.equal((await run(args)).code, 2, args.join(" "));
  }
});

test("Ctrl-C stops between two steps with 130, and the next run goes on", async () => {
  const prefix = `${unique}:stop:`;
  const table = await tableOf("stop");
  const old = new RedisStore({ client: redis, prefix });
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR), path: "/" };
  const sids = Array.from({ length: 3_000 }, (_, i) => `stop-${i}`);
  await Promise.all(sids.map((sid) => old.set(sid, { cookie } as never)));
  const state = join(folder, "stop.keys");
  const args = ["--from", "express-session", "--source", redisServer.url, "--source-prefix", prefix];
  args.push("--to", postgres.url, "--table", table, "--state", state, "--json");
  const child = start(["import", ...args], { cwd: folder });
  const done = ended(child);
  while (!(existsSync(state) && statSync(state).size > 10_000)) await sleep(5);
  child.kill("SIGINT");
  const stopped = await done;
  assert.equal(stopped.code, 130);
  const first = jsonOf<ImportJson>(stopped);
  assert.equal(first.isComplete, false);
  assert.ok(first.imported > 0 && first.imported < sids.length, `${first.imported}`);
  const rest = jsonOf<ImportJson>(await run(args));
  assert.deepEqual(
    [rest.earlier, rest.imported, rest.isComplete],
    [first.imported, sids.length - first.imported, true],
  );
});

test("a state of progress in words", () => {
  assert.equal(progressLine({ done: 0, total: 0, rate: 0 }, false), "0 of 0 (100 %)  0/s");
  assert.equal(
    progressLine({ done: 52_300, total: 100_000, rate: 4_210 }, false),
    "52,300 of 100,000 (52 %)  4,210/s  0:11 left",
  );
  assert.equal(
    progressLine({ done: 100, total: 4_000_000, rate: 100 }, false),
    "100 of 4,000,000 (0 %)  100/s  11:06:39 left",
  );
  assert.equal(
    progressLine({ done: 1, total: 2, rate: 0 }, true),
    "[###############---------------] 1 of 2 (50 %)  0/s",
  );
});
