import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestManager } from "../../test/fixtures/manager.ts";
import { sessionCookie } from "./session-cookie.ts";

test("a session cookie opens a session with the data and the owner", async () => {
  const { sessions } = createTestManager();
  const { session } = await sessions.open(await sessionCookie(sessions, { theme: "dark" }, { owner: "ada" }));
  assert.deepEqual([{ ...session }, session.owner], [{ theme: "dark" }, "ada"]);
});

test("a session that would not be stored has no cookie", async () => {
  await assert.rejects(sessionCookie(createTestManager().sessions, {}), TypeError);
});
