// Beside the real Flask-Session 0.8, on one Redis: a session of either is a session of the other.
import assert from "node:assert/strict";
import { after, type TestContext, test } from "node:test";
import fc from "fast-check";
import {
  type FlaskSessionAnswer,
  type FlaskSessionRequest,
  startFlaskSession,
} from "../../test/fixtures/flask-cookie/flask-session-python.ts";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { nodeRedis } from "../../test/fixtures/redis/clients.ts";
import { anyRedis } from "../../test/fixtures/redis/server.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import type { Session } from "../core/session/types.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskSessionRedisStore } from "./index.ts";

const flask = await startFlaskSession();
const redis = await anyRedis();
const { client, close } = await nodeRedis(redis.url);
after(async () => {
  flask?.close();
  close();
  await redis.stop();
});

const KEY = "the key of both apps";
const PREFIX = "flask-session-real:";
const COUNT = 200;
const LIFETIME = 2_678_400;
const seed = Number(process.env["COATCHECK_SEED"] ?? Date.now() % 2 ** 31);

type Way = Pick<FlaskSessionRequest, "format" | "signer">;
const WAYS: readonly Way[] = [
  { format: "msgpack", signer: false },
  { format: "msgpack", signer: true },
  { format: "json", signer: false },
];
const nameOf = ({ format, signer }: Way): string => `${format}, ${signer ? "signed" : "bare"} IDs`;

/** A test that is marked as skipped, with the reason, where there is no Flask-Session. */
function testBoth(name: string, run: (t: TestContext, ask: Ask) => Promise<void>): void {
  const skip = flask
    ? false
    : "no Python here has Flask-Session 0.8, and pip can't get it; name one by FLASK_SESSION_PYTHON";
  test(name, { skip }, async (t) => {
    if (flask) await run(t, flask.ask);
  });
}
type Ask = (request: FlaskSessionRequest) => Promise<FlaskSessionAnswer>;

function ours({ format, signer }: Way): SessionManager<AnyData> {
  const store = flaskSessionRedisStore({ client, prefix: PREFIX, format, signWith: signer ? KEY : undefined });
  return createManager<AnyData>({ secret: SECRET, store, cookie: { name: "session" } }, memoryStore);
}

const theirs = (way: Way, rest: Partial<FlaskSessionRequest>): FlaskSessionRequest => ({
  redis: redis.url,
  secret: KEY,
  prefix: PREFIX,
  permanent: true,
  cookie: null,
  ...way,
  ...rest,
});

/** One request to ours; answers the Cookie header that the browser has afterwards. */
async function visit(
  sessions: SessionManager<AnyData>,
  cookie: string | null,
  work: (session: Session<AnyData>) => unknown,
): Promise<string | null> {
  const active = await sessions.open(cookie);
  await work(active.session);
  const { setCookie } = await active.finish(() => true);
  return setCookie === undefined ? cookie : pairOf(setCookie);
}

const pairOf = (setCookie: string | undefined): string | null => {
  const pair = setCookie?.split(";")[0];
  return pair === undefined || pair.endsWith("=") ? null : pair;
};

/** Values that both formats have; Python's JSON has no bytes, and neither has a number that is not finite. */
const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => n / 64),
  fc.string({ unit: "grapheme" }),
);
const key = fc.string({ minLength: 1, maxLength: 12 }).filter((name) => !/^[_$]|__proto__/.test(name));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, fc.array(tie("value"), { maxLength: 4 }), tie("dict")),
  dict: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));
const data = fc.dictionary(
  key.map((name) => `k${name}`),
  value,
  { minKeys: 1, maxKeys: 5, noNullPrototype: true },
) as fc.Arbitrary<AnyData>;
const sessions = fc.sample(data, { numRuns: COUNT, seed });

testBoth("the versions that are run: Flask-Session 0.8 with msgspec and cachelib", async (t) => {
  assert.match(flask?.versions["flask-session"] ?? "", /^0\.8\./);
  t.diagnostic(JSON.stringify(flask?.versions));
});

