import assert from "node:assert/strict";
import { test } from "node:test";
import { SecretError } from "../core/errors.ts";
import { CONTROLS } from "../core/session/controls.ts";
import { createNullSession } from "./null-session.ts";

/** As Flask's NullSession: nothing is there to take, store or read again. */
const HARMLESS = ["takeFlashes", "save", "reload"];

test("every control that writes is refused without a secret key, but for those that leave an empty session as it is", async () => {
  const session = await createNullSession();
  for (const [name, effect] of Object.entries(CONTROLS)) {
    if (effect === "reads" || HARMLESS.includes(name)) continue;
    assert.throws(
      () => Reflect.apply(Reflect.get(session as object, name) as () => unknown, undefined, ["a", 1]),
      SecretError,
      name,
    );
  }
  assert.deepEqual([session.takeFlashes(), { ...session }], [[], {}]);
});
