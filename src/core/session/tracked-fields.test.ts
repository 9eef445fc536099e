import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeValue } from "../record/codec.ts";
import { TrackedFields } from "./tracked-fields.ts";

const stored = new Map([
  ["name", '"ada"'],
  ["cart", '["apple"]'],
]);

test("what was only read is no change", () => {
  const fields = new TrackedFields(stored);
  assert.equal(fields.get("name"), "ada");
  assert.deepEqual(fields.get("cart"), ["apple"]);
  assert.equal(fields.get("absent"), undefined);
  assert.equal(fields.change(), undefined);
});

test("a nested change is seen, and only its key is written", () => {
  const fields = new TrackedFields(stored);
  (fields.get("cart") as string[]).push("pear");
  assert.deepEqual(fields.change(), { set: new Map([["cart", '["apple","pear"]']]), remove: new Set() });
});

test("a change that is taken back is no change", () => {
  const fields = new TrackedFields(stored);
  fields.set("name", "grace");
  fields.set("name", "ada");
  (fields.get("cart") as string[]).push("pear");
  (fields.get("cart") as string[]).pop();
  assert.equal(fields.change(), undefined);
});

test("a value that became unstorable inside is refused at the change, naming the place", () => {
  const fields = new TrackedFields(stored);
  (fields.get("cart") as unknown[]).push(() => 1);
  assert.throws(() => fields.change(), /session\.cart\[1\] is a function/);
});

test("removing what was there, and setting it again", () => {
  const fields = new TrackedFields(stored);
  assert.equal(fields.delete("name"), true);
  assert.equal(fields.delete("name"), false);
  assert.equal(fields.has("name"), false);
  assert.deepEqual([...(fields.change()?.remove ?? [])], ["name"]);
  fields.set("name", "ada");
  assert.equal(fields.change(), undefined);
});

test("what changes while the store is at work is the next change", () => {
  const fields = new TrackedFields(stored);
  fields.set("a", 1);
  fields.set("b", 1);
  const change = fields.change();
  assert(change);
  fields.set("a", 2);
  fields.delete("b");
  fields.markStored(change);
  assert.deepEqual(fields.change(), { set: new Map([["a", "2"]]), remove: new Set(["b"]) });
});

test("any sequence of operations is as on a plain Map, and its change leads from the stored fields to it", () => {
  const name = fc.constantFrom("a", "b", "c", "__proto__", "toString");
  const operation = fc.oneof(
    fc.record({ do: fc.constant("set" as const), name, value: fc.integer() }),
    fc.record({ do: fc.constant("delete" as const), name }),
    fc.record({ do: fc.constant("get" as const), name }),
    fc.record({ do: fc.constant("store" as const) }),
  );
  fc.assert(
    fc.property(fc.dictionary(name, fc.integer()), fc.array(operation), (start, operations) => {
      const model = new Map(Object.entries(start));
      let inStore = new Map([...model].map(([key, value]) => [key, encodeValue(value, key)]));
      const fields = new TrackedFields(new Map(inStore));
      const store = (): void => {
        const change = fields.change();
        if (!change) return;
        for (const key of change.remove) inStore.delete(key);
        inStore = new Map([...inStore, ...change.set]);
        fields.markStored(change);
      };
      for (const step of operations) {
        if (step.do === "set") {
          fields.set(step.name, step.value);
          model.set(step.name, step.value);
        } else if (step.do === "delete") assert.equal(fields.delete(step.name), model.delete(step.name));
        else if (step.do === "get") assert.equal(fields.get(step.name), model.get(step.name));
        else store();
      }
      assert.deepEqual(new Set(fields.names()), new Set(model.keys()));
      store();
      assert.deepEqual(inStore, new Map([...model].map(([key, value]) => [key, encodeValue(value, key)])));
      assert.equal(fields.change(), undefined);
    }),
    { numRuns: 2_000 },
  );
});
