// The text of the cookie: who can read it, who can write it, and that it has one spelling.
import assert from "node:assert/strict";
import { test } from "node:test";
import { termsOf } from "../../../test/fixtures/cookie-store/terms.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import { generateId } from "../../core/request/session-id.ts";
import { generateSecret } from "../../core/secrets.ts";
import { createSealer, type Opened, sealedLength } from "./sealing.ts";

const record: SessionRecord = {
  fields: new Map([
    ["username", '"ada lovelace"'],
    ["π", '{"$date":1700000000000}'],
    ["", "null"],
    ["__proto__", '"用户"'],
    ["\ud800", '"half a pair"'],
  ]),
  createdAt: 1_700_000_000_000,
  expiresAt: 1_700_000_600_000,
  owner: "\u0000 42 🙂 \udc00",
  version: 7,
};
const id = generateId();
const { sealKeys } = termsOf();
const sealer = createSealer("session", sealKeys);

function opened(text: string, by = sealer): Opened {
  const result = by.open(text);
  assert.ok(typeof result === "object", `opens: ${String(result)}`);
  return result;
}

test("what was sealed is opened as it was, and the length is the one that was foretold", () => {
  const text = sealer.seal(id, record);
  assert.deepEqual(opened(text), { id, record, isNewest: true });
  assert.equal(text.length, sealedLength(record));
  for (let length = 0; length < 40; length++) {
    const longer = { ...record, fields: new Map([["a", "x".repeat(length)]]) };
    assert.equal(sealer.seal(id, longer).length, sealedLength(longer));
  }
});

test("the same session is another text each time, and no part of it is in the text", () => {
  const texts = Array.from({ length: 200 }, () => sealer.seal(id, record));
  assert.equal(new Set(texts.map((text) => text.slice(0, 32))).size, 200);
  const clear = [id, "username", "ada lovelace", "1700000000000", "用户", "42"];
  for (const text of texts) {
    const bytes = Buffer.from(text, "base64url");
    for (const part of clear) {
      if (part.length > 2) assert.ok(!text.includes(part), part);
      assert.ok(part.length < 3 || !bytes.includes(part), part);
    }
    assert.ok(!bytes.includes(Buffer.from(id, "base64url")));
  }
});

test("a text that is changed in any character, cut anywhere or longer is refused, and never throws", () => {
  const text = sealer.seal(id, record);
  for (let at = 0; at < text.length; at++) {
    for (const other of ["A", "B", "-", "_", "=", "+", "/", " ", "%", "é"]) {
      if (other === text[at]) continue;
      const changed = text.slice(0, at) + other + text.slice(at + 1);
      assert.ok(["malformed", "signature"].includes(String(sealer.open(changed))), `${at} ${other}`);
    }
    assert.equal(typeof sealer.open(text.slice(0, at)), "string", `cut at ${at}`);
    assert.equal(typeof sealer.open(text.slice(at + 1)), "string", `from ${at + 1}`);
  }
  const hostile = [
    `${text}=`,
    `${text}A`,
    `${text}AAAA`,
    ` ${text}`,
    `"${text}"`,
    text + text,
    "",
    "=",
    "\0",
    "x".repeat(1e6),
  ];
  for (const each of hostile) assert.equal(typeof sealer.open(each), "string", each.slice(0, 20));
});

test("a byte changed anywhere is a wrong signature; a wrong spelling of the same bytes is malformed", () => {
  const text = sealer.seal(id, record);
  const bytes = Buffer.from(text, "base64url");
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 128]) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(bytes.readUInt8(at) ^ bit, at);
      assert.equal(sealer.open(changed.toString("base64url")), "signature", `byte ${at}`);
    }
  }
  const standard = bytes.toString("base64");
  if (standard !== text) assert.equal(sealer.open(standard), "malformed");
  // 3n + 1 bytes leave four bits of the last character unused, and 3n + 2 two.
  const odd = [1, 2, 3].map((length) => sealer.seal(id, { ...record, fields: new Map([["a", "x".repeat(length)]]) }));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  let respelt = 0;
  for (const each of odd) {
    const last = alphabet.indexOf(each.at(-1) ?? "");
    const next = `${each.slice(0, -1)}${alphabet[last ^ 1]}`;
    if (!Buffer.from(next, "base64url").equals(Buffer.from(each, "base64url"))) continue;
    respelt++;
    assert.equal(sealer.open(next), "malformed");
  }
  assert.equal(respelt, 2);
});

test("S20 a cookie of one name is nothing under another, also where names and texts run into each other", () => {
  const names = ["session", "admin", "session|", "sessio", "__Host-session"];
  for (const name of names) {
    const text = createSealer(name, sealKeys).seal(id, record);
    for (const other of names) {
      const result = createSealer(other, sealKeys).open(text);
      assert.equal(typeof result === "object", name === other, `${name} under ${other}`);
    }
  }
});

test("S26 the newest secret encrypts, all decrypt, and one that is gone opens nothing", () => {
  const [first, second, third] = [generateSecret(), generateSecret(), generateSecret()];
  const sealerOf = (...secret: string[]) => createSealer("session", termsOf({ secret }).sealKeys);
  const old = sealerOf(first).seal(id, record);
  assert.equal(opened(old, sealerOf(second, first)).isNewest, false);
  assert.equal(opened(old, sealerOf(third, second, first)).isNewest, false);
  assert.equal(sealerOf(third, second).open(old), "signature");
  const renewed = sealerOf(second, first).seal(id, record);
  assert.equal(opened(renewed, sealerOf(second)).isNewest, true);
  assert.equal(sealerOf(first).open(renewed), "signature");
});
