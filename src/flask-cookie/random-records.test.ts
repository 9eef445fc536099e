// Records of every MessagePack type that Python writes: TypeScript changes one key, and Python finds all others as they
// were.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findFlaskSessionPython } from "../../test/fixtures/flask-cookie/flask-session-python.ts";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { createManager } from "../core/manager.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskSessionRedisStore } from "./index.ts";

const COUNT = 1_000;
const PREFIX = "flask-random-records:";
const SCRIPT = fileURLToPath(new URL("../../test/fixtures/flask-cookie/random_records.py", import.meta.url));
const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);

const program = findFlaskSessionPython();
const python = program === undefined ? undefined : startPython(program);
const redis = await anyRedis();
const { client, close } = await nodeRedis(redis.url);
after(async () => {
  python?.close();
  close();
  await redis.stop();
});

interface Written {
  readonly hex: string;
  /** Keys of text that no library has a meaning for. */
  readonly keys: readonly string[];
}

interface Case {
  readonly before: string;
  readonly after: string;
  readonly key: string;
  /** Absent where the key was deleted. */
  readonly value?: unknown;
}

/** Asks msgspec; one process for the whole test. */
function startPython(program: string) {
  const child = spawn(program, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  async function ask<Answer>(request: object): Promise<Answer> {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("Python has ended.");
    return JSON.parse(value) as Answer;
  }
  return { ask, close: () => child.stdin.end() };
}

const PUT =
  "return redis.call('SET', KEYS[1], (string.gsub(ARGV[1], '..', function(x) return string.char(tonumber(x, 16)) end)))";
const GET =
  "return (string.gsub(redis.call('GET', KEYS[1]), '.', function(c) return string.format('%02x', string.byte(c)) end))";

const store = flaskSessionRedisStore({ client, prefix: PREFIX });
const sessions = createManager<AnyData>(
  { secret: SECRET, store, storeTimeout: "1m", cookie: { name: "session" } },
  memoryStore,
);

/** Adds a key, assigns one that Python wrote, or deletes it, in turn. */
async function change({ hex, keys }: Written, i: number): Promise<Case> {
  const sid = `random-record-${String(i).padStart(12, "0")}`;
  await client.sendCommand(["EVAL", PUT, "1", PREFIX + sid, hex]);
  const active = await sessions.open(`session=${sid}`);
  const key = i % 3 === 0 ? "new here" : (keys[i % keys.length] ?? "");
  const value = { changed: [i, "ö", 1.5] };
  // A session without data would end.
  const isDeleted = i % 3 === 2 && keys.length > 1;
  if (isDeleted) delete active.session[key];
  else active.session[key] = value;
  await active.finish(() => true);
  const after = String(await client.sendCommand(["EVAL", GET, "1", PREFIX + sid]));
  return { before: hex, after, key, ...(isDeleted ? {} : { value }) };
}

const skip = python === undefined && "no Python here has Flask-Session 0.8; name one by FLASK_SESSION_PYTHON";

test(`in ${COUNT} records of every type, what TypeScript does not assign is as Python wrote it (COATCHECK_SEED=${seed})`, {
  skip,
}, async () => {
  const ask = python?.ask ?? assert.fail();
  const written = await ask<Written[]>({ write: COUNT, seed });
  const cases: Case[] = [];
  for (const [i, one] of written.entries()) cases.push(await change(one, i));
  assert.deepEqual(await ask({ compare: cases }), []);
});

test("a dict whose keys are numbers is a Map, and stays one for Python when it is assigned", async () => {
  // {"cart": {5: 2}, "price": 1.0}
  const sid = "random-record-of-a-cart";
  await client.sendCommand(["EVAL", PUT, "1", PREFIX + sid, "82a463617274810502a57072696365cb3ff0000000000000"]);
  const active = await sessions.open(`session=${sid}`);
  assert.deepEqual({ ...active.session }, { cart: new Map([[5, 2]]), price: 1 });
  (active.session["cart"] as Map<number, number>).set(7, 1);
  await active.finish(() => true);
  const after = String(await client.sendCommand(["EVAL", GET, "1", PREFIX + sid]));
  assert.equal(after, "82a4636172748205020701a57072696365cb3ff0000000000000");
});
