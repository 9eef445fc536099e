// The cause of an error says what happened, and nothing of what was sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import { SessionRecordError, StoreUnavailableError } from "../errors.ts";
import { generateId } from "../request/session-id.ts";
import { safeCause } from "./error-cause.ts";

const SECRET_VALUE = "my-private-value";
const ID = generateId();

test("S27 the cause of an outage holds no argument, row, parameter or ID of the client's error", () => {
  const details = {
    command: { name: "evalsha", args: [SECRET_VALUE, ID] },
    detail: `Failing row contains (${SECRET_VALUE}).`,
    where: `unnamed portal parameter $3 = '${SECRET_VALUE}'`,
    parameters: [SECRET_VALUE],
    sql: SECRET_VALUE,
    config: { data: SECRET_VALUE },
  };
  const named = new Error(`key sess:${ID} is gone`);
  const unknown = new Error(`ERR unknown command 'evalsha', with args beginning with: '${SECRET_VALUE}' '${ID}'`);
  const data = Object.assign(new Error(`invalid input syntax for type bigint: "${SECRET_VALUE}"`), { code: "22P02" });
  const cluster = Object.assign(new Error("Failed to refresh slots cache."), { lastNodeError: unknown });
  const causes: unknown[] = [
    Object.assign(new Error("OOM command not allowed"), details),
    named,
    unknown,
    data,
    cluster,
    new Error("outer", { cause: Object.assign(unknown, details) }),
    new AggregateError([unknown, data], ""),
    parseError(`{"${SECRET_VALUE}`),
    parseError(`${SECRET_VALUE}`),
    SECRET_VALUE,
    { message: SECRET_VALUE },
    Object.assign(runInNewContext("new Error('OOM')") as Error, details),
  ];
  for (const cause of causes) {
    for (const error of [
      new StoreUnavailableError("redis", "commit", cause),
      new SessionRecordError("is bad", cause),
    ]) {
      const shown =
        inspect(error, { depth: Infinity, showHidden: true }) + inspect(error.cause) + JSON.stringify(error);
      assert.ok(!shown.includes(SECRET_VALUE), shown);
      assert.ok(!shown.includes(ID), shown);
    }
  }
});

test("the cause keeps the message, the name, the code and the place of the client's error", () => {
  class ReplyError extends Error {
    override name = "ReplyError";
  }
  const error = Object.assign(new ReplyError("connect ECONNREFUSED 127.0.0.1:6379"), {
    code: "ECONNREFUSED",
    errno: -111,
    address: "127.0.0.1",
    port: 6379,
  });
  const kept = safeCause(error);
  assert.ok(kept instanceof Error);
  assert.equal(String(kept), "ReplyError: connect ECONNREFUSED 127.0.0.1:6379");
  assert.deepEqual({ ...kept }, { code: "ECONNREFUSED", errno: -111, address: "127.0.0.1", port: 6379 });
  assert.match(kept.stack ?? "", /error-cause\.test/);
  const several = safeCause(new AggregateError([error], ""));
  assert.ok(several instanceof AggregateError);
  assert.equal(String(several.errors[0]), String(error));
});

test("an error of the library stays itself as a cause", () => {
  const inner = new SessionRecordError("is bad");
  assert.equal(new StoreUnavailableError("redis", "load", inner).cause, inner);
});

function parseError(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
