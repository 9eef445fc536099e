// Visitors by the hundred thousand, who cost no more than they should.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { countCalls } from "../fixtures/counting-store.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";
import { opened, visitorOf } from "./servers-of-store.ts";

const FLOOD = 100_000;

test(`S31 ${FLOOD.toLocaleString("en-US")} anonymous requests store nothing, set nothing and reach no store`, async () => {
  const memory = memoryStore();
  const { store, calls } = countCalls(memory);
  const sessions = createManager<AnyData>({ secret: SECRET, store }, memoryStore);
  const headers = [undefined, "", "theme=dark", "session=junk", `session=${"A".repeat(43)}.${"A".repeat(43)}`];
  for (let i = 0; i < FLOOD; i++) {
    const active = await sessions.open(headers[i % headers.length]);
    assert.equal(active.session["cart"], undefined);
    assert.equal((await active.finish(() => false)).setCookie, undefined);
  }
  assert.deepEqual([memory.size, calls], [0, {}]);
});

test("S32 a flood of anonymous sessions stays within the bound, spares who is logged in, and says so", async (t) => {
  const warn = t.mock.method(process, "emitWarning", () => {});
  const evicted: (string | undefined)[] = [];
  const memory = memoryStore({ maxSessions: 1_000, onEvict: (_key, owner) => evicted.push(owner) });
  const sessions = createManager<AnyData>({ secret: SECRET, store: memory }, memoryStore);
  const users = await Promise.all(Array.from({ length: 100 }, (_, i) => visitorOf(sessions, `user${i}`)));
  const recent = await visitorOf(sessions, undefined, { recent: true });
  for (let i = 0; i < 20_000; i++) {
    await createVisitor(sessions).request((session) => session.update({ i }));
    if (i % 500 === 0) assert((await opened(sessions, recent.cookie)) !== undefined, "it was used a moment ago");
    assert(memory.size <= 1_000);
  }
  for (const { cookie } of users) assert((await opened(sessions, cookie))?.owner !== undefined);
  assert.equal(evicted.length, 20_000 + 101 - 1_000);
  assert(evicted.every((owner) => owner === undefined));
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /maxSessions/);
});
