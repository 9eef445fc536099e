import assert from "node:assert/strict";
import { test } from "node:test";
import { fakeClock } from "../../testing/fake-clock.ts";
import { createCircuitBreaker } from "./circuit-breaker.ts";

test("after five failures in a row calls are refused, but for one in a second, until one succeeds", () => {
  const clock = fakeClock(0);
  const told: string[] = [];
  const breaker = createCircuitBreaker((state) => told.push(state), clock);
  const fail = (times: number): void => {
    for (let i = 0; i < times; i++) breaker.failed();
  };
  fail(4);
  breaker.succeeded();
  fail(4);
  assert.equal(breaker.mayCall(), true);
  fail(1);
  assert.equal(breaker.mayCall(), false);
  clock.advance(999);
  assert.equal(breaker.mayCall(), false);
  clock.advance(1);
  assert.deepEqual([breaker.mayCall(), breaker.mayCall()], [true, false], "one call finds out");
  breaker.failed();
  clock.advance(999);
  assert.equal(breaker.mayCall(), false);
  clock.advance(1);
  assert.equal(breaker.mayCall(), true);
  breaker.succeeded();
  assert.equal(breaker.mayCall(), true);
  assert.deepEqual(told, ["unavailable", "recovered"]);
});
