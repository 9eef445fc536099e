// Helpers for values that may be promises. Synchronous values are not wrapped: that would cost a microtask.
import type { Awaitable } from "../record/store.ts";

/** Goes on with the value, at once where it is there. */
export function whenDone<Value, Result>(
  value: Awaitable<Value>,
  next: (value: Value) => Awaitable<Result>,
): Awaitable<Result> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/**
 * Whether `await` would wait for the value. Code of the app and of stores may return promises of another realm (Jest and
 * `node:vm` make such) or a library's own thenables, which are no `instanceof Promise`.
 */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    ((typeof value === "object" && value !== null) || typeof value === "function") &&
    typeof Reflect.get(value, "then") === "function"
  );
}
