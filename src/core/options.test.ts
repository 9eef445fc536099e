import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager, SECRET } from "../../test/fixtures/manager.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { SecretError, SessionOptionError } from "./errors.ts";
import { createManager } from "./manager.ts";

function create(options: Record<string, unknown>): void {
  createManager({ secret: SECRET, store: memoryStore(), ...options }, memoryStore);
}

const wrong: [string, Record<string, unknown>][] = [
  ["idleTimeout", { idleTimeout: 0 }],
  ["idleTimeout", { idleTimeout: -1 }],
  ["idleTimeout", { idleTimeout: Number.NaN }],
  ["idleTimeout", { idleTimeout: Number.POSITIVE_INFINITY }],
  ["idleTimeout", { idleTimeout: "1 fortnight" }],
  ["idleTimeout", { idleTimeout: "" }],
  ["absoluteTimeout", { absoluteTimeout: "soon" }],
  ["renewInterval", { renewInterval: {} }],
  ["storeTimeout", { storeTimeout: "0s" }],
  ["permanent", { permanent: "yes" }],
  ["whenStoreUnavailable", { whenStoreUnavailable: "retry" }],
  ["onEvent", { onEvent: console }],
  ["clock", { clock: 5 }],
  ["schema", { schema: {} }],
  ["store", { store: {} }],
  ["store", { store: null }],
  ["cookie.name", { cookie: { name: "a b" } }],
  ["cookie.maxAge", { cookie: { maxAge: 5 } }],
  ["idletimeout", { idletimeout: "1d" }],
  ["maxSessionsPerOwner", { maxSessionsPerOwner: "3" }],
  ["maxSessionsPerOwner.max", { maxSessionsPerOwner: { limit: 3, max: 3 } }],
  ["maxAge", { maxAge: 5 }],
];
for (const [option, options] of wrong) {
  test(`a wrong ${option} (${JSON.stringify(options)}) is refused at start, naming it`, () => {
    assert.throws(
      () => create(options),
      (error) =>
        error instanceof SessionOptionError && error.option === option && error.message.includes(`"${option}"`),
    );
  });
}

test("options that are none at all are refused", () => {
  assert.throws(() => createManager(undefined as never, memoryStore), SessionOptionError);
});

test("S25 without a secret there is an error, in development too when the store has no private place", () => {
  const before = process.env["NODE_ENV"];
  try {
    for (const environment of ["production", "test", "development"]) {
      process.env["NODE_ENV"] = environment;
      assert.throws(() => create({ secret: undefined }), SecretError);
      assert.throws(() => create({ secret: "" }), SecretError);
    }
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
});

test("the default store counts by the manager's clock", () => {
  const clock = (): number => 1_600_000_000_000;
  let given: unknown;
  createManager({ secret: SECRET, clock }, (options) => {
    given = options.clock;
    return memoryStore(options);
  });
  assert.equal(given, clock);
});

test("a limit below a minute that is given as a number is a warning with both readings", async (t) => {
  const warnings = t.mock.method(process, "emitWarning", () => {});
  createTestManager({ idleTimeout: 3600, absoluteTimeout: 60_000 });
  createTestManager({ idleTimeout: "30s" });
  createTestManager({ renewInterval: 900 });
  const [warning, renewal, ...others] = warnings.mock.calls.map((call) => String(call.arguments[0]));
  assert.match(warning ?? "", /"idleTimeout" is 3600: .*means 3\.6 s.*"3600s"/);
  assert.match(renewal ?? "", /"renewInterval" is 900: .*means 0\.9 s.*"900s"/);
  assert.deepEqual(others, []);
});
