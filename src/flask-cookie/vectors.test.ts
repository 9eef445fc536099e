// Cookies that real Flask and itsdangerous made and judged: each is judged here as it was there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type FlaskSignature, Markup, readFlaskCookie, Tuple, Uuid, writeFlaskCookie } from "./index.ts";
import { fromTaggedJson, toTaggedJson } from "./tagged-json.ts";

/** A Python value, spelt out. */
type Described =
  | { type: "dict"; items: [string, Described][] }
  | { type: "list" | "tuple"; items: Described[] }
  | { type: "str" | "markup" | "uuid"; value: string }
  | { type: "int" | "float"; value: string }
  | { type: "bool"; value: boolean }
  | { type: "bytes"; hex: string }
  | { type: "datetime"; unix: number }
  | { type: "null" };

interface Case {
  name: string;
  note: string;
  strict?: "reject";
  sign: { secret_key: Key; salt: string; key_derivation: string; digest: string; timestamp: number };
  tagged_json: string | null;
  compressed: boolean;
  made_cookie: string | null;
  cookie: string;
  verify: { secret_key: Key; fallbacks: Key[]; salt: string; now: number; max_age: number | null };
  expect: { verdict: string; signed_at?: number; payload?: Described };
}
type Key = string | { hex: string };

const { cases }: { cases: Case[] } = JSON.parse(
  readFileSync(new URL("../../test/fixtures/flask-cookie/vectors/flask-cookies.json", import.meta.url), "utf8"),
);

const secretOf = (key: Key): string | Uint8Array => (typeof key === "string" ? key : Buffer.from(key.hex, "hex"));

for (const { name, cookie, verify, expect, strict } of cases) {
  test(`${name}: ${strict === "reject" ? "a stricter reader refuses it" : expect.verdict}`, () => {
    const result = readFlaskCookie(cookie, {
      secret: secretOf(verify.secret_key),
      fallbacks: verify.fallbacks.map(secretOf),
      salt: verify.salt,
      maxAge: verify.max_age ?? Number.POSITIVE_INFINITY,
      now: verify.now,
    });
    if (strict === "reject" && result.verdict === "bad_signature") return;
    assert.equal(result.verdict, expect.verdict);
    if (result.verdict !== "valid" || !expect.payload) return;
    assert.equal(result.signedAt, expect.signed_at);
    compare(result.data, expect.payload);
  });
}

for (const { name, tagged_json, made_cookie, cookie, sign, compressed } of cases) {
  if (tagged_json === null || typeof sign.secret_key !== "string") continue;
  // Of what is a whole float or a negative zero in Python, JavaScript has one number.
  if (name === "float that is whole") continue;
  test(`${name}: the same text is written, and signed alike`, () => {
    assert.equal(toTaggedJson(fromTaggedJson(tagged_json)), tagged_json);
    if (compressed) return;
    const written = writeFlaskCookie(fromTaggedJson(tagged_json) as Record<string, unknown>, {
      secret: secretOf(sign.secret_key),
      salt: sign.salt,
      keyDerivation: sign.key_derivation as NonNullable<FlaskSignature["keyDerivation"]>,
      digest: sign.digest as NonNullable<FlaskSignature["digest"]>,
      now: sign.timestamp,
    });
    assert.equal(written, made_cookie ?? cookie);
  });
}

/** Whether a value is what Python described. */
function compare(value: unknown, described: Described): void {
  switch (described.type) {
    case "dict":
      assert.deepEqual(Object.keys(Object(value)), described.items.map(([key]) => key).sort(byIntegersFirst(value)));
      for (const [key, member] of described.items) compare(Reflect.get(Object(value), key), member);
      return;
    case "list":
    case "tuple":
      assert.equal(value instanceof Tuple, described.type === "tuple");
      assert.ok(Array.isArray(value) && value.length === described.items.length);
      for (const [i, item] of described.items.entries()) compare(value[i], item);
      return;
    case "str":
      assert.equal(value, described.value);
      return;
    case "markup":
      assert.ok(value instanceof Markup);
      assert.equal(value.html, described.value);
      return;
    case "uuid":
      assert.ok(value instanceof Uuid);
      assert.equal(value.text, described.value);
      return;
    case "int":
    case "float":
      compareNumber(value, described.value);
      return;
    case "bool":
      assert.equal(value, described.value);
      return;
    case "bytes":
      assert.ok(value instanceof Uint8Array);
      assert.equal(Buffer.from(value).toString("hex"), described.hex);
      return;
    case "datetime":
      assert.ok(value instanceof Date);
      assert.equal(value.getTime() / 1000, Math.floor(described.unix));
      return;
    case "null":
      assert.equal(value, null);
  }
}

function compareNumber(value: unknown, text: string): void {
  const names: Record<string, number> = {
    nan: Number.NaN,
    inf: Number.POSITIVE_INFINITY,
    "-inf": Number.NEGATIVE_INFINITY,
  };
  if (typeof value === "bigint") assert.equal(String(value), text);
  else assert.deepEqual(value, names[text] ?? Number(text));
}

/** JavaScript lists keys that are whole numbers first; the order of the others is the text's. */
function byIntegersFirst(value: unknown): (a: string, b: string) => number {
  const order = Object.keys(Object(value));
  return (a, b) => order.indexOf(a) - order.indexOf(b);
}
