// Any text can be stored in PostgreSQL and comes back as it was.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { decodeText, encodeText } from "./codec.ts";

const HOSTILE = [
  "\0",
  "\ud800",
  "\udc00",
  "\udc00\ud800",
  "a\0b",
  "\uffff",
  "\uffff0;",
  "\uffff1ekf;",
  "\uffff\uffff",
  "\uffff\0;",
];

test("texts that PostgreSQL holds are stored as they are", () => {
  for (const text of ["", "ann", 'O\'Brien \\ "x"', "用户👩‍👩‍👧‍👦", "\u0001\n\t\u2028"])
    assert.equal(encodeText(text), text);
});

test("U+0000, lone surrogates and the escape itself are escaped, each differently, and come back", () => {
  const encoded = HOSTILE.map(encodeText);
  assert.equal(new Set(encoded).size, HOSTILE.length);
  for (const text of encoded) assert.ok(text.isWellFormed() && !text.includes("\0"));
  assert.deepEqual(encoded.map(decodeText), HOSTILE);
});

test("every text comes back as it was", () => {
  const unit = fc.oneof(
    fc.constantFrom("\0", "\uffff", ";", "0", "a", "👩", "\ud83d", "\udc69"),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(fc.array(unit), (parts) => {
      const text = parts.join("");
      const encoded = encodeText(text);
      assert.ok(encoded.isWellFormed() && !encoded.includes("\0"));
      assert.equal(decodeText(encoded), text);
    }),
  );
});
