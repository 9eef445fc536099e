// How long a session lasts that a Flask app shares: PERMANENT_SESSION_LIFETIME from each write on, and of a permanent
// session from each visit on.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { createManager } from "../core/manager.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskCookieStore, flaskSessionRedisStore, writeFlaskCookie } from "./index.ts";

const KEY = "the key of both apps";
const DAY = 24 * 3600;
const NOW = 1_700_000_000;
const MONTH = 31 * DAY;

const redis = await anyRedis();
const { client, close } = await nodeRedis(redis.url);
after(async () => {
  close();
  await redis.stop();
});

function visitorWith(data: Record<string, unknown>, age: number) {
  const store = flaskCookieStore({ secret: KEY });
  const options = { secret: SECRET, store, cookie: { name: "session" }, clock: () => NOW * 1000 };
  const cookie = `session=${writeFlaskCookie(data, { secret: KEY, now: NOW - age })}`;
  return createVisitor(createManager<AnyData>(options, memoryStore), cookie);
}

const maxAgeOf = (setCookie: string | undefined): string | undefined => /Max-Age=(\d+)/.exec(setCookie ?? "")?.[1];

test("a permanent cookie of 20 days lasts 31 days from now after a visit, and after a write", async () => {
  for (const work of [(s: AnyData) => s["a"], (s: AnyData) => Object.assign(s, { a: 2 })]) {
    const visitor = visitorWith({ _permanent: true, a: 1 }, 20 * DAY);
    await visitor.request(work);
    assert.equal(maxAgeOf(visitor.duties.setCookie), String(MONTH));
    assert.equal((await visitor.request((session) => session.expiresAt)).getTime(), (NOW + MONTH + 1) * 1000);
  }
});

test("a cookie that is not permanent is left as it is by a visit, and lasts 31 days from a write", async () => {
  const visitor = visitorWith({ a: 1 }, 20 * DAY);
  await visitor.request((session) => session["a"]);
  assert.equal(visitor.duties.setCookie, undefined);
  await visitor.request((session) => {
    session["a"] = 2;
  });
  assert.equal(maxAgeOf(visitor.duties.setCookie), undefined);
  assert.equal((await visitor.request((session) => session.expiresAt)).getTime(), (NOW + MONTH + 1) * 1000);
});

test("a cookie past the lifetime opens nothing", async () => {
  assert.deepEqual(await visitorWith({ _permanent: true, a: 1 }, MONTH + 1).request((session) => ({ ...session })), {});
});

for (const permanent of [true, false]) {
  test(`a ${permanent ? "permanent" : "browser's"} session in Redis lasts 31 days from each visit, as with Flask-Session`, async () => {
    const store = flaskSessionRedisStore({ client, prefix: "flask-lifetimes:" });
    const sessions = createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" } }, memoryStore);
    const visitor = createVisitor(sessions);
    await visitor.request((session) => {
      session["a"] = 1;
      session.permanent = permanent;
    });
    const key = `flask-lifetimes:${visitor.cookie?.replace("session=", "")}`;
    await client.sendCommand(["EXPIRE", key, String(11 * DAY)]);
    await visitor.request((session) => session["a"]);
    const left = Number(await client.sendCommand(["TTL", key]));
    assert.ok(left > MONTH - 300 && left <= MONTH, `${left}`);
    assert.equal(maxAgeOf(visitor.duties.setCookie), permanent ? String(MONTH) : undefined);
  });
}
