import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SessionRecordError } from "../errors.ts";
import { applyChange, commitTo, decodeRecord, encodeRecord, hasVersion } from "./record.ts";
import type { SessionRecord } from "./store.ts";

const text = fc.string({ unit: "grapheme" });
const record: fc.Arbitrary<SessionRecord> = fc
  .record({
    fields: fc.array(fc.tuple(text, text)).map((entries) => new Map(entries)),
    createdAt: fc.nat(),
    expiresAt: fc.nat(),
    owner: fc.option(text, { nil: undefined }),
    version: fc.nat(),
    movedTo: fc.option(text, { nil: undefined }),
  })
  .map(({ movedTo, ...rest }) => (movedTo === undefined ? rest : { ...rest, movedTo }));

test("a record comes back as it was", () => {
  fc.assert(fc.property(record, (original) => assert.deepEqual(decodeRecord(encodeRecord(original)), original)));
});

test("S24 any other text is refused with a typed error", () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.json(),
    record.map(encodeRecord).map((encoded) => encoded.slice(0, -1)),
  );
  fc.assert(
    fc.property(hostile, (encoded) => {
      try {
        decodeRecord(encoded);
      } catch (error) {
        assert(error instanceof SessionRecordError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test("a commit applies to a live record of the version that it requires, or of any if it requires none", () => {
  const change = { set: new Map([["a", "1"]]), remove: new Set<string>(), expiresAt: 0 };
  fc.assert(
    fc.property(record, fc.nat(), (start, version) => {
      const isMet = version === start.version;
      assert.equal(commitTo(undefined, change), "gone");
      assert.deepEqual(commitTo(start, change), applyChange(start, change));
      const expected = isMet ? applyChange(start, change) : "conflict";
      assert.deepEqual(commitTo(start, { ...change, ifVersion: version }), expected);
      assert.deepEqual([hasVersion(start, undefined), hasVersion(start, version)], [true, isMet]);
      assert.equal(hasVersion(start, start.version), true);
    }),
  );
});

test("changes to different fields commute", () => {
  const names = fc.uniqueArray(text, { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(record, names, fc.nat(), fc.nat(), (start, [first = "", ...others], expiryA, expiryB) => {
      const a = { set: new Map([[first, "1"]]), remove: new Set<string>(), expiresAt: expiryA };
      const b = { set: new Map<string, string>(), remove: new Set(others), expiresAt: expiryB };
      assert.deepEqual(applyChange(applyChange(start, a), b), applyChange(applyChange(start, b), a));
    }),
  );
});
