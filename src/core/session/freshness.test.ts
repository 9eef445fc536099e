// How long ago the owner logged in, and what may ask for a recent login.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../../test/fixtures/manager.ts";
import { createVisitor } from "../../../test/fixtures/visitor.ts";
import { FreshLoginRequiredError, SessionOptionError } from "../errors.ts";

const MINUTE = 60_000;

test("S14 the moment of the login is kept through activity, writes and new IDs", async () => {
  const { sessions, clock } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ a: 1 }));
  clock.advance(5 * MINUTE);
  assert.equal(await visitor.request((session) => session.authenticatedAt), undefined);
  await visitor.request((session) => session.login("ada"));
  const loggedInAt = clock();
  for (const work of ["write", "regenerate", "read"]) {
    clock.advance(2 * MINUTE);
    await visitor.request(async (session) => {
      if (work === "write") session["b"] = 1;
      if (work === "regenerate") await session.regenerate();
      assert.equal(session.authenticatedAt?.getTime(), loggedInAt);
    });
  }
});

test("S14 requireFresh lets a login pass up to its age, and refuses it from the next millisecond", async () => {
  const { sessions, clock } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.login("ada"));
  clock.advance(10 * MINUTE);
  await visitor.request((session) => session.requireFresh("10m"));
  clock.advance(1);
  await visitor.request((session) => {
    assert.throws(
      () => session.requireFresh("10m"),
      (error) => error instanceof FreshLoginRequiredError && error.status === 403,
    );
    session.requireFresh("11m");
  });
  await visitor.request(async (session) => {
    await session.login("ada");
    session.requireFresh("1ms");
  });
});

test("S14 requireFresh refuses a visitor who has not logged in, or has logged out", async () => {
  const { sessions } = createTestManager();
  const visitor = createVisitor(sessions);
  await visitor.request(async (session) => {
    assert.throws(() => session.requireFresh("1h"), FreshLoginRequiredError);
    await session.login("ada");
    await session.logout();
    assert.throws(() => session.requireFresh("1h"), FreshLoginRequiredError);
    assert.throws(() => session.requireFresh("soon" as "1h"), SessionOptionError);
  });
});
