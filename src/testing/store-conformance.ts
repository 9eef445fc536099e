// The conformance suite: the laws of a SessionStore as cases that any test runner can run, on any store.
// It knows the contract, and none of the stores.

import {
  booleanOption,
  checkOptions,
  functionOption,
  millisecondsOption,
  type OptionChecks,
  oneOfOption,
  required,
  stringOption,
  wholeNumberOption,
} from "../core/util/option-checks.ts";
import { acknowledgedCases } from "./conformance/acknowledged.ts";
import { answerCases } from "./conformance/answers.ts";
import { browsingCases } from "./conformance/browsing.ts";
import { changeCases } from "./conformance/changes.ts";
import { endingCases } from "./conformance/endings.ts";
import { expiryCases } from "./conformance/expiries.ts";
import { runWithFixture } from "./conformance/fixture.ts";
import type { ConformanceCase, Need, StoreHarness } from "./conformance/harness.ts";
import { listenerCases } from "./conformance/listeners.ts";
import { opaqueCases } from "./conformance/opaque.ts";
import { outageCases } from "./conformance/outages.ts";
import { ownerCases } from "./conformance/owners.ts";
import { programCases } from "./conformance/programs.ts";
import { replaceCases } from "./conformance/replaces.ts";
import { unreadableCases } from "./conformance/unreadable.ts";

export type { ConformanceCase, Law, StoreHarness } from "./conformance/harness.ts";

const CHECKS: OptionChecks<StoreHarness> = {
  createStore: required(functionOption),
  time: required(oneOfOption("fake", "real")),
  another: functionOption,
  outage: functionOption,
  damage: functionOption,
  subscribes: booleanOption,
  keepsSecret: booleanOption,
  browses: booleanOption,
  interleavings: wholeNumberOption(1),
  seed: wholeNumberOption(-(2 ** 31), 2 ** 32),
  path: stringOption,
  shortLife: millisecondsOption,
  deadline: millisecondsOption,
  maxKeyLength: wholeNumberOption(1),
};

const definitions = [
  changeCases,
  endingCases,
  replaceCases,
  listenerCases,
  acknowledgedCases,
  expiryCases,
  ownerCases,
  browsingCases,
  answerCases,
  outageCases,
  unreadableCases,
  opaqueCases,
  programCases,
].flat();

/**
 * Every law of a `SessionStore` as cases for the test runner of your choice. Needs the package `fast-check`.
 *
 * Run them one after another. A case whose need the harness does not meet is not in the list: those of several
 * processes without `another`, of outages without `outage`, of unreadable records without `damage`, of listeners with `subscribes: false`, of the development
 * secret without `keepsSecret`, of browsing without `browses`, of exact milliseconds and sweep counts with `time: "real"`. The random cases name the
 * seed and the path of what failed; COATCHECK_SEED and COATCHECK_PATH run it again.
 *
 * @throws SessionOptionError when a part of the harness is wrong or unknown.
 * @example
 * import test from "node:test";
 * import { storeConformance } from "coatcheck/testing/conformance";
 *
 * for (const { name, run } of storeConformance({ createStore: (clock) => myStore({ clock }), time: "fake" })) {
 *   test(name, run);
 * }
 */
export function storeConformance(harness: StoreHarness): readonly ConformanceCase[] {
  checkOptions<StoreHarness>(harness, CHECKS, 'Call storeConformance({ createStore, time: "fake" }).');
  const met = needsMetBy(harness);
  return definitions
    .filter(({ needs = [] }) => needs.every((need) => met.has(need)))
    .map((definition) => ({
      law: definition.law,
      name: `law ${definition.law}: ${definition.name}`,
      run: () => runWithFixture(harness, definition),
    }));
}

function needsMetBy(harness: StoreHarness): ReadonlySet<Need> {
  const met = new Set<Need>();
  if (harness.time === "fake") met.add("exactTime");
  if (harness.another) met.add("another");
  if (harness.damage) met.add("damage");
  if (harness.outage) met.add("outage");
  if (harness.subscribes ?? true) met.add("subscribe");
  if (harness.keepsSecret) met.add("secret");
  if (harness.browses) met.add("browse");
  return met;
}
