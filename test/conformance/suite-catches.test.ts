// The conformance suite passes what keeps the laws and finds out what breaks them: a suite that can't fail is worthless.
import assert from "node:assert/strict";
import test, { describe } from "node:test";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type ConformanceCase, type StoreHarness, storeConformance } from "../../src/testing/store-conformance.ts";
import { answerFaults } from "./broken/answers.ts";
import { harnessOf, piecemeal, slow } from "./broken/breakable.ts";
import { browsingFaults } from "./broken/browsing.ts";
import { expiryFaults, opaqueFaults, ownerFaults, unreadableFaults } from "./broken/finding.ts";
import { acknowledgedFaults, listenerFaults, outageFaults } from "./broken/processes.ts";
import { raceFaults } from "./broken/races.ts";
import { changeFaults, endingFaults, replaceFaults } from "./broken/records.ts";

const faults = [
  changeFaults,
  endingFaults,
  replaceFaults,
  listenerFaults,
  acknowledgedFaults,
  expiryFaults,
  ownerFaults,
  browsingFaults,
  answerFaults,
  outageFaults,
  opaqueFaults,
  unreadableFaults,
  raceFaults,
].flat();

for (const [name, fault] of [
  ["takes its time", slow],
  ["does list and destroyAll in steps", piecemeal],
] as const) {
  test(`a store of two processes that ${name} passes`, async () => {
    for (const { name, run } of storeConformance(harnessOf(fault, { interleavings: 1_000 }))) {
      await assert.doesNotReject(run, name);
    }
  });
}

test("a store with a clock of its own passes", async () => {
  const harness: StoreHarness = {
    createStore: () => memoryStore(),
    time: "real",
    shortLife: 200,
    browses: true,
    interleavings: 100,
  };
  for (const { name, run } of storeConformance(harness)) await assert.doesNotReject(run, name);
});

// Many of them wait for what does not come: together they take no longer than one.
describe("caught", { concurrency: true }, () => {
  for (const { fault, caughtBy, harness } of faults) {
    test(fault, async () => {
      await assert.rejects(caseNamed(harness, caughtBy).run, (error) => {
        assert.ok(!(error instanceof TypeError || error instanceof ReferenceError), "the fault itself runs");
        return true;
      });
    });
  }
});

test("a random failure is told as a story, with the seed and path that run it again", async () => {
  const { harness, caughtBy } = raceFaults.at(-1) ?? assert.fail("there are faults");
  const first = await failureOf(caseNamed(harness, caughtBy));
  assert.match(first, /The model answers otherwise:\n1\. \d+ ms later:\n.*"call":"replace","key":"key\d"/s);
  const [, seed, path] = /seed: (-?\d+), path: "([\d:]+)"/.exec(first) ?? [];
  assert.ok(seed && path, "the error names both");
  const again = await failureOf(caseNamed({ ...harness, seed: Number(seed), path }, caughtBy));
  assert.match(again, /failed after 1 tests/);
  assert.equal(counterexample(again), counterexample(first));
});

test("every case catches some fault", () => {
  const catching = new Set(faults.map(({ caughtBy }) => caughtBy));
  const never = storeConformance(harnessOf(() => ({}))).filter(({ name }) => !catching.has(withoutLaw(name)));
  assert.deepEqual(
    never.map(({ name }) => name),
    [],
  );
});

function caseNamed(harness: StoreHarness, name: string): ConformanceCase {
  const found = storeConformance(harness).find((each) => withoutLaw(each.name) === name);
  assert.ok(found, `the suite has a case "${name}"`);
  return found;
}

async function failureOf({ run }: ConformanceCase): Promise<string> {
  return run().then(
    () => assert.fail("the case passes"),
    (error: unknown) => String(error),
  );
}

function counterexample(failure: string): string | undefined {
  return /Counterexample: .*/.exec(failure)?.[0];
}

function withoutLaw(name: string): string {
  return name.replace(/^law \d: /, "");
}
