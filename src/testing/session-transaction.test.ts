import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnyData, createTestManager, SECRET } from "../../test/fixtures/manager.ts";
import { createManager, type SessionManager } from "../core/manager.ts";
import { flaskCookieStore } from "../flask-cookie/index.ts";
import { memoryStore } from "../stores/memory/index.ts";
import { sessionCookie } from "./session-cookie.ts";
import { sessionTransaction } from "./session-transaction.ts";

/** The cookie of the first stays as it is; the other's changes with each write. */
const MANAGERS: Readonly<Record<string, () => SessionManager<AnyData>>> = {
  "a store of the server": () => createTestManager().sessions,
  "Flask's cookie": () => createManager({ secret: SECRET, store: flaskCookieStore({ secret: SECRET }) }, memoryStore),
};

async function dataOf(sessions: SessionManager<AnyData>, cookie: string): Promise<AnyData> {
  return { ...(await sessions.open(cookie)).session };
}

for (const [name, start] of Object.entries(MANAGERS)) {
  test(`on ${name}, a session is begun, changed, left as it is and ended, by the cookie that comes back`, async () => {
    const sessions = start();
    const first = await sessionTransaction(sessions, undefined, (session) => {
      session["username"] = "ada";
    });
    assert.deepEqual(await dataOf(sessions, first), { username: "ada" });
    const second = await sessionTransaction(sessions, first, async (session) => {
      await Promise.resolve();
      session["cart"] = [1];
    });
    assert.deepEqual(await dataOf(sessions, second), { username: "ada", cart: [1] });
    const read = await sessionTransaction(sessions, second, (session) => assert.equal(session["username"], "ada"));
    assert.equal(read, second);
    assert.equal(await sessionTransaction(sessions, second, (session) => session.logout()), "");
    assert.deepEqual(await dataOf(sessions, second), {});
  });

  test(`on ${name}, other cookies stay, one of ours that opens nothing goes, and login gives another ID`, async () => {
    const sessions = start();
    const set = (session: AnyData): void => {
      session["a"] = 1;
    };
    const stale = "theme=dark; session=forged; sessions=2";
    const header = await sessionTransaction(sessions, stale, set);
    assert.match(header, /^theme=dark; sessions=2; session=[^;]+$/);
    assert.notEqual(header, stale);
    assert.equal(await sessionTransaction(sessions, stale, () => {}), stale);
    const loggedIn = await sessionTransaction(sessions, header, (session) => session.login("ada"));
    assert.notEqual(loggedIn, header);
    assert.equal((await sessions.open(loggedIn)).session.owner, "ada");
    assert.equal(await sessionTransaction(sessions, loggedIn, (session) => session.logout()), "theme=dark; sessions=2");
  });
}

test("a function that throws stores nothing", async () => {
  const { sessions } = createTestManager();
  const cookie = await sessionCookie(sessions, { a: 1 });
  const failed = sessionTransaction(sessions, cookie, (session) => {
    session["a"] = 2;
    throw new RangeError("no");
  });
  await assert.rejects(failed, RangeError);
  assert.deepEqual(await dataOf(sessions, cookie), { a: 1 });
});

test("a new session that nothing is put into has no cookie", async () => {
  assert.equal(await sessionTransaction(createTestManager().sessions, undefined, () => {}), "");
});
