// The script that changes a record inside Redis does what `applyChange` does, for any fields and any texts.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import fc from "fast-check";
import { nodeRedis } from "../../../test/fixtures/redis/clients.ts";
import { created, HOUR, record } from "../../../test/fixtures/redis/records.ts";
import { anyRedis } from "../../../test/fixtures/redis/server.ts";
import { applyChange } from "../../core/record/record.ts";
import type { Change, SessionRecord } from "../../core/record/store.ts";
import { redisStore } from "./index.ts";

const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
const store = redisStore({ client, prefix: `patch-${process.pid}:` });
after(async () => {
  close();
  await server.stop();
});

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 8 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom("", "a", "b", " 1 2", "1 1", "\n", "\u0000", "\u0000j", "\ud800", "%d+", "L", "用户"),
);
const anyName = fc.oneof(fc.constantFrom("a", "b", "c", "", " ", "\n"), anyText);
const anyChange: fc.Arbitrary<Change> = fc
  .record({
    set: fc.array(fc.tuple(anyName, anyText), { maxLength: 4 }).map((entries) => new Map(entries)),
    remove: fc.array(anyName, { maxLength: 3 }),
    expiresAt: fc.integer({ min: 0, max: 10 * HOUR }).map((life) => Date.now() + life),
  })
  .map(({ set, remove, expiresAt }) => ({ set, remove: new Set(remove.filter((name) => !set.has(name))), expiresAt }));

test("a record after any changes is as it is after the same changes elsewhere", async () => {
  const anyFields = fc.array(fc.tuple(anyName, anyText), { maxLength: 6 }).map((entries) => new Map(entries));
  const anyOwner = fc.option(anyText, { nil: undefined });
  await fc.assert(
    fc.asyncProperty(anyFields, anyOwner, fc.array(anyChange, { maxLength: 6 }), async (fields, owner, changes) => {
      let expected: SessionRecord = record({}, { fields, owner });
      const key = await created(store, expected);
      for (const change of changes) {
        assert.equal(await store.commit(key, change), "committed");
        expected = applyChange(expected, change);
        const found = await store.load(key);
        assert.deepEqual(found, expected);
        assert.deepEqual([...(found?.fields ?? [])], [...expected.fields], "in the same order");
      }
    }),
    { numRuns: 300 },
  );
});

test("versions and moments are exact up to the greatest that numbers can be", async () => {
  const version = Number.MAX_SAFE_INTEGER - 1;
  const createdAt = 1_795_555_555_555.125;
  const key = await created(store, record({ a: "1" }, { version, createdAt, expiresAt: 8.64e15 }));
  const expiresAt = 8.64e15 - 1;
  assert.equal(
    await store.commit(key, { set: new Map([["a", "2"]]), remove: new Set(), expiresAt, ifVersion: version }),
    "committed",
  );
  const found = await store.load(key);
  assert.deepEqual([found?.version, found?.createdAt, found?.expiresAt], [version + 1, createdAt, 8.64e15]);
  await store.destroy(key);
});
