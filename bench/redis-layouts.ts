// Which layout of a record suits Redis? Memory and time of three that keep the laws, and of connect-redis's, which does
// not, side by side on one private server: `npm run node -- bench/redis-layouts.ts [sessions]`.
import { createHash, randomBytes } from "node:crypto";
import { createClient } from "redis";
import { applyChange, decodeRecord, encodeRecord } from "../src/core/record.ts";
import type { Change, SessionRecord } from "../src/core/store.ts";
import { redisStore } from "../src/stores/redis.ts";
import { startRedis } from "../test/support/servers/redis.ts";
import { median } from "./statistics.ts";

const SESSIONS = Number(process.argv[2] ?? 100_000);
const ROUNDS = 5;
const TOGETHER = 50;
const ALONE_CALLS = 2_000;
const TOGETHER_CALLS = 20_000;
/** One session that everybody writes to, each a field of its own. */
const CROWD = 50;
const LIFE = 86_400_000;

interface Layout {
  create(key: string, record: SessionRecord): unknown;
  load(key: string): unknown;
  commit(key: string, change: Change): unknown;
}

const server = await startRedis();
const client = createClient({ url: server.url });
await client.connect();
const send = (...args: string[]): Promise<unknown> => client.sendCommand(args);

/** A script that is sent by its name. */
async function scripted(text: string): Promise<(key: string, ...args: string[]) => Promise<unknown>> {
  const sha = createHash("sha1").update(text).digest("hex");
  await send("SCRIPT", "LOAD", text);
  return (key, ...args) => send("EVALSHA", sha, "1", key, ...args);
}

const pxat = (record: SessionRecord): string => String(record.expiresAt - 1);

/** What users have today: the whole session as JSON, the last writer wins. */
const connectRedis: Layout = {
  create: (key, record) => {
    const data = Object.fromEntries([...record.fields].map(([name, text]) => [name, JSON.parse(text)]));
    return send("SET", `sess:${key}`, JSON.stringify(data), "PXAT", pxat(record));
  },
  load: async (key) => JSON.parse(String(await send("GET", `sess:${key}`))),
  commit: async (key, { set, expiresAt }) => {
    const data = JSON.parse(String(await send("GET", `sess:${key}`)));
    for (const [name, text] of set) data[name] = JSON.parse(text);
    return send("SET", `sess:${key}`, JSON.stringify(data), "PXAT", String(expiresAt - 1));
  },
};

/** A HASH with a field for each key; names of fields after "f", notes of the store without. */
async function hash(): Promise<Layout> {
  const patch = await scripted(`
local now = redis.call('HMGET', KEYS[1], 'v', 'e')
if not now[1] then return 'gone' end
local expires = math.max(tonumber(now[2]), tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'v', now[1] + 1, 'e', string.format('%.0f', expires), unpack(ARGV, 2))
redis.call('PEXPIREAT', KEYS[1], string.format('%.0f', expires - 1))
return 'committed'`);
  const fieldsOf = (fields: ReadonlyMap<string, string>): string[] =>
    [...fields].flatMap(([name, text]) => [`f${name}`, text]);
  return {
    create: (key, { fields, createdAt, expiresAt, version }) =>
      client
        .multi()
        .addCommand([
          ...["HSET", `h:s:${key}`, "v", String(version), "c", String(createdAt), "e", String(expiresAt)],
          ...fieldsOf(fields),
        ])
        .addCommand(["PEXPIREAT", `h:s:${key}`, String(expiresAt - 1)])
        .exec(),
    load: async (key) => {
      const fields = new Map<string, string>();
      const notes = new Map<string, string>();
      const reply = (await client.hGetAll(`h:s:${key}`)) as Record<string, string>;
      for (const [name, text] of Object.entries(reply)) {
        if (name[0] === "f") fields.set(name.slice(1), text);
        else notes.set(name, text);
      }
      return { fields, expiresAt: Number(notes.get("e")), version: Number(notes.get("v")) };
    },
    commit: (key, { set, expiresAt }) => patch(`h:s:${key}`, String(expiresAt), ...fieldsOf(set)),
  };
}

/** A blob with its version in front, swapped when the version is the expected one, else read again and tried again. */
async function versioned(): Promise<Layout & { conflicts: number }> {
  const swap = await scripted(`
local now = redis.call('GET', KEYS[1])
if not now then return { 'gone' } end
if string.match(now, '^%d+') ~= ARGV[1] then return { 'conflict', now } end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return { 'committed' }`);
  const read = (text: string): SessionRecord => decodeRecord(text.slice(text.indexOf(" ") + 1));
  const written = (record: SessionRecord): string => `${record.version} ${encodeRecord(record)}`;
  const layout = {
    conflicts: 0,
    create: (key: string, record: SessionRecord) => send("SET", `v:s:${key}`, written(record), "PXAT", pxat(record)),
    load: async (key: string) => read(String(await send("GET", `v:s:${key}`))),
    // The request has loaded the record already: its first try costs no read.
    commit: async (key: string, change: Change, loaded = sample): Promise<unknown> => {
      for (let record = loaded; ; ) {
        const next = applyChange(record, change);
        const reply = (await swap(`v:s:${key}`, String(record.version), written(next), pxat(next))) as string[];
        if (reply[0] !== "conflict") return reply[0];
        layout.conflicts++;
        record = read(reply[1] ?? "");
      }
    },
  };
  return layout;
}

