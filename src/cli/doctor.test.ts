// `coatcheck doctor`: configurations good and bad, and servers as they are.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSessions } from "coatcheck";
import { sqliteStore } from "coatcheck/sqlite";
import { coatcheck, emptyFolder, jsonOf, type RunOptions } from "../../test/fixtures/cli/program.ts";
import { SECRET } from "../../test/fixtures/manager.ts";
import { testServer } from "../../test/fixtures/postgres/server.ts";
import { startRedis } from "../../test/fixtures/servers/redis.ts";
import type { Check } from "./doctor/check.ts";
import { checkClock } from "./doctor/clock.ts";
import { type AnyOptions, checkAllOptions } from "./doctor/options.ts";
import { checkPostgres } from "./doctor/postgres.ts";
import { parseAddress } from "./store/address.ts";
import { connectPostgres } from "./store/connections.ts";

const folder = emptyFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

const OTHER = "oThL0bUe7y9wTz4vNn3rKx8cPd5fGj6m";

interface Report {
  readonly ok: boolean;
  readonly checks: readonly Check[];
}

async function doctor(args: readonly string[], options: RunOptions = {}): Promise<Report & { code: number | null }> {
  const result = await coatcheck(["doctor", "--json", ...args], options);
  assert.equal((result.stdout + result.stderr).includes(SECRET), false);
  return { code: result.code, ...jsonOf<Report>(result) };
}

/** `status row` of a check. */
function verdict(checks: readonly Check[], id: string): string {
  return checks
    .filter((check) => check.id === id)
    .map(({ status, row }) => `${status} ${row}`)
    .join(", ");
}

test("options are judged by the rows of the security bar", () => {
  const cases: readonly (readonly [string, string, AnyOptions])[] = [
    ["secret", "ok S25", {}],
    ["secret", "fail S25", { secret: undefined }],
    ["secret", "fail S25", { secret: "short" }],
    ["secret", "fail S25", { secret: [SECRET, "x".repeat(40)] }],
    ["secret.list", "ok S26", { secret: [OTHER, SECRET] }],
    ["secret.list", "warn S26", { secret: [SECRET, SECRET] }],
    ["secret.list", "fail S26", { secret: `${OTHER},${SECRET}` }],
    ["cookie.attributes", "ok S15", {}],
    ["cookie.attributes", "fail S15", { cookie: { httpOnly: false } }],
    ["cookie.attributes", "warn S15", { cookie: { domain: "example.com" } }],
    ["cookie.secure", "ok S16", { cookie: { secure: true } }],
    ["cookie.secure", "ok S16", { cookie: { name: "__Secure-s" } }],
    ["cookie.secure", "note S16", {}],
    ["cookie.secure", "fail S16", { cookie: { secure: false } }],
    ["cookie", "fail S16", { cookie: { name: "__Host-s", domain: "example.com" } }],
    ["cookie", "fail S17", { cookie: { sameSite: "none" } }],
    ["cookie.sameSite", "warn S36", { cookie: { sameSite: "none", secure: true } }],
    ["idleTimeout", "ok S7", { idleTimeout: "2h" }],
    ["idleTimeout", "fail S7", { idleTimeout: "soon" as "1d" }],
    ["idleTimeout", "warn S7", { idleTimeout: 3600 }],
    ["idleTimeout", "warn S7", { idleTimeout: "45s" }],
    ["idleTimeout", "warn S7", { idleTimeout: "1y", absoluteTimeout: "1y" }],
    ["absoluteTimeout", "warn S8", { absoluteTimeout: "2y" }],
    ["absoluteTimeout", "ok S8", { absoluteTimeout: "1y" }],
    ["absoluteTimeout", "fail S8", { absoluteTimeout: Number.NaN }],
    ["renewInterval", "", {}],
    ["renewInterval", "warn S10", { renewInterval: 900 }],
    ["renewInterval", "ok S10", { renewInterval: "15m" }],
    ["storeTimeout", "ok S33", {}],
    ["storeTimeout", "warn S33", { storeTimeout: 2 }],
    ["absoluteTimeout", "warn S8", { idleTimeout: "2d", absoluteTimeout: "1d" }],
    ["maxSessionsPerOwner", "note S13", {}],
    ["maxSessionsPerOwner", "ok S13", { maxSessionsPerOwner: 5 }],
    ["encryption", "note S29", {}],
    ["encryption", "ok S29", { encryption: { keys: [OTHER] } }],
    ["encryption", "warn S29", { encryption: { keys: [OTHER], acceptPlaintext: true } }],
    ["options", "fail S29", { encryption: { keys: ["weak"] } }],
    ["options", "fail null", { idleTimeOut: "1d" } as AnyOptions],
    ["options", "ok null", {}],
  ];
  for (const [id, expected, own] of cases) {
    assert.equal(verdict(checkAllOptions({ secret: SECRET, ...own }, true), id), expected, JSON.stringify(own));
  }
  assert.equal(verdict(checkAllOptions({}, false), "secret"), "warn S25");
});

