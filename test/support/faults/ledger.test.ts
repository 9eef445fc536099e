// The ledger finds every kind of loss, where there is one: a fault test that can't fail shows nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AnyData, createTestManager } from "../manager.ts";
import { createVisitor, type Visitor } from "../visitor.ts";
import { login, logout, write } from "./actions.ts";
import { Ledger, type Losses } from "./ledger.ts";
import { startTraffic } from "./traffic.ts";

interface Desk {
  readonly browser: Visitor<AnyData>;
  readonly ledger: Ledger;
  readonly losses: Losses;
  readonly name: string;
  /** Writes behind the ledger's back. */
  tamper(values: AnyData): Promise<void>;
  /** What one more request finds. */
  check(): Promise<Losses>;
  revoke(): Promise<void>;
}

const NONE: Losses = { writes: 0, overtaken: 0, sessions: 0, returned: 0, foreign: 0 };

/** A visitor who has written five times. */
async function openDesk(): Promise<Desk> {
  const { sessions } = createTestManager();
  const losses = { ...NONE };
  const ledger = new Ledger("ada", losses, 0);
  const desk: Desk = {
    name: "ada",
    browser: createVisitor(sessions),
    ledger,
    losses,
    tamper: (values) => desk.browser.request((session) => session.update(values)),
    async check() {
      await desk.browser.request((session) => ledger.check(session));
      return losses;
    },
    async revoke() {
      const key = await desk.browser.request((session) => session.key);
      await sessions.revoke(key);
    },
  };
  for (let i = 0; i < 5; i++) await write(desk);
  return desk;
}

test("nothing is found where nothing was lost", async (t) => {
  const { sessions } = createTestManager();
  const traffic = startTraffic(t, { sessions, visitors: 2, actions: "all" });
  await traffic.served(30);
  await traffic.stop();
  await traffic.verify(sessions);
  assert.deepEqual(traffic.losses, NONE);
  assert.deepEqual(traffic.counts.unexpected, []);
});

test("a field that is older than an acknowledged write is a lost write, once", async () => {
  const desk = await openDesk();
  await desk.tamper({ field1: 1 });
  await desk.check();
  assert.deepEqual(await desk.check(), { ...NONE, writes: 1 });
});

test("a field that is gone is a lost write", async () => {
  const desk = await openDesk();
  await desk.browser.request((session) => session.pop("field1"));
  assert.deepEqual(await desk.check(), { ...NONE, writes: 1 });
});

test("a write that got no answer, and is found in place of a later one, has overtaken it", async () => {
  const desk = await openDesk();
  const unanswered = desk.ledger.write();
  for (let i = 0; i < 4; i++) await write(desk);
  await desk.tamper(unanswered);
  assert.deepEqual(await desk.check(), { ...NONE, overtaken: 1 });
});

test("a session that is gone is a lost session, and none where its end was asked for", async () => {
  const desk = await openDesk();
  await desk.revoke();
  assert.deepEqual(await desk.check(), { ...NONE, sessions: 1 });
  await write(desk);
  desk.ledger.unsure();
  await desk.revoke();
  assert.deepEqual(await desk.check(), { ...NONE, sessions: 1 });
});

test("another visitor's mark, and a number that nobody wrote, are foreign", async () => {
  const desk = await openDesk();
  await desk.tamper({ mark: "bob.0", field2: 1_000 });
  assert.deepEqual(await desk.check(), { ...NONE, foreign: 2 });
});

test("cookies from before a login and a logout are dead", async () => {
  const desk = await openDesk();
  const first = desk.browser.cookie;
  await login(desk);
  const second = desk.browser.cookie;
  await logout(desk);
  assert.deepEqual(desk.ledger.dead, [first, second]);
});