/** 500 bytes of JSON in six keys, one value of 300 bytes. */
function sampleRecord(): SessionRecord {
  const now = Date.now();
  const data = {
    username: "margaret.hamilton@apollo.example.org",
    cart: ["sku-10293-blue-xl", "sku-48512-red", "sku-77120-green-s"],
    profile: "x".repeat(298),
    locale: "en-GB",
    csrf: randomBytes(24).toString("base64url"),
    visits: 1_042,
  };
  const fields = new Map(Object.entries(data).map(([name, value]) => [name, JSON.stringify(value)]));
  return { fields, createdAt: now, expiresAt: now + LIFE, owner: undefined, version: 1 };
}

const sample = sampleRecord();
const swapped = await versioned();
const layouts: Readonly<Record<string, Layout>> = {
  "JSON blob (connect-redis's)": connectRedis,
  "HASH, a field per key": await hash(),
  "blob swapped by version": swapped,
  "string patched in place (ours)": redisStore({ client }),
};
const keys = Array.from({ length: SESSIONS }, () => randomBytes(32).toString("base64url"));

async function info(section: string, name: string): Promise<number> {
  return Number(new RegExp(`^${name}:([\\d.]+)`, "m").exec(String(await send("INFO", section)))?.[1]);
}

/** The processor time that the server has used, in seconds. It holds however busy the machine is with others. */
async function serverTime(): Promise<number> {
  return (await info("cpu", "used_cpu_user")) + (await info("cpu", "used_cpu_sys"));
}

async function each(count: number, together: number, call: (index: number) => unknown): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: together }, worker));
}

/** Microseconds a call, by the clock of the client and by the processor of the server. */
async function timed(count: number, together: number, call: (index: number) => unknown): Promise<[number, number]> {
  const [started, used] = [performance.now(), await serverTime()];
  await each(count, together, call);
  const elapsed = performance.now() - started;
  return [(elapsed * 1e3) / count, (((await serverTime()) - used) * 1e6) / count];
}

const keyAt = (index: number): string => keys[index % keys.length] ?? "";
const commitOf = (index: number, name = "visits"): Change => {
  return { set: new Map([[name, String(index)]]), remove: new Set(), expiresAt: sample.expiresAt };
};

async function bytesOf(layout: Layout): Promise<number> {
  await send("FLUSHALL");
  await layout.create("first", sample);
  await send("FLUSHALL");
  const before = await info("memory", "used_memory");
  await each(SESSIONS, TOGETHER, (index) => layout.create(keyAt(index), sample));
  return Math.round(((await info("memory", "used_memory")) - before) / SESSIONS);
}

/** Every session is committed to once, so that the blob's version is the one that its request has seen. */
async function timesOf(layout: Layout): Promise<Record<string, number>> {
  await send("FLUSHALL");
  const count = ALONE_CALLS + TOGETHER_CALLS;
  await each(count, TOGETHER, (index) => layout.create(keyAt(index), sample));
  await layout.create("crowd", sample);
  const [loadAlone] = await timed(ALONE_CALLS, 1, (index) => layout.load(keyAt(index)));
  const [commitAlone] = await timed(ALONE_CALLS, 1, (index) => layout.commit(keyAt(index), commitOf(index)));
  const [load, loadServer] = await timed(TOGETHER_CALLS, TOGETHER, (i) => layout.load(keyAt(ALONE_CALLS + i)));
  const [commit, commitServer] = await timed(TOGETHER_CALLS, TOGETHER, (i) => {
    return layout.commit(keyAt(ALONE_CALLS + i), commitOf(i));
  });
  const [crowd] = await timed(CROWD, CROWD, (i) => layout.commit("crowd", commitOf(i, `f${i}`)));
  return {
    "load alone": loadAlone,
    "commit alone": commitAlone,
    "load, 50 in flight": load,
    "of it server": loadServer,
    "commit, 50 in flight": commit,
    "of it server ": commitServer,
    "50 commits to one": crowd,
  };
}

const rows = new Map<string, Record<string, number>>();
for (const [name, layout] of Object.entries(layouts)) rows.set(name, { "bytes a session": await bytesOf(layout) });
const rounds = new Map<string, Record<string, number>[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, layout] of Object.entries(layouts)) {
    rounds.set(name, [...(rounds.get(name) ?? []), await timesOf(layout)]);
  }
}
for (const [name, times] of rounds) {
  for (const what of Object.keys(times[0] ?? {})) {
    const value = median(times.map((each) => each[what] ?? Number.NaN));
    rows.set(name, { ...rows.get(name), [what]: Number(value.toFixed(1)) });
  }
}

console.log(`${SESSIONS} sessions of 500 bytes in 6 keys, without an owner.`);
console.log(`Microseconds a call, medians of ${ROUNDS} interleaved rounds.`);
console.table(Object.fromEntries(rows));
console.log(`Blob swapped by version: ${swapped.conflicts / ROUNDS} conflicts for ${CROWD} commits to one session.`);
console.log(`An owner's index: ${await ownerBytes()} bytes a session, where each owner has one.`);
client.destroy();
await server.stop();

async function ownerBytes(): Promise<number> {
  const count = SESSIONS / 10;
  const used = async (owner: (index: number) => string | undefined): Promise<number> => {
    const store = redisStore({ client });
    await send("FLUSHALL");
    const before = await info("memory", "used_memory");
    await each(count, TOGETHER, (index) => store.create(keyAt(index), { ...sample, owner: owner(index) }));
    return ((await info("memory", "used_memory")) - before) / count;
  };
  return Math.round((await used((index) => `user-${index}`)) - (await used(() => undefined)));
}
