// Flask-Session's records: their bytes, and a store on a real Redis.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { createClient } from "redis";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { RandomnessError, SessionRecordError } from "../core/errors.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { SessionOptions } from "../core/options.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskSessionRedisStore } from "./index.ts";
import { decodeRecord, encodeRecord } from "./session-records.ts";
import { sign, signerOf } from "./signer.ts";

interface Vectors {
  real_0_3_2: Record<string, { keys?: { value_hex: string }[] }>;
  signed_sid: { salt: string; cases: { secret_key: string; sid: string; cookie: string }[] };
  msgpack_0_8_format: { redis_key: string; records: { name: string; value_hex: string; json: unknown }[] };
}
const vectors: Vectors = JSON.parse(
  readFileSync(new URL("../../test/fixtures/flask-cookie/vectors/flask-session-records.json", import.meta.url), "utf8"),
);

for (const { name, value_hex, json } of vectors.msgpack_0_8_format.records) {
  test(`a MessagePack record, ${name}, is read, and written as it was`, () => {
    const record = decodeRecord(Buffer.from(value_hex, "hex"));
    assert.deepEqual(spelt(record.data, json), json);
    assert.equal(encodeRecord(record.data, "msgpack", record).toString("hex"), value_hex);
    const assigned = encodeRecord(record.data, "msgpack");
    // A whole float has no spelling of its own in JavaScript; of 64 bits, signed and unsigned ones are the same number.
    if (name !== "floats") assert.deepEqual(decodeRecord(assigned).data, record.data);
    if (name !== "floats" && name !== "ints") assert.equal(assigned.toString("hex"), value_hex);
  });
}

/** What JSON can't say, as the vectors spell it: great integers as text, bytes as hex, times in seconds. */
function spelt(value: unknown, like: unknown): unknown {
  if (typeof like === "string" && (typeof value === "number" || typeof value === "bigint")) return String(value);
  if (value instanceof Uint8Array) return { $hex: Buffer.from(value).toString("hex") };
  if (value instanceof Date) return Object.hasOwn(Object(like), "$datetime") ? like : value.toISOString();
  if (Array.isArray(value)) return value.map((item, i) => spelt(item, Reflect.get(Object(like), i)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, spelt(one, Reflect.get(Object(like), key))]),
  );
}

test("JSON records are read too", () => {
  assert.deepEqual(decodeRecord(Buffer.from('{"_permanent":true,"n":1}')).data, { _permanent: true, n: 1 });
  assert.equal(encodeRecord({ n: 1 }, "json").toString(), '{"n":1}');
});

test("pickles are refused with a word on how to move, and never looked into", () => {
  const pickles = Object.values(vectors.real_0_3_2).flatMap(({ keys }) => keys ?? []);
  const redis = pickles.filter(({ value_hex }) => value_hex.startsWith("8004") || value_hex.startsWith("8005"));
  assert.ok(redis.length >= 3);
  for (const { value_hex } of redis) {
    assert.throws(
      () => decodeRecord(Buffer.from(value_hex, "hex")),
      (error) => {
        return error instanceof SessionRecordError && /pickle/.test(error.message) && /0\.7/.test(error.message);
      },
    );
  }
  for (const broken of ["", "c1", "93010203", "a161", "81"]) {
    assert.throws(() => decodeRecord(Buffer.from(broken, "hex")), SessionRecordError);
  }
});

for (const { secret_key, sid, cookie } of vectors.signed_sid.cases) {
  test(`the ID ${sid.slice(0, 8)} is signed as Flask-Session signs it`, () => {
    assert.equal(sign(signerOf({ secret: secret_key, salt: vectors.signed_sid.salt }), sid), cookie);
  });
}

const redis = await anyRedis();
const { client, close } = await nodeRedis(redis.url);
const bytesClient = createClient({ url: redis.url });
await bytesClient.connect();
after(async () => {
  close();
  bytesClient.destroy();
  await redis.stop();
});

const SID = "q3uX-2Zt0b7GQ1m5m0h8d9cVnR1yL4sT6kA_wEoPz8I";
const PREFIX = "flask-session-test:";

function start(signWith?: string) {
  const store = flaskSessionRedisStore({ client, prefix: PREFIX, signWith });
  // Long enough for a hundred that take turns on a busy machine.
  const storeTimeout = "1m";
  return createManager<AnyData>({ secret: SECRET, store, storeTimeout, cookie: { name: "session" } }, memoryStore);
}

/** A manager with a clock or a generator of its own, on a store that has none unless it is given one. */
function startWith(options: Pick<SessionOptions<AnyData>, "clock" | "randomBytes">, storeClock?: () => number) {
  const store = flaskSessionRedisStore({ client, prefix: PREFIX, clock: storeClock });
  return createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" }, ...options }, memoryStore);
}

/** What Flask-Session would have written. */
async function put(sid: string, hex: string): Promise<void> {
  await client.sendCommand([
    "EVAL",
    "return redis.call('SET', KEYS[1], (string.gsub(ARGV[1], '..', function(x) return string.char(tonumber(x, 16)) end)), 'EX', 2678400)",
    "1",
    PREFIX + sid,
    hex,
  ]);
}

async function record(sid: string): Promise<unknown> {
  const hex = await client.sendCommand([
    "EVAL",
    "local r = redis.call('GET', KEYS[1]) return r and (string.gsub(r, '.', function(c) return string.format('%02x', string.byte(c)) end))",
    "1",
    PREFIX + sid,
  ]);
  return hex === null ? undefined : decodeRecord(Buffer.from(String(hex), "hex")).data;
}

