// What stands in a record, whoever wrote it: a value of plain data, or a SessionRecordError (SECURITY-BAR S23, S24).
import assert from "node:assert/strict";
import { isDeepStrictEqual, types } from "node:util";
import { SessionRecordError, SessionValueError } from "../../../src/core/errors.ts";
import { decodeValue, encodeValue } from "../../../src/core/record/codec.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { storable } from "./values.ts";

const PIECES = [
  '{"$date":',
  '{"$date":1e999}',
  '{"$bigint":"',
  '{"$bytes":"AA',
  '{"$map":[[',
  '{"$set":[',
  '{"$$',
  '{"$function":"alert(1)"}',
  '{"__proto__":{"polluted":1}}',
  '{"\\u005f_proto__":1}',
  '{"constructor":{"prototype":{"polluted":1}}}',
  "[",
  "{",
  "]",
  "}",
  '"',
  ",",
  ":",
  "-0",
  "1e999",
  "\\u",
  "\\ud800",
];

export const valueText = defineTarget<string>({
  name: "value-text",
  about:
    "any text in a record is plain data or a SessionRecordError: nothing is revived as code, no prototype is reached",
  share: 150_000,
  cases: 80_000,
  prepare: () => ({
    generate: anyValueText,
    ofText: (text) => text,
    check(text) {
      let decoded: unknown;
      try {
        decoded = decodeValue(text);
      } catch (error) {
        assert(error instanceof SessionRecordError, `not a ${String(error)}`);
        return;
      }
      assertPlainData(decoded);
      assertComesBack(decoded);
    },
  }),
});

function anyValueText(random: Random): string {
  if (oneIn(random, 6)) return listOf(random, 1 + few(random, 8), () => pick(random, PIECES)).join("");
  if (oneIn(random, 10)) return anyText(random);
  const text = encodeValue(storable(random, 4), "key");
  return oneIn(random, 8) ? text : mutated(random, text, PIECES);
}

/** Plain objects, arrays, and what has a tag; nothing that runs. */
export function assertPlainData(root: unknown): void {
  const rest = [root];
  while (rest.length > 0) {
    const next = rest.pop();
    assert.notEqual(typeof next, "function");
    assert.notEqual(typeof next, "symbol");
    if (typeof next !== "object" || next === null) continue;
    assert.equal(Object.getPrototypeOf(next), prototypeOf(next));
    assert(!Object.hasOwn(next, "__proto__"), "a key reaches a prototype when it is copied");
    if (types.isUint8Array(next)) continue;
    const inside = types.isMap(next) ? [...next].flat() : types.isSet(next) ? [...next] : Object.values(next);
    for (const member of inside) rest.push(member);
  }
}

function prototypeOf(object: object): object {
  if (Array.isArray(object)) return Array.prototype;
  if (types.isMap(object)) return Map.prototype;
  if (types.isSet(object)) return Set.prototype;
  if (types.isDate(object)) return Date.prototype;
  return types.isUint8Array(object) ? Uint8Array.prototype : Object.prototype;
}

/** What another program wrote may nest deeper or be greater than what can be stored; then it is refused by name. */
function assertComesBack(decoded: unknown): void {
  try {
    const text = encodeValue(decoded, "key");
    assert(isDeepStrictEqual(decodeValue(text), decoded), "it is stored again as it was read");
  } catch (error) {
    assert(error instanceof SessionValueError && /deeper|Infinity/.test(error.message), `not a ${String(error)}`);
  }
}
