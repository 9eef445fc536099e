// Records as texts: what is written is read again, whatever it holds, and anything else is refused.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { SessionRecordError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import { decode, encodePending, encodeRecord, momentText, pxat, spell, unspell } from "./codec.ts";

const notes = { tag: "abc", listedUntil: undefined };
/** Any UTF-16 at all, half pairs and the escape itself included. */
const anyText = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "\u0000j", '\u0000j"x"', "\ud800", "\ufffd", "用户", "L\n", " 1 2", "__proto__"),
);
const anyRecord: fc.Arbitrary<SessionRecord> = fc.record(
  {
    fields: fc.array(fc.tuple(anyText, anyText)).map((entries) => new Map(entries)),
    createdAt: fc.integer({ min: 0, max: 8.64e15 }),
    expiresAt: fc.integer({ min: 0, max: 8.64e15 }),
    owner: fc.option(anyText, { nil: undefined }),
    version: fc.maxSafeNat(),
  },
  { noNullPrototype: true },
);

/** As a client gives it back: through UTF-8. */
function throughUtf8(text: string): string {
  return Buffer.from(text).toString();
}

test("any record is read as it was written", () => {
  fc.assert(
    fc.property(anyRecord, fc.option(fc.maxSafeNat(), { nil: undefined }), (record, until) => {
      const listedUntil = until === undefined ? undefined : momentText(until);
      const text = throughUtf8(encodeRecord(record, { tag: "0az", listedUntil }));
      assert.deepEqual(decode(text), { state: "live", record });
    }),
  );
});

test("any text is spelled in UTF-8, no two alike", () => {
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      assert.equal(unspell(throughUtf8(spell(a))), a);
      assert.equal(throughUtf8(spell(a)) === throughUtf8(spell(b)), a === b);
    }),
  );
});

test("a key that waits names the key that it waits for", () => {
  fc.assert(
    fc.property(anyText, (from) => {
      assert.deepEqual(decode(throughUtf8(encodePending(from))), { state: "pending", from });
    }),
  );
});

test("a marker names the new key, how long the old one is kept, and the record there", () => {
  const text = encodeRecord(
    { fields: new Map([["a", "é"]]), createdAt: 1, expiresAt: 2, owner: undefined, version: 3 },
    notes,
  );
  assert.deepEqual(decode(`M- 5 3\nnew${text}`), { state: "moved", to: "new", kept: undefined, text });
  const kept = { fields: new Map(), createdAt: 5, expiresAt: 700, owner: undefined, version: 0, movedTo: "é" };
  assert.deepEqual(decode(`M${momentText(700)} 5 2\né`), { state: "moved", to: "é", kept, text: "" });
});

test("moments sort as texts, and Redis gets whole milliseconds that it knows", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8.64e15 }), fc.integer({ min: 0, max: 8.64e15 }), (a, b) => {
      assert.equal(momentText(a) < momentText(b), a < b);
      assert.equal(Number(momentText(a)), a);
    }),
  );
  assert.equal(pxat(1_000), "999", "absent from the first millisecond on");
  assert.equal(pxat(999.5), "999");
  assert.equal(pxat(0), "1", "Redis takes no expiry of 0");
  assert.equal(pxat(Number.POSITIVE_INFINITY), "8639999999999999");
  assert.equal(momentText(Number.POSITIVE_INFINITY), "8640000000000000");
  assert.equal(momentText(-5), "0000000000000000");
});

test("what is no record is refused", () => {
  const whole = encodeRecord(
    { fields: new Map([["a", "1"]]), createdAt: 1, expiresAt: 2, owner: "ann", version: 3 },
    notes,
  );
  for (const wrong of [
    "",
    "x",
    "{}",
    "L",
    "M",
    "L\n",
    "LL\n",
    `${whole}x`,
    whole.slice(0, -1),
    whole.replace(" 3 ", " x "),
  ]) {
    assert.throws(() => decode(wrong), SessionRecordError, JSON.stringify(wrong));
  }
});
