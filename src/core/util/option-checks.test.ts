import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionOptionError } from "../errors.ts";
import {
  booleanOption,
  checkOptions,
  millisecondsOption,
  nameOption,
  type OptionCheck,
  oneOfOption,
  required,
  stringOption,
  timeoutOption,
} from "./option-checks.ts";
import { nearestName } from "./option-names.ts";

function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof SessionOptionError, String(error));
    return error.message;
  }
  return assert.fail("nothing was thrown");
}

const check = (given: unknown, name?: string): unknown =>
  checkOptions<{ prefix?: string; isOn?: boolean }>(
    given,
    { prefix: stringOption, isOn: booleanOption },
    "Call make({ prefix }).",
    name,
  );

test("an error states the requirement, and then what to do", () => {
  assert.equal(
    messageOf(() => check({ prefix: 5 })),
    'Option "prefix" must be a string. It is 5. Correct it, or leave it out.',
  );
  assert.equal(
    messageOf(() => check({ isOn: "yes" })),
    'Option "isOn" must be true or false. It is "yes". Correct it, or leave it out.',
  );
  assert.equal(
    messageOf(() => check(null)),
    'Option "options" must be an object. It is null. Call make({ prefix }).',
  );
  assert.equal(
    messageOf(() => check([], "nested")),
    'Option "nested" must be an object. It is an array. Call make({ prefix }).',
  );
});

test("an unknown name is refused with the one that was meant, or with all", () => {
  assert.equal(
    messageOf(() => check({ prefx: "a" }, "nested")),
    'Option "nested.prefx" is unknown. Did you mean "prefix"? The options are prefix, isOn.',
  );
  assert.equal(
    messageOf(() => check({ table: "a" })),
    'Option "table" is unknown. The options are prefix, isOn.',
  );
});

test("options that are right are returned; undefined is left out, unless the option is required", () => {
  const options = { prefix: undefined, isOn: true };
  assert.equal(check(options), options);
  assert.deepEqual(check(undefined), {});
  const checkRequired = (given: object): unknown =>
    checkOptions<{ prefix: string }>(given, { prefix: required(nameOption) }, "Call make({ prefix }).");
  assert.equal(
    messageOf(() => checkRequired({})),
    'Option "prefix" must be a string. It is missing.',
  );
});

test("a near name is one with two slips at most, and fewer in a short one", () => {
  const names = ["idleTimeout", "absoluteTimeout", "store", "as"];
  assert.equal(nearestName("idletimeout", names), "idleTimeout");
  assert.equal(nearestName("ideltimeout", names), "idleTimeout");
  assert.equal(nearestName("absolutTimeuot", names), "absoluteTimeout");
  assert.equal(nearestName("stroe", names), "store");
  assert.equal(nearestName("is", names), "as");
  assert.equal(nearestName("xy", names), undefined);
  assert.equal(nearestName("session", names), undefined);
  assert.equal(nearestName("x".repeat(100_000), names), undefined);
});

test("what a timer waits for is no longer than a timer can wait", () => {
  const longest = 2 ** 31 - 1;
  for (const each of [timeoutOption, millisecondsOption] satisfies OptionCheck[]) {
    assert.doesNotThrow(() => each("timeout", longest));
    assert.throws(() => each("timeout", longest + 1), SessionOptionError);
  }
  assert.throws(() => timeoutOption("timeout", "31d"), SessionOptionError);
});

test("choices are listed as they are written", () => {
  assert.match(
    messageOf(() => oneOfOption(true, false, "auto")("secure", "Auto")),
    /^Option "secure" must be true, false or "auto"\. It is "Auto"\./,
  );
});
