// Cursors: a place comes back as it was, and whatever else stands there is no place, or a number and a text.
import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { cursorOf, placeOf } from "./cursors.ts";

const anyTime = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined });

test("a place comes back from its cursor as it was", () => {
  fc.assert(
    fc.property(anyTime, fc.string({ unit: "binary" }), (time, key) => {
      const place = placeOf(cursorOf({ time, key }));
      assert.equal(place?.key, key);
      assert.ok(time === undefined ? place?.time === undefined : place?.time === time);
    }),
  );
});

test("a text that someone made up is no place, or a finite time and a text", () => {
  for (const text of ["", "x", "'; DROP TABLE sessions; --", "NaN:a", "Infinity:a", "1e999:a", "1;2:a"]) {
    assert.equal(placeOf(text), undefined, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { time } = placeOf(text) ?? {};
      assert.ok(time === undefined || Number.isFinite(time));
    }),
  );
});
