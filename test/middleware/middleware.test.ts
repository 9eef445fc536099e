// An app behaves with sessions exactly as it does without them: a selection of the cases of `npm run test:middleware`.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { unbuiltFrameworks } from "./frameworks.ts";
import { fixedGroups, referenceGroups } from "./selection.ts";
import { faultOf, runInWorkers } from "./start-worker.ts";

const groups = fixedGroups();

describe("an app behaves with sessions as it does without", () => {
  for (const { name } of unbuiltFrameworks) {
    test(`on ${name}, whatever middleware is above or below and whenever the store answers`, async () => {
      const results = await runInWorkers(groups.filter(({ framework }) => framework === name));
      assert.deepEqual(results.map(faultOf).filter(Boolean), []);
    });
  }

  test("an app without sessions behaves like itself: the comparison finds nothing that is not there", async () => {
    const bare = referenceGroups(unbuiltFrameworks).filter(({ middleware }) => middleware === "none");
    const results = await runInWorkers(bare, { isReference: true });
    assert.deepEqual(results.map(faultOf).filter(Boolean), []);
  });
});