test("a session of Flask-Session's is here, and what is set here is in its record, which lives on", async () => {
  await put(SID, "82aa5f7065726d616e656e74c3a8757365726e616d65a5616c696365");
  const active = await start().open(`session=${SID}`);
  assert.equal(active.session["username"], "alice");
  assert.equal(active.session.permanent, true);
  active.session["visits"] = 1;
  await active.finish(() => true);
  assert.deepEqual(await record(SID), { _permanent: true, username: "alice", visits: 1 });
  const ttl = Number(await client.sendCommand(["TTL", PREFIX + SID]));
  assert.ok(ttl > 2_678_300 && ttl <= 2_678_400, `${ttl}`);
});

test("a new session is one that Flask-Session takes: a bare ID, a MessagePack dict, its lifetime", async () => {
  const active = await start().open(undefined);
  active.session["username"] = "ada";
  const { setCookie } = await active.finish(() => true);
  const sid = /^session=([\w-]{43});/.exec(setCookie ?? "")?.[1] ?? "";
  assert.deepEqual(await record(sid), { username: "ada" });
  const again = await start().open(`session=${sid}`);
  assert.equal(again.session["username"], "ada");
  await again.session.login("42");
  const next = /^session=([\w-]{43});/.exec((await again.finish(() => true)).setCookie ?? "")?.[1] ?? "";
  assert.notEqual(next, sid);
  assert.equal(await record(sid), undefined);
  assert.deepEqual(await record(next), { username: "ada", _user_id: "42" });
  const last = await start().open(`session=${next}`);
  await last.session.logout();
  assert.equal(await record(next), undefined);
});

test("signed IDs are verified before the server is asked, and an unknown one is never adopted", async () => {
  const sessions = start("the key of both apps");
  const active = await sessions.open(undefined);
  active.session["n"] = 1;
  const { setCookie } = await active.finish(() => true);
  const cookie = /^session=([^;]+)/.exec(setCookie ?? "")?.[1] ?? "";
  assert.match(cookie, /^[\w-]{43}\.[\w-]{27}$/);
  assert.equal((await sessions.open(`session=${cookie}`)).session["n"], 1);
  const [sid = ""] = cookie.split(".");
  for (const forged of [sid, `${sid}.${"A".repeat(27)}`, `${SID}.${cookie.split(".")[1]}`, "x", "../../etc"]) {
    assert.deepEqual({ ...(await sessions.open(`session=${forged}`)).session }, {});
  }
  const stranger = await start().open("session=attacker-chosen-identifier-0001");
  stranger.session["n"] = 1;
  const given = await stranger.finish(() => true);
  assert.doesNotMatch(given.setCookie ?? "", /attacker/);
});

test("100 parallel requests that each set a key keep all, and none brings back what was destroyed", async () => {
  await put(SID, "80");
  const sessions = start();
  await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const active = await sessions.open(`session=${SID}`);
      active.session[`key${i}`] = i;
      await active.finish(() => true);
    }),
  );
  assert.equal(Object.keys((await record(SID)) as object).length, 100);
  const late = await sessions.open(`session=${SID}`);
  late.session["late"] = 1;
  await (await sessions.open(`session=${SID}`)).session.logout();
  await assert.rejects(async () => late.finish(() => true), { status: 409 });
  assert.equal(await record(SID), undefined);
});

test("S1 when the manager's generator fails, or gives an ID again, there is an error and no session", async () => {
  async function write(sessions: SessionManager<AnyData>): Promise<string | undefined> {
    const active = await sessions.open(undefined);
    active.session["a"] = 1;
    return (await active.finish(() => true)).setCookie;
  }
  await assert.rejects(write(startWith({ randomBytes: () => new Uint8Array(3) })), RandomnessError);
  const once = randomBytes(32);
  const stuck = startWith({ randomBytes: () => once });
  assert.notEqual(await write(stuck), undefined);
  await assert.rejects(write(stuck), RandomnessError);
});

test("what the server says of an expiry is counted from the manager's clock, or the store's own where it has one", async () => {
  const DAY = 24 * 3600_000;
  await put(SID, "81a16101");
  const now = Date.now() + 40 * DAY;
  const read = async (sessions: SessionManager<AnyData>) => (await sessions.open(`session=${SID}`)).session["a"];
  assert.equal(await read(startWith({ clock: () => now })), 1);
  assert.equal(await read(startWith({ clock: () => now }, () => now - 40 * DAY)), undefined);
});

test("a pickle in the server's place is an anonymous visitor with a report, and stays where it is", async () => {
  const pickle = "80049561000000000000007d94288c0a5f7065726d616e656e7494888c08757365726e616d65948c05616c69636594752e";
  await put(SID, pickle);
  const errors: unknown[] = [];
  const store = flaskSessionRedisStore({ client, prefix: PREFIX });
  const onEvent = (event: { type: string; error?: unknown }) =>
    void (event.type === "error" && errors.push(event.error));
  const sessions = createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" }, onEvent }, memoryStore);
  assert.deepEqual({ ...(await sessions.open(`session=${SID}`)).session }, {});
  assert.match(String(errors[0]), /pickle/);
  assert.equal(await client.sendCommand(["EXISTS", PREFIX + SID]), 1);
});

test("24,000 made-up cookies of a stranger do not push out the session of a slow request", async () => {
  await put(SID, "82aa5f7065726d616e656e74c3a8757365726e616d65a5616c696365");
  const sessions = start();
  const slow = await sessions.open(`session=${SID}`);
  for (let request = 0; request < 60; request++) {
    const cookies = Array.from({ length: 400 }, (_, i) => `session=${"x".repeat(20)}${request}-${i}`);
    await sessions.open(cookies.join("; "));
  }
  slow.session["late"] = true;
  await slow.finish(() => true);
  assert.partialDeepStrictEqual(await record(SID), { late: true });
});
