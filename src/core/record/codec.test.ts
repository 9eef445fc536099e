import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SessionRecordError, SessionValueError } from "../errors.ts";
import { decodeValue, encodeValue } from "./codec.ts";

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: "binary" }),
  fc.bigInt(),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
);

/** Keys that try what a careless codec would take for its own. */
const anyKey = fc.oneof(
  fc.string().filter((key) => key !== "__proto__"),
  fc.constantFrom("$date", "$map", "$$date", "$", "constructor", "toString", "length"),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    leaf,
    fc.array(tie("value")),
    fc.dictionary(anyKey, tie("value"), { noNullPrototype: true }),
    fc.array(fc.tuple(leaf, tie("value"))).map((entries) => new Map(entries)),
    fc.array(leaf).map((members) => new Set(members)),
  ),
}));

test("every storable value comes back as it was", () => {
  fc.assert(
    fc.property(value, (original) => {
      const decoded = decodeValue(encodeValue(original, "key"));
      assert.deepEqual(decoded, original);
    }),
    { numRuns: 2_000 },
  );
});

test("decoding survives any text: a value, or a SessionRecordError, and no prototype is touched", () => {
  const hostile = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constantFrom(
      '{"__proto__":{"polluted":1}}',
      '{"\\u005f_proto__":{"polluted":1}}',
      '{"$date":"x"}',
      '{"$function":"alert(1)"}',
      '{"$map":[[1]]}',
      '{"$bigint":"1;2"}',
      `${'{"$":'.repeat(5000)}1${"}".repeat(5000)}`,
      "cposix\nsystem\n(S'id'\ntR.",
    ),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      try {
        decodeValue(text);
      } catch (error) {
        assert(error instanceof SessionRecordError, String(error));
      }
      assert.equal(Reflect.get({}, "polluted"), undefined);
    }),
    { numRuns: 5_000 },
  );
});

test("a property that is undefined is dropped, and never makes a tag of an object", () => {
  const dropped: [unknown, unknown][] = [
    [{ name: "ada", avatar: undefined }, { name: "ada" }],
    [{ avatar: undefined }, {}],
    [{ $date: 5, at: undefined }, { $date: 5 }],
    [{ toJSON: undefined, deep: [{ a: undefined }] }, { deep: [{}] }],
    [new Map([["a", { b: undefined }]]), new Map([["a", {}]])],
  ];
  for (const [given, kept] of dropped) assert.deepEqual(decodeValue(encodeValue(given, "k")), kept);
});

const circular: Record<string, unknown> = {};
circular["self"] = circular;
class Account {
  name = "a";
}
const refused: [string, unknown, RegExp][] = [
  ["undefined", undefined, /session\.k is undefined/],
  ["undefined inside", { a: [1, undefined] }, /session\.k\.a\[1\] is undefined/],
  ["undefined in a Map", new Map([["a", undefined]]), /is undefined/],
  ["undefined in a Set", new Set([undefined]), /is undefined/],
  ["a hole in an array", new Array(1), /session\.k\[0\] is undefined/],
  ["a function", () => 1, /is a function/],
  ["a symbol", Symbol("s"), /is a symbol/],
  ["NaN", Number.NaN, /is NaN/],
  ["Infinity", { deep: Number.POSITIVE_INFINITY }, /session\.k\.deep is Infinity/],
  ["an invalid date", new Date(Number.NaN), /invalid Date/],
  ["a class instance", new Account(), /instance of Account/],
  ["a regular expression", /x/, /instance of RegExp/],
  ["a promise", Promise.resolve(), /instance of Promise/],
  ["an array with properties", Object.assign([1], { extra: 1 }), /named properties/],
  ["a symbol as key", { [Symbol("s")]: 1 }, /symbol as a key/],
  ["a value that contains itself", circular, /nests deeper/],
  ["a __proto__ key", JSON.parse('{"__proto__":{}}'), /__proto__/],
];
for (const [name, bad, message] of refused) {
  test(`refuses ${name}, naming where it sits`, () => {
    assert.throws(
      () => encodeValue(bad, "k"),
      (error) => error instanceof SessionValueError && message.test(error.message),
    );
  });
}
