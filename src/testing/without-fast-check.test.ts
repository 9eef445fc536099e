// Where fast-check is not installed: only the conformance suite needs it.
import assert from "node:assert/strict";
import { registerHooks } from "node:module";
import { test } from "node:test";

registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "fast-check") return next(specifier, context);
    throw Object.assign(new Error("Cannot find package 'fast-check'"), { code: "ERR_MODULE_NOT_FOUND" });
  },
});

test("without fast-check, coatcheck/testing loads and its conformance suite does not", async () => {
  await assert.rejects(import("./store-conformance.ts"), { code: "ERR_MODULE_NOT_FOUND" });
  const testing = await import("./index.ts");
  assert.deepEqual(Object.keys(testing).sort(), [
    "TestClient",
    "fakeClock",
    "nodeTestClient",
    "sessionCookie",
    "sessionTransaction",
    "testClient",
  ]);
});