test("a limit is printed with its unit, and a number below a minute with both readings", () => {
  const say = (own: AnyOptions): string[] =>
    checkAllOptions({ secret: SECRET, ...own }, true)
      .filter(({ id }) => id.endsWith("Timeout"))
      .map(({ message, remedy }) => `${message}${remedy === null ? "" : ` ${remedy}`}`);
  assert.deepEqual(say({}), [
    "Sessions end 1 d without a request.",
    "Sessions end 31 d after the login.",
    "A call of the store may take 2 s.",
  ]);
  assert.deepEqual(say({ idleTimeout: 5_400_000, absoluteTimeout: "1.5d", storeTimeout: 1500 }), [
    "Sessions end 90 min without a request.",
    "Sessions end 36 h after the login.",
    "A call of the store may take 1.5 s.",
  ]);
  const [short = ""] = say({ idleTimeout: 3600 });
  assert.match(short, /^Sessions end 3\.6 s without a request\. .*means 3\.6 s\. If 3600 s were meant, use "3600s"\.$/);
});

test("a module with options is read, its store reached, and a failed check ends with 1", async () => {
  const file = join(folder, "sessions.mjs");
  const path = join(folder, "its-sessions");
  const sqlite = import.meta.resolve("coatcheck/sqlite");
  const module = `import { sqliteStore } from ${JSON.stringify(sqlite)};
    export const options = {
      secret: process.env.MY_SECRET, store: sqliteStore({ path: ${JSON.stringify(path)} }), cookie: { secure: true },
    };`;
  writeFileSync(file, module);
  const good = await doctor(["--config", file], { env: { MY_SECRET: SECRET, NODE_ENV: "production" } });
  assert.deepEqual([good.code, good.ok], [0, true]);
  assert.equal(verdict(good.checks, "store"), "ok null");
  assert.equal(verdict(good.checks, "directory"), "ok S34");
  assert.deepEqual(Object.keys(good.checks[0]!), ["id", "row", "status", "message", "remedy"]);
  const bad = await doctor(["--config", file], { env: { MY_SECRET: "keyboard cat keyboard cat keyboard cat" } });
  assert.deepEqual([bad.code, bad.ok, verdict(bad.checks, "secret")], [1, false, "fail S25"]);

  const manager = join(folder, "manager.mjs");
  writeFileSync(
    manager,
    `import { createSessions, memoryStore } from ${JSON.stringify(import.meta.resolve("coatcheck"))};
    export const sessions = createSessions({ secret: ${JSON.stringify(OTHER)}, store: memoryStore() });
    setInterval(() => {}, 1000);`,
  );
  const running = await doctor(["--config", manager]);
  assert.deepEqual(
    [running.code, verdict(running.checks, "manager"), verdict(running.checks, "store")],
    [0, "ok null", "note null"],
  );

  const typescript = join(folder, "sessions.ts");
  writeFileSync(typescript, "enum Kind { A }; export const options = { secret: String(Kind.A) };");
  const enums = await coatcheck(["doctor", "--config", typescript]);
  assert.equal(enums.code, 1);
  assert.match(enums.stderr, /can't be loaded: .*\. Node 22\.18 or newer runs TypeScript.*--import tsx/s);
  writeFileSync(typescript, `export const options: { secret: string } = { secret: ${JSON.stringify(OTHER)} };`);
  const erasable = await doctor(["--config", typescript]);
  assert.deepEqual([erasable.code, verdict(erasable.checks, "secret")], [0, "ok S25"]);

  writeFileSync(join(folder, "broken.mjs"), "import 'nowhere-to-be-found';");
  const broken = await coatcheck(["doctor", "--config", join(folder, "broken.mjs")]);
  assert.equal(broken.code, 1);
  assert.match(broken.stderr, /can't be loaded/);
  assert.equal((await coatcheck(["doctor", "--config", join(folder, "none.mjs")])).code, 2);
});

test("the manager of a module is examined, not a store in the default place, and the client it opened keeps nothing alive", async (t) => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  const file = join(folder, "redis-manager.mjs");
  const source = (name: string): string => JSON.stringify(import.meta.resolve(name));
  writeFileSync(
    file,
    `import { createSessions } from ${source("coatcheck")};
    import { sqliteStore } from ${source("coatcheck/sqlite")};
    import { redisStore } from ${source("coatcheck/redis")};
    import { createClient } from ${source("redis")};
    await sqliteStore().close();
    const client = createClient({ url: process.env.REDIS });
    await client.connect();
    export const sessions = createSessions({ secret: ${JSON.stringify(OTHER)}, store: redisStore({ client }) });`,
  );
  const env = { REDIS: redis.url, TMPDIR: folder };
  const { code, checks } = await doctor(["--config", file], { env });
  assert.deepEqual([code, verdict(checks, "store"), verdict(checks, "directory")], [0, "note null", ""]);
  assert.match(checks.find(({ id }) => id === "store")?.message ?? "", /The app's store \(redis\) answers/);
  const without = await doctor(["--config", file, "--store", redis.url], { env });
  assert.equal(verdict(without.checks, "store"), "ok null");
  assert.notEqual(verdict(without.checks, "redis.persistence"), "", "--store has its server looked at too");
});

test("S34 a directory is judged as it lies there, and none is made", async () => {
  const env = { SESSION_SECRET: SECRET };
  const path = join(folder, "sessions");
  const missing = await doctor(["--store", path], { env });
  assert.deepEqual([missing.code, verdict(missing.checks, "directory")], [0, "note S34"]);
  const sessions = createSessions({ secret: SECRET, store: sqliteStore({ path }) });
  const link = join(folder, "link");
  symlinkSync(path, link);
  const linked = await doctor(["--store", link], { env });
  assert.deepEqual([linked.code, verdict(linked.checks, "directory")], [1, "fail S34"]);
  const good = await doctor(["--store", path], { env });
  assert.deepEqual([good.code, verdict(good.checks, "directory")], [0, "ok S34"]);
  assert.equal(verdict(good.checks, "directory.place"), "warn null");
  await sessions.close();
  const open = join(folder, "open");
  mkdirSync(open);
  chmodSync(open, 0o755);
  assert.equal(verdict((await doctor(["--store", open], { env })).checks, "directory"), "fail S34");
});

test("a Redis that evicts fails; one that keeps nothing on disk is warned of; one that logs is well", async (t) => {
  const env = { SESSION_SECRET: SECRET };
  const [evicting, logging] = await Promise.all([
    startRedis({ args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"] }),
    startRedis({ appendonly: "everysec" }),
  ]);
  t.after(() => Promise.all([evicting.stop(), logging.stop()]));
  const bad = await doctor(["--store", evicting.url], { env });
  assert.deepEqual([bad.code, verdict(bad.checks, "redis.maxmemory-policy")], [1, "fail null"]);
  assert.equal(verdict(bad.checks, "redis.persistence"), "warn null");
  const good = await doctor(["--store", logging.url], { env });
  assert.equal(good.code, 0);
  for (const id of ["store", "redis.version", "redis.role", "redis.maxmemory-policy", "redis.persistence"]) {
    assert.equal(verdict(good.checks, id), "ok null", id);
  }
  assert.equal(verdict(good.checks, "redis.clock"), "ok S40");
  const text = await coatcheck(["doctor", "--store", logging.url], { env });
  assert.match(text.stdout, /^ok {4}S25 {2}SESSION_SECRET is long and random enough\.$/m);
  assert.match(text.stderr, /checks, 0 failed/);
});

test("PostgreSQL without the table fails, and says what to run; with it, it is well", async (t) => {
  const server = await testServer();
  const table = `cli_doctor_${process.pid}`;
  const postgres = await connectPostgres(parseAddress(server.url));
  t.after(async () => {
    await postgres.query(`DROP TABLE IF EXISTS ${table}`);
    await postgres.close();
    await server.stop();
  });
  const env = { SESSION_SECRET: SECRET };
  const bad = await doctor(["--store", server.url, "--table", table], { env });
  assert.deepEqual([bad.code, verdict(bad.checks, "postgres.table")], [1, "fail null"]);
  assert.match(bad.checks.find(({ id }) => id === "postgres.table")?.remedy ?? "", /coatcheck migrate/);
  assert.equal((await coatcheck(["migrate", "--store", server.url, "--table", table])).code, 0);
  const checks = await checkPostgres(postgres, parseAddress(server.url), table);
  assert.equal(verdict(checks, "postgres.table"), "ok null");
  assert.equal(verdict(checks, "postgres.clock"), "ok S40");
  await postgres.query(`DROP INDEX ${table}_owner`);
  assert.equal(verdict(await checkPostgres(postgres, parseAddress(server.url), table), "postgres.table"), "fail null");
});

test("S40 a clock that is off is told, by how much it is", async () => {
  const off = async (ms: number): Promise<string> => (await checkClock("c", async () => Date.now() + ms)).status;
  assert.deepEqual(await Promise.all([0, -5_000, 5_000, 60_000, -60_000].map(off)), [
    "ok",
    "warn",
    "warn",
    "fail",
    "fail",
  ]);
});

test("a store that can't be reached is a failed check, and the rest is told all the same", async () => {
  const report = await doctor(["--store", "redis://user:hidden-word@127.0.0.1:1"], { env: { SESSION_SECRET: SECRET } });
  assert.deepEqual(
    [report.code, verdict(report.checks, "store"), verdict(report.checks, "secret")],
    [1, "fail null", "ok S25"],
  );
  assert.equal(JSON.stringify(report).includes("hidden-word"), false);
});
