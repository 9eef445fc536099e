// A record as one text: it comes back as it was, and any other text is a SessionRecordError (SECURITY-BAR S24, S35).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SessionRecordError } from "../../../src/core/errors.ts";
import { decodeRecord, encodeRecord } from "../../../src/core/record/record.ts";
import type { SessionRecord } from "../../../src/core/record/store.ts";
import { oneIn, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { anyRecord } from "./records.ts";

const PIECES = ["[1,", "null", "\n", ",", "]", '"a",', "-1", "1e999", "1e21", "0.5", '"__proto__",1', "[[[["];

export const record = defineTarget<SessionRecord | string>({
  name: "record",
  about:
    "a record comes back as it was whatever its names, owner and texts are; any other text is a SessionRecordError",
  share: 100_000,
  cases: 50_000,
  prepare: () => ({
    generate: anyRecordOrText,
    ofText: (text) => text,
    check(input) {
      if (typeof input === "string") {
        const decoded = decodedOrRefused(input);
        if (decoded) assertIsAll(decoded, input);
      } else {
        assertComesBack(input);
      }
    },
  }),
});

function anyRecordOrText(random: Random): SessionRecord | string {
  if (oneIn(random, 20)) return anyText(random);
  const original = anyRecord(random);
  return oneIn(random, 4) ? original : mutated(random, encodeRecord(original), PIECES);
}

function decodedOrRefused(text: string): SessionRecord | undefined {
  try {
    return decodeRecord(text);
  } catch (error) {
    assert(error instanceof SessionRecordError, `not a ${String(error)}`);
    return undefined;
  }
}

/** What was read is the whole text; a moment may be spelled otherwise than we do, as -0. */
function assertIsAll(decoded: SessionRecord, text: string): void {
  assert.equal(encodeRecord(decodeRecord(encodeRecord(decoded))), encodeRecord(decoded));
  const body = text.slice(text.indexOf("\n") + 1);
  const read = [...decoded.fields.values()].join("");
  // Of a name that stands there twice, the last text counts.
  assert(read === body || encodeRecord(decoded).indexOf("\n") < text.indexOf("\n"), "nothing of it is left out");
}

function assertComesBack(original: SessionRecord): void {
  assert(isDeepStrictEqual(decodeRecord(encodeRecord(original)), original), "it comes back as it was");
}
