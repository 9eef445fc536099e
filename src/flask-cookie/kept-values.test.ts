// What TypeScript does not assign stays as Python wrote it, in Flask's cookie too, and the names that Flask and coatcheck
// have for themselves can't be assigned or forged.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { type AnyData, SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";
import { SessionValueError } from "../core/errors.ts";
import { createManager } from "../core/manager.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { flaskCookieStore, readFlaskCookie, writeFlaskCookie } from "./index.ts";
import { splitMembers } from "./json-members.ts";
import { decodeRecord, encodeRecord } from "./session-records.ts";
import { sign, signerOf } from "./signer.ts";

const KEY = "the key of both apps";
const NOW = 1_700_000_000;

function start() {
  const store = flaskCookieStore({ secret: KEY });
  const cookie = { name: "session" };
  return createManager<AnyData>({ secret: SECRET, store, cookie, clock: () => NOW * 1000 }, memoryStore);
}

/** A cookie of Flask's with this JSON, character for character. */
function signed(json: string): string {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(NOW);
  return sign(signerOf({ secret: KEY }), `${Buffer.from(json).toString("base64url")}.${time.toString("base64url")}`);
}

function jsonOf(cookie: string | undefined): string {
  const [payload = ""] =
    cookie
      ?.replace(/^session=/, "")
      .split(/\.(?=.)(?!$)/)
      .filter(Boolean) ?? [];
  const isCompressed = cookie?.startsWith("session=.");
  const bytes = Buffer.from(payload, "base64url");
  return (isCompressed ? inflateSync(bytes) : bytes).toString().trim();
}

test("the members of an object are found whole, whatever is in them", () => {
  const json = ' { "a" : [1.0, {"b": "},"}] ,"\\u0062":"\\"", "": {} ,"c":-0.0}';
  assert.deepEqual(
    [...splitMembers(json)],
    [
      ["a", '"a" : [1.0, {"b": "},"}]'],
      ["b", '"\\u0062":"\\""'],
      ["", '"": {}'],
      ["c", '"c":-0.0'],
    ],
  );
  assert.deepEqual([...splitMembers("{}")], []);
});

test("in Flask's cookie, whole floats and great integers stay what they are when another key is assigned", async () => {
  const visitor = createVisitor(
    start(),
    `session=${signed('{"n":12345678901234567890123,"price":1.0,"tags":{" t":[1.0]}}')}`,
  );
  await visitor.request((session) => {
    session["new"] = 2;
  });
  const kept = '{"n":12345678901234567890123,"new":2,"price":1.0,"tags":{" t":[1.0]}}';
  assert.equal(jsonOf(visitor.cookie), kept);
  await visitor.request((session) => session.pop("new"));
  assert.equal(jsonOf(visitor.cookie), kept.replace('"new":2,', ""));
});

test("a record in JSON keeps its spelling, and its format", () => {
  const record = decodeRecord(Buffer.from('{"a": 1.0, "n":12345678901234567890, "x":1}'));
  assert.deepEqual(record.data, { a: 1, n: 12345678901234567890n, x: 1 });
  const { x: _removed, ...others } = record.data;
  const written = encodeRecord({ ...others, y: "ö" }, "msgpack", record).toString();
  assert.equal(written, '{"a": 1.0,"n":12345678901234567890,"y":"ö"}');
});

test("a value that JSON or Python lacks is refused when a record is written, and never changed", () => {
  for (const value of [new Uint8Array([1]), new Map([[1, 2]]), new Set([1]), 5n, "\ud800"]) {
    assert.throws(() => encodeRecord({ value }, "json"), SessionValueError);
    assert.throws(() => encodeRecord({ value: { deep: [value] } }, "json"), SessionValueError);
  }
  for (const value of ["\ud800", 2n ** 64n, -(2n ** 63n) - 1n]) {
    assert.throws(() => encodeRecord({ value }, "msgpack"), SessionValueError);
  }
});

const RESERVED = ["_coatcheck_csrf", "_coatcheck_anything", "_permanent", "_flashes", "_user_id"];
for (const name of RESERVED) {
  test(`assigning ${name} is refused, and the session stays as it was`, async () => {
    const visitor = createVisitor(start());
    await visitor.request((session) => {
      session["a"] = 1;
    });
    const before = visitor.cookie;
    await assert.rejects(
      visitor.request((session) => {
        session[name] = "mine";
      }),
      (error) => error instanceof SessionValueError && error.message.includes(name),
    );
    assert.equal(visitor.cookie, before);
  });
}

test("what a Flask app keeps under a name of coatcheck's is no note of coatcheck's, and stays in its session", async () => {
  const planted = {
    _coatcheck_csrf: "chosen by a visitor",
    _coatcheck_device: { name: "x" },
    "_coatcheck_flash:1": 2,
    a: 1,
  };
  const visitor = createVisitor(start(), `session=${writeFlaskCookie(planted, { secret: KEY, now: NOW })}`);
  const plain = createVisitor(start(), `session=${writeFlaskCookie({ a: 1 }, { secret: KEY, now: NOW })}`);
  await visitor.request((session) => {
    assert.deepEqual({ ...session }, { a: 1 });
    assert.deepEqual(session.takeFlashes(), []);
    session["b"] = 2;
  });
  const { data } = readFlaskCookie(visitor.cookie?.replace("session=", "") ?? "", { secret: KEY, now: NOW });
  assert.deepEqual(data, { ...planted, b: 2 });
  const tokens = new Set<string>();
  for (const one of [visitor, plain]) {
    const token = await one.request((session) => session.csrfToken);
    tokens.add(token);
    assert.equal(await one.request((session) => session.verifyCsrfToken(token)), true);
  }
  assert.equal(tokens.size, 2);
});

test("a note moved to another field, or changed, is none", async () => {
  const visitor = createVisitor(start());
  const token = await visitor.request((session) => session.csrfToken);
  const { data } = readFlaskCookie(visitor.cookie?.replace("session=", "") ?? "", { secret: KEY, now: NOW });
  const note = String(data?.["_coatcheck_csrf"]);
  for (const forged of [`${note} `, note.slice(1), note.replace(/.$/, "x"), ""]) {
    const other = createVisitor(
      start(),
      `session=${writeFlaskCookie({ a: 1, _coatcheck_csrf: forged }, { secret: KEY, now: NOW })}`,
    );
    assert.equal(await other.request((session) => session.verifyCsrfToken(token)), false);
  }
  const moved = createVisitor(
    start(),
    `session=${writeFlaskCookie({ a: 1, _coatcheck_device: note }, { secret: KEY, now: NOW })}`,
  );
  assert.deepEqual(await moved.request((session) => ({ ...session })), { a: 1 });
});

test("a user's number that Flask keeps as an integer is the owner, and stays an integer", async () => {
  const visitor = createVisitor(start(), `session=${writeFlaskCookie({ _user_id: 5 }, { secret: KEY, now: NOW })}`);
  await visitor.request((session) => {
    assert.equal(session.owner, "5");
    session["a"] = 1;
  });
  const { data } = readFlaskCookie(visitor.cookie?.replace("session=", "") ?? "", { secret: KEY, now: NOW });
  assert.deepEqual(data, { _user_id: 5, a: 1 });
});
