// Stores whose answers are promises, but not as promises are.
import type { CommitResult } from "../../../src/core/record/store.ts";
import { thenable } from "../../fixtures/foreign-promises.ts";
import { type Broken, broken } from "./breakable.ts";

export const answerFaults: readonly Broken[] = [
  broken(
    "each await of a commit sends it again",
    "an answer that is awaited twice is the answer of one call",
    ({ inner }) => ({ commit: (key, change) => lazy(() => inner.commit(key, change)) }),
  ),
  broken(
    "a commit answers an array of one result",
    "a manager gets every answer as the store gives it, whatever kind of promise it is",
    ({ inner }) => ({
      commit: (key, change) => Promise.resolve([inner.commit(key, change)] as unknown as CommitResult),
    }),
  ),
];

/** As query builders answer: nothing is done until `then` is called, and everything again when it is called again. */
function lazy(call: () => CommitResult): Promise<CommitResult> {
  const then: Promise<CommitResult>["then"] = (done, failed) => Promise.resolve().then(call).then(done, failed);
  return thenable(then) as PromiseLike<CommitResult> as Promise<CommitResult>;
}
