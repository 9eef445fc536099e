// A target's share of `npm test`: always so many cases, from a seed that a failure prints.
import { test } from "node:test";
import { newSeed, runCases } from "./target.ts";
import { targets } from "./targets.ts";

/** `COATCHECK_SEED` names the seed; otherwise each run has a new one, and sees what none before has seen. */
const given = process.env["COATCHECK_SEED"];
const seed = given === undefined ? newSeed() : Number(given);

/** A test of a target, by the name of the target. */
export function fuzzTest(targetName: string, name: string): void {
  const target = targets.find((each) => each.name === targetName);
  if (!target) throw new Error(`There is no target ${targetName}`);
  test(`${name} (${targetName}, ${target.cases} cases, seed ${seed})`, async () => {
    const subject = await target.prepare();
    try {
      await runCases(target, subject, { seed, first: 0, count: target.cases });
    } finally {
      await subject.close?.();
    }
  });
}
