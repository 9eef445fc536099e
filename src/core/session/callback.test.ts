import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { SessionGoneError } from "../errors.ts";

for (const control of ["save", "reload", "regenerate", "destroy"] as const) {
  test(`${control} tells a callback when it is done, and with what error`, async () => {
    const { sessions, store } = createTestManager();
    const visitor = createVisitor(sessions);
    await visitor.request((session) => session.update({ a: 1 }));
    await visitor.request(async (session) => {
      const told = await new Promise((resolve) => session[control]((...error) => resolve(error)));
      assert.deepEqual(told, []);
    });
    if (control === "destroy") return;
    await visitor.request((session) => session.update({ a: 2 }));
    const active = await sessions.open(visitor.cookie);
    active.session["a"] = 3;
    await store.destroy(active.session.key);
    const error = await new Promise((resolve) => active.session[control](resolve));
    assert(error instanceof SessionGoneError);
  });
}
