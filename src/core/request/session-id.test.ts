import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { RandomnessError } from "../errors.ts";
import { deriveKeys } from "../secrets.ts";
import { createIdSigner, generateId, keyOfId } from "./session-id.ts";

const secret = (): string => randomBytes(32).toString("base64url");
const signerOf = (name: string, ...secrets: [string, ...string[]]) => createIdSigner(name, deriveKeys(secrets));

test("S1 a million IDs of 256 bits are all distinct, and each of their bits is balanced", () => {
  const total = 1_000_000;
  const ids = new Set<string>();
  const ones = new Uint32Array(256);
  for (let i = 0; i < total; i++) {
    const id = generateId();
    ids.add(id);
    // Counting bits of one ID in ten is enough to tell a fair coin from a stuck one.
    if (i % 10 !== 0) continue;
    const bytes = Buffer.from(id, "base64url");
    for (let bit = 0; bit < 256; bit++) ones[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1;
  }
  assert.equal(ids.size, total);
  // Six standard deviations of a fair coin thrown 100,000 times: 6 * sqrt(n) / 2.
  const tolerance = 3 * Math.sqrt(total / 10);
  for (const count of ones) assert(Math.abs(count - total / 20) < tolerance, `${count} ones`);
});

test("S1 a generator that fails or gives too little makes no ID", () => {
  assert.throws(() => generateId(() => new Uint8Array(16)), RandomnessError);
  assert.throws(() => {
    generateId(() => {
      throw new Error("no entropy");
    });
  }, /no entropy/);
});

test("a signed ID verifies, again and again, and its key is the SHA-256 of the ID", () => {
  const signer = signerOf("session", secret());
  const id = generateId();
  const expected = { id, key: keyOfId(id), newest: true };
  assert.partialDeepStrictEqual(signer.verify(signer.sign(id)), expected);
  assert.partialDeepStrictEqual(signer.verify(signer.sign(id)), expected);
});

test("S2 every change of one character is refused, in the ID and in the signature", () => {
  const signer = signerOf("session", secret());
  const signed = signer.sign(generateId());
  signer.verify(signed);
  for (let at = 0; at < signed.length; at++) {
    for (const character of ["A", "B", "c", "-", "_", "0", "."]) {
      if (signed[at] === character) continue;
      const changed = signed.slice(0, at) + character + signed.slice(at + 1);
      assert.equal(typeof signer.verify(changed), "string", `at ${at}: ${character}`);
    }
  }
});

test("S22 an ID has one spelling: no padding, no other alphabet, no spare bits, nothing around it", () => {
  const signer = signerOf("session", secret());
  const signed = signer.sign(generateId());
  const last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const spare = last[last.indexOf(signed.at(-1)!) + 1]!;
  const spellings = [`${signed}=`, ` ${signed}`, `${signed}\0`, `"${signed}"`, signed.slice(0, -1) + spare, "", "."];
  for (const text of spellings) assert.equal(signer.verify(text), "malformed", JSON.stringify(text));
});

test("S22 no text makes verification throw or succeed", () => {
  const signer = signerOf("session", secret());
  const signed = signer.sign(generateId());
  const parts = fc.constantFrom(signed, signed.slice(0, 43), signed.slice(43), ".", "=", "\0", "A".repeat(43));
  const text = fc.array(fc.oneof(parts, fc.string()), { maxLength: 4 }).map((all) => all.join(""));
  fc.assert(
    fc.property(text, (candidate) => {
      fc.pre(candidate !== signed);
      assert.equal(typeof signer.verify(candidate), "string");
    }),
    { numRuns: 20_000 },
  );
});

test("S20 a cookie is bound to its name", () => {
  const shared = secret();
  const signed = signerOf("shop", shared).sign(generateId());
  assert.equal(signerOf("admin", shared).verify(signed), "signature");
  assert.equal(typeof signerOf("shop", shared).verify(signed), "object");
});

test("S26 the newest secret signs, all verify, a removed one stops at once", () => {
  const [first, second, third] = [secret(), secret(), secret()];
  const id = generateId();
  const byFirst = signerOf("s", first).sign(id);
  const bySecond = signerOf("s", second, first).sign(id);
  const all = signerOf("s", third, second, first);
  assert.equal(all.sign(id), signerOf("s", third).sign(id), "a fallback never signs");
  assert.partialDeepStrictEqual(all.verify(byFirst), { id, key: keyOfId(id), newest: false });
  assert.partialDeepStrictEqual(all.verify(bySecond), { id, key: keyOfId(id), newest: false });
  assert.equal(signerOf("s", third, second).verify(byFirst), "signature");
});

test("remembering verified cookies is bounded, and forgets no signature's truth", () => {
  const signer = signerOf("session", secret());
  const signed = Array.from({ length: 12_000 }, () => signer.sign(generateId()));
  for (const text of [...signed, ...signed]) assert.equal(typeof signer.verify(text), "object");
});
