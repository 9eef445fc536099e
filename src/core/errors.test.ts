import assert from "node:assert/strict";
import { test } from "node:test";
import * as errors from "./errors.ts";

const samples: [errors.SessionError, number][] = [
  [new errors.SessionOptionError("secret", "is wrong", "Put it right."), 500],
  [new errors.CsrfError("site", "It came from elsewhere."), 403],
  [new errors.FreshLoginRequiredError(), 403],
  [new errors.SessionGoneError(), 409],
  [new errors.StoreUnavailableError("memory", "load"), 503],
  [new errors.TransactionConflictError(3), 503],
];

for (const [error, status] of samples) {
  test(`${error.name} has the shape of http-errors, which NestJS asks for: status ${status}`, () => {
    assert.deepEqual([error.status, error.statusCode, error.expose], [status, status, false]);
    assert(error instanceof Error);
  });
}
