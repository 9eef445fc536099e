// Values to texts and back: a value comes back as it was, or it is refused at once (SECURITY-BAR S23).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SessionValueError } from "../../../src/core/errors.ts";
import { decodeValue, encodeValue } from "../../../src/core/record/codec.ts";
import { defineTarget } from "../target.ts";
import { type AnyValue, anyValue } from "./values.ts";

export const value = defineTarget<AnyValue>({
  name: "value",
  about: "every storable value comes back as it was and is spelled the same again; any other is a SessionValueError",
  share: 70_000,
  cases: 40_000,
  prepare: () => ({
    generate: anyValue,
    check({ value: original, isStorable }) {
      let text: string;
      try {
        text = encodeValue(original, "key");
      } catch (error) {
        assert(error instanceof SessionValueError, `not a ${String(error)}`);
        assert.notEqual(isStorable, true, error.message);
        return;
      }
      assert.notEqual(isStorable, false, "it can't come back as it was, and is not refused");
      const decoded = decodeValue(text);
      assert(isDeepStrictEqual(decoded, original), "it comes back as it was");
      assert.equal(encodeValue(decoded, "key"), text);
    },
  }),
});
