// What strangers send as a Flask cookie, and what someone with the key could: no crash, no growth, no prototype changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { SecretError, SessionValueError } from "../../src/core/errors.ts";
import { readFlaskCookie, writeFlaskCookie } from "../../src/flask-cookie/index.ts";
import { sign, signerOf } from "../../src/flask-cookie/signer.ts";

const SECRET = "a key of both apps";
const read = (cookie: string) => readFlaskCookie(cookie, { secret: SECRET, now: 1_700_000_000 });
/** A rightly signed cookie of any payload. */
const signed = (payload: string): string => sign(signerOf({ secret: SECRET }), `${payload}.ZVPxAA`);
const plain = (json: string): string => signed(Buffer.from(json).toString("base64url"));

test("S22 no text makes it throw, and none opens anything", () => {
  const good = writeFlaskCookie({ username: "ada" }, { secret: SECRET, now: 1_700_000_000 });
  const mutated = fc
    .tuple(fc.nat(good.length - 1), fc.string({ minLength: 1, maxLength: 2 }))
    .map(([at, piece]) => good.slice(0, at) + piece + good.slice(at + 1));
  const cut = fc.nat(good.length - 1).map((at) => good.slice(0, at));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "binary" }), mutated, cut), (cookie) => {
      if (cookie !== good) assert.notEqual(read(cookie).verdict, "valid");
    }),
    { numRuns: 20_000 },
  );
});

test("S22 a cookie of a megabyte is refused before anything is computed of it", () => {
  assert.equal(read(`${"a".repeat(1_000_000)}.ZVPxAA.${"b".repeat(27)}`).verdict, "bad_signature");
  assert.equal(read(".".repeat(1_000_000)).verdict, "bad_signature");
});

test("a bomb of zeros, even one rightly signed, is not blown up", () => {
  const bomb = deflateSync(Buffer.alloc(20_000_000));
  assert.equal(read(signed(`.${bomb.toString("base64url")}`)).verdict, "bad_payload");
  const wide = deflateSync(Buffer.from(`{"a":"${"x".repeat(900_000)}"}`));
  assert.equal(read(signed(`.${wide.toString("base64url")}`)).verdict, "valid");
});

test("depth, broken JSON and what is no dict are no session", () => {
  const depth = 3_000;
  for (const json of [
    "[".repeat(depth) + "]".repeat(depth),
    '{"a":'.repeat(depth) + "1" + "}".repeat(depth),
    '{" t":['.repeat(1_000) + "]}".repeat(1_000),
    "[]",
    "null",
    '"text"',
    "1",
    "",
    '{" t":[1]}',
    '{"a":1',
    "\0",
  ]) {
    assert.equal(read(plain(json)).verdict, "bad_payload", json.slice(0, 40));
  }
});

test("S24 keys that reach prototypes are data and nothing else", () => {
  const { data } = read(plain('{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}}}'));
  assert.deepEqual(Object.keys(data ?? {}), ["__proto__", "constructor"]);
  assert.equal(Object.getPrototypeOf(data), Object.prototype);
  assert.equal(Reflect.get({}, "admin"), undefined);
  const { data: wrapped } = read(plain('{"a":{" di":{"__proto____":{"admin":true}}}}'));
  assert.equal(Reflect.get(Object(wrapped?.["a"]), "admin"), undefined);
});

test("S26 a fallback verifies and never signs; a retired key opens nothing", () => {
  const old = writeFlaskCookie({ u: 1 }, { secret: "old", now: 1_700_000_000 });
  const options = { secret: "new", fallbacks: ["old"], now: 1_700_000_000 };
  const result = readFlaskCookie(old, options);
  assert.ok(result.verdict === "valid" && result.isSignatureOld);
  const again = writeFlaskCookie(result.data, options);
  assert.equal(readFlaskCookie(again, { secret: "new", now: 1_700_000_000 }).verdict, "valid");
  assert.equal(readFlaskCookie(old, { secret: "new", now: 1_700_000_000 }).verdict, "bad_signature");
});

test("bad options and bad values are errors that name them", () => {
  assert.throws(() => readFlaskCookie("", { secret: "" }), SecretError);
  assert.throws(() => writeFlaskCookie({}, { secret: undefined as unknown as string }), SecretError);
  for (const value of [() => 1, Symbol("s"), new Map(), new (class Own {})(), new Date(Number.NaN)]) {
    assert.throws(() => writeFlaskCookie({ value }, { secret: SECRET }), SessionValueError);
  }
  const circle: Record<string, unknown> = {};
  circle["circle"] = circle;
  assert.throws(() => writeFlaskCookie(circle, { secret: SECRET }), SessionValueError);
});
