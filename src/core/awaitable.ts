// Values that are there at once or later. What is there at once is not made to wait: a promise costs a turn.
import type { Awaitable } from "./store.ts";

/** Goes on with the value, at once where it is there. */
export function whenDone<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}
