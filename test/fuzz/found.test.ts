// What fuzzing has found, each as the smallest case that showed it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionOptionError, SessionRecordError, SessionValueError } from "../../src/core/errors.ts";
import { createManager } from "../../src/core/manager.ts";
import { decodeValue, encodeValue } from "../../src/core/record/codec.ts";
import { createFieldEncryption } from "../../src/core/record/encryption.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { encodeFields, encodeNames, recordOf } from "../../src/stores/postgres/records.ts";
import { decode } from "../../src/stores/redis/codec.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { SECRET } from "../fixtures/manager.ts";

test("an array of a class of its own is refused, since it would come back as a plain one", () => {
  class Cart extends Array<string> {}
  assert.throws(() => encodeValue({ cart: Cart.from(["apple"]) }, "k"), {
    name: SessionValueError.name,
    message: /session\.k\.cart is an instance of Cart/,
  });
  assert.throws(() => encodeValue(Object.setPrototypeOf(["apple"], null), "k"), SessionValueError);
});

/** Some versions of V8 read a key of one escaped character as a backslash, after they have met one: nodejs/node#63785. */
function poison(): void {
  for (const first of ["", '"a":[],']) JSON.parse(`{${first}"\\\\":0}`);
  for (const first of ["", '"a":"1",']) JSON.parse(`{${first}"\\\\":"0"}`);
}

test("a key of one character comes back as it was, whichever it is and whatever was read before", () => {
  for (const key of ['"', "\n", "\u0000", "\u001f", "\ud800", "\udfff", "\\", "/", "\u007f", "\u2028", "a"]) {
    for (const value of [{ [key]: 1 }, { a: 1, [key]: { [key]: new Date(0) } }, { $object: { [key]: [] } }]) {
      poison();
      assert.deepEqual(decodeValue(encodeValue(value, "k")), value);
    }
    poison();
    const fields = new Map([
      ["a", "1"],
      [key, "2"],
    ]);
    assert.deepEqual(recordOf([encodeFields(fields), "0", "1", "1", null, null]).fields, fields);
    const [removed] = encodeNames(new Set([key]));
    assert.equal(
      encodeFields(new Map([[key, "2"]])),
      `{${JSON.stringify(removed)}:"2"}`,
      "it is removed as it was set",
    );
  }
});

test("a text in a record that is no object by entries is refused", () => {
  for (const text of ['{"$object":1}', '{"$object":[1]}', '{"$object":[[1,1]]}', '{"$object":[["__proto__",1]]}']) {
    assert.throws(() => decodeValue(text), SessionRecordError, text);
  }
});

test("S24 a date beyond all dates in a record is refused where it is read, and not when the request ends", () => {
  for (const text of ['{"$date":1e999}', '{"a":{"$date":9000000000000000}}']) {
    assert.throws(() => decodeValue(text), SessionRecordError);
  }
});

test("S24 a misspelt text in Redis is a broken record, and no outage", () => {
  for (const text of ['P\0j"', "P\0j{}", "P\0j1", '\0j"', 'L0000000000000001 1 a 1 - 4\n\0j"x']) {
    assert.throws(() => decode(text), SessionRecordError, JSON.stringify(text));
  }
});

test("S24 sizes and moments in Redis that are no numbers are a broken record", () => {
  const record = "L0000000000000001 1 a 1 - -\n";
  for (const text of [`Mx 5 1\nk${record}`, `M- x 1\nk`, `M- 5 x\nk`, "M- 5 9\nk", "L1 1 a 1 - - -1 2\nx"]) {
    assert.throws(() => decode(text), SessionRecordError, JSON.stringify(text));
  }
});

test("S29 fields whose names differ in half a surrogate pair alone can't be swapped", () => {
  const identity = { key: "key", createdAt: 1, owner: undefined };
  const { create, open } = createFieldEncryption({ keys: [SECRET] });
  const set = new Map([
    ["\ud800", '"a"'],
    ["\ud801", '"b"'],
  ]);
  const fields = new Map(create("key").seal({ set, remove: new Set() }, identity).set);
  assert.equal(open(identity, fields).fields.get("\ud800"), '"a"');
  fields.set("\ud800", fields.get("\ud801") ?? "");
  assert.throws(() => open(identity, fields).fields.get("\ud800"), SessionRecordError);
});

const nothing: object = Object.create(null);
const wrongOptions: readonly [string, object][] = [
  ["cookie", { cookie: null }],
  ["cookie.name", { cookie: { name: 1 } }],
  ["cookie.name", { cookie: { name: ["sid"] } }],
  ["cookie.name", { cookie: { name: nothing } }],
  ["cookie.path", { cookie: { path: nothing } }],
  ["cookie.domain", { cookie: { domain: [] } }],
  ["cookie.sameSite", { cookie: { sameSite: 1n } }],
  ["cookie.partitioned", { cookie: { partitioned: 1, secure: true } }],
  ["idleTimeout", { idleTimeout: nothing }],
  ["absoluteTimeout", { absoluteTimeout: { toString: null } }],
  ["maxSessionsPerOwner.limit", { maxSessionsPerOwner: { limit: nothing } }],
  ["schema", { schema: null }],
];
for (const [option, options] of wrongOptions) {
  test(`a wrong ${option} that has no text of its own is refused by name`, () => {
    assert.throws(
      () => createManager({ secret: SECRET, ...options }, memoryStore),
      (error) => error instanceof SessionOptionError && error.option === option,
    );
  });
}

test("a store's wrong option that has no text of its own is refused by name", () => {
  assert.throws(() => memoryStore({ maxSessions: Symbol("many") as never }), SessionOptionError);
  assert.throws(() => sqliteStore({ path: "", timeout: nothing as never }), SessionOptionError);
});
