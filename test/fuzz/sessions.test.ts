// What an app does: options, keys and values, owners; and what it meets when somebody else wrote into its store.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fuzzTest } from "./fuzz-test.ts";
import { targets } from "./targets.ts";

fuzzTest(
  "store-memory",
  "S35 the memory store takes hostile owners, keys and names for names, and answers as the model does",
);
fuzzTest(
  "store-sqlite",
  "S35 the embedded store takes hostile owners, keys and names for names, and answers as the model does",
);
fuzzTest("session", "S23 what can be assigned under any key is there in the next request, and what can't is refused");
fuzzTest("stored-record", "S23 S24 what another program wrote into a record is plain data or a SessionError");
fuzzTest("options", "S16 S25 any options give a manager that works, or an error that names the option");

test("each target has a name of its own", () => {
  assert.equal(new Set(targets.map(({ name }) => name)).size, targets.length);
});
