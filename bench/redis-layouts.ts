// Which layout of a record suits Redis? Memory and time of three that keep the laws, and of connect-redis's, which does
// not, side by side on one private server: `npm run node -- bench/redis-layouts.ts [sessions]`.
import { createHash, randomBytes } from "node:crypto";
import { createClient } from "redis";
import { applyChange, decodeRecord, encodeRecord } from "../src/core/record.ts";
import type { Change, SessionRecord } from "../src/core/store.ts";
import { redisStore } from "../src/stores/redis.ts";
import { startRedis } from "../test/support/servers/redis.ts";

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
    username: "margaret.hamilton@example.org",
    cart: ["sku-10293", "sku-48512", "sku-77120"],
    profile: "x".repeat(298),
    theme: "dark",
    csrf: randomBytes(24).toString("base64url"),
    visits: 1_042,
  };
  const fields = new Map(Object.entries(data).map(([name, value]) => [name, JSON.stringify(value)]));
  return { fields, createdAt: now, expiresAt: now + LIFE, owner: undefined, version: 1 };
}

const sample = sampleRecord();
const cas = await versioned();
const layouts: Readonly<Record<string, Layout>> = {
  "JSON blob (connect-redis's)": connectRedis,
  "HASH, a field per key": await hash(),
  "blob swapped by version": cas,
  "string patched in place (ours)": redisStore({ client }),
};
const keys = Array.from({ length: SESSIONS }, () => randomBytes(32).toString("base64url"));

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(String(await send("INFO", "memory")))?.[1]);
}

async function each(count: number, together: number, call: (index: number) => unknown): Promise<number> {
  const started = performance.now();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: together }, worker));
  return ((performance.now() - started) * 1_000) / count;
}

const keyAt = (index: number): string => keys[(index * 7_919) % keys.length] ?? "";
const commitOf = (index: number): Change => ({
  set: new Map([["visits", String(index)]]),
  remove: new Set(),
  expiresAt: sample.expiresAt,
});

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

const rows: Record<string, Record<string, number>> = {};
for (const [name, layout] of Object.entries(layouts)) {
  await send("FLUSHALL");
  await layout.create(keyAt(0), sample);
  await send("FLUSHALL");
  const before = await usedMemory();
  await each(SESSIONS, TOGETHER, (index) => layout.create(keys[index] ?? "", sample));
  rows[name] = { "bytes a session": Math.round(((await usedMemory()) - before) / SESSIONS) };
}

const times = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const [name, layout] of Object.entries(layouts)) {
    await send("FLUSHALL");
    await each(SESSIONS / 10, TOGETHER, (index) => layout.create(keys[index] ?? "", sample));
    const inTenth = (index: number): string => keys[(index * 7_919) % Math.floor(SESSIONS / 10)] ?? "";
    const note = async (what: string, time: Promise<number>): Promise<void> => {
      const id = `${name}|${what}`;
      times.set(id, [...(times.get(id) ?? []), await time]);
    };
    // Each session once, so that the blob's version is the one that its request has seen.
    await note(
      "commit alone",
      each(ALONE_CALLS, 1, (index) => layout.commit(inTenth(index), commitOf(index))),
    );
    await note(
      "load alone",
      each(ALONE_CALLS, 1, (index) => layout.load(inTenth(index))),
    );
    await send("FLUSHALL");
    await each(SESSIONS / 5, TOGETHER, (index) => layout.create(keys[index] ?? "", sample));
    await note(
      "load of 50",
      each(TOGETHER_CALLS, TOGETHER, (index) => layout.load(keys[index % (SESSIONS / 5)] ?? "")),
    );
    const commits = Math.min(TOGETHER_CALLS, SESSIONS / 5);
    await note(
      "commit of 50",
      each(commits, TOGETHER, (index) => layout.commit(keys[index] ?? "", commitOf(index))),
    );
    await layout.create("crowd", sample);
    await note(
      "commit of 50 to one",
      each(CROWD, CROWD, (i) => layout.commit("crowd", { ...commitOf(i), set: new Map([[`f${i}`, "1"]]) })),
    );
  }
}
for (const [id, values] of times) {
  const [name = "", what = ""] = id.split("|");
  rows[name] = { ...rows[name], [`${what}, us`]: Number(median(values).toFixed(1)) };
}

console.log(`${SESSIONS} sessions of 500 bytes in 6 keys, no owner; medians of ${ROUNDS} interleaved rounds`);
console.table(rows);
console.log(
  `blob swapped by version: ${(cas.conflicts / ROUNDS).toFixed(0)} conflicts for ${CROWD} commits to one session`,
);
client.destroy();
await server.stop();