for (const way of WAYS) {
  testBoth(
    `${COUNT} sessions begun by Flask-Session are read here, ${nameOf(way)} (COATCHECK_SEED=${seed})`,
    async (_t, ask) => {
      const manager = ours(way);
      for (const update of sessions) {
        const { setCookies } = await ask(theirs(way, { update }));
        const { session } = await manager.open(pairOf(setCookies[0]));
        assert.deepEqual({ ...session }, update);
        assert.equal(session.permanent, true);
      }
    },
  );

  testBoth(
    `${COUNT} sessions begun here are read by Flask-Session, ${nameOf(way)} (COATCHECK_SEED=${seed})`,
    async (_t, ask) => {
      const manager = ours(way);
      for (const one of sessions) {
        const cookie = await visit(manager, null, (session) => session.update(one));
        const { session } = await ask(theirs(way, { cookie, permanent: false }));
        assert.deepEqual(session, one);
      }
    },
  );

  testBoth(
    `one session goes to and fro, keeps its ID and its time to live, and ends on both sides, ${nameOf(way)}`,
    async (_t, ask) => {
      const manager = ours(way);
      const { setCookies } = await ask(theirs(way, { update: { username: "ada", visits: 1 } }));
      const cookie = pairOf(setCookies[0]);
      assert.notEqual(cookie, null);
      await visit(manager, cookie, (session) => {
        session["visits"] = 2;
        session["from"] = "TypeScript";
      });
      const again = await ask(theirs(way, { cookie, update: { visits: 3 }, pop: ["from"] }));
      assert.deepEqual(again.session, { _permanent: true, username: "ada", visits: 3 });
      await visit(manager, cookie, (session) => assert.deepEqual({ ...session }, { username: "ada", visits: 3 }));
      const sid = /^session=([^.]+)/.exec(cookie ?? "")?.[1] ?? "";
      const ttl = Number(await client.sendCommand(["TTL", PREFIX + sid]));
      assert.ok(ttl > LIFETIME - 300 && ttl <= LIFETIME, `${ttl}`);

      assert.equal(await visit(manager, cookie, (session) => session.logout()), null);
      const after = await ask(theirs(way, { cookie }));
      assert.equal(Object.hasOwn(after.session, "username"), false);

      const second = pairOf((await ask(theirs(way, { update: { username: "grace" } }))).setCookies[0]);
      const cleared = await ask(theirs(way, { cookie: second, clear: true }));
      assert.match(cleared.setCookies[0] ?? "", /^session=;/);
      await visit(manager, second, (session) => assert.deepEqual({ ...session }, {}));
    },
  );
}

testBoth("bytes, great numbers and what was logged in here are in Flask-Session's record", async (_t, ask) => {
  const way = { format: "msgpack", signer: false } as const;
  const manager = ours(way);
  const { setCookies } = await ask(theirs(way, { update: { raw: { $hex: "00ff10" }, big: 2 ** 53 } }));
  const cookie = await visit(manager, pairOf(setCookies[0]), async (session) => {
    assert.deepEqual(session["raw"], new Uint8Array([0, 255, 16]));
    assert.equal(Number(session["big"]), 2 ** 53);
    session["raw"] = new Uint8Array([1, 2]);
    await session.login("42");
  });
  assert.notEqual(cookie, pairOf(setCookies[0]));
  const { session } = await ask(theirs(way, { cookie }));
  assert.deepEqual(session, { _permanent: true, raw: { $hex: "0102" }, big: 2 ** 53, _user_id: "42" });
  assert.equal(Object.hasOwn((await ask(theirs(way, { cookie: pairOf(setCookies[0]) }))).session, "raw"), false);
});

testBoth("an ID that a stranger has made up, or signed with another key, is adopted by neither", async (_t, ask) => {
  for (const way of WAYS) {
    const forged = `session=${"A".repeat(43)}${way.signer ? `.${"B".repeat(27)}` : ""}`;
    const { setCookies } = await ask(theirs(way, { cookie: forged, update: { a: 1 } }));
    assert.doesNotMatch(setCookies[0] ?? "", /AAAAAAAAA/);
    const cookie = await visit(ours(way), forged, (session) => {
      session["a"] = 1;
    });
    assert.doesNotMatch(cookie ?? "", /AAAAAAAAA/);
  }
});
