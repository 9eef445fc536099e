// What strangers send as a Flask cookie, and what someone with the key could: no crash, no growth, no prototype changed.
import assert from "node:assert/strict";
import { createSecretKey } from "node:crypto";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { SecretError, SessionValueError } from "../core/errors.ts";
import { flaskCookieStore, readFlaskCookie, writeFlaskCookie } from "./index.ts";
import { sign, signerOf } from "./signer.ts";

const SECRET = "a key of both apps";
/** What a manager tells a store that has a cookie of its own. */
const TERMS = {
  cookieName: "session",
  sealKeys: [createSecretKey(Buffer.alloc(32))],
  clock: Date.now,
  random: undefined,
} as const;
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

test("S22 a cookie over 16 KB is refused before anything is computed of it, even one rightly signed", () => {
  assert.equal(read(`${"a".repeat(1_000_000)}.ZVPxAA.${"b".repeat(27)}`).verdict, "bad_signature");
  assert.equal(read(".".repeat(1_000_000)).verdict, "bad_signature");
  const sized = (length: number): string => plain(`{"a":"${"x".repeat(length)}"}`);
  assert.deepEqual([sized(12_253).length, sized(12_254).length], [16_383, 16_385]);
  assert.equal(read(sized(12_253)).verdict, "valid");
  assert.equal(read(sized(12_254)).verdict, "bad_signature");
  const { ids } = flaskCookieStore({ secret: SECRET, maxAge: Number.MAX_SAFE_INTEGER });
  const verify = (text: string) => ids(TERMS).verify(text);
  assert.equal(verify(sized(12_254)), "malformed");
  assert.equal(typeof verify(sized(12_253)), "object");
});

test("a bomb of zeros, even one rightly signed, is not blown up", () => {
  const bomb = deflateSync(Buffer.alloc(10_000_000));
  assert.equal(read(signed(`.${bomb.toString("base64url")}`)).verdict, "bad_payload");
  const wide = (length: number): string =>
    signed(`.${deflateSync(`{"a":"${"x".repeat(length)}"}`).toString("base64url")}`);
  assert.equal(read(wide(65_528)).verdict, "valid");
  assert.equal(read(wide(65_529)).verdict, "bad_payload");
});

test("what would not be read again is not written", () => {
  const write = (length: number): string => writeFlaskCookie({ a: "x".repeat(length) }, { secret: SECRET });
  assert.equal(readFlaskCookie(write(65_528), { secret: SECRET }).verdict, "valid");
  assert.throws(() => write(65_529), SessionValueError);
});

test("an integer is as long as Python takes it, and no longer", () => {
  const number = (digits: number): string => plain(`{"a":${"9".repeat(digits)},"b":"${"9".repeat(5_000)}"}`);
  assert.equal(read(number(4_300)).data?.["a"], 10n ** 4_300n - 1n);
  assert.equal(read(number(4_301)).verdict, "bad_payload");
});

test("numbers that JavaScript has no like of are found outside of strings alone", () => {
  const text =
    '{"a":[NaN,-Infinity,12345678901234567890,-9007199254740993,1e400,1.5],"s":"\\"NaN 12345678901234567890\\\\"}';
  const { data } = read(plain(text));
  assert.deepEqual(data?.["a"], [
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    12345678901234567890n,
    -9007199254740993n,
    Number.POSITIVE_INFINITY,
    1.5,
  ]);
  assert.equal(data?.["s"], '"NaN 12345678901234567890\\');
});

test("depth, broken JSON and what is no dict are no session", () => {
  const depth = 2_000;
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

test("an object of a visitor's that looks like a marked number stays an object", () => {
  for (const number of ["12345678901234567890", "NaN", "1"]) {
    const data = { settings: { "\u0000number": number }, large: 12345678901234567890n };
    const cookie = writeFlaskCookie(data, { secret: SECRET });
    assert.deepEqual(readFlaskCookie(cookie, { secret: SECRET }).data, data);
  }
});
