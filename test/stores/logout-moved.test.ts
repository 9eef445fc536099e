// A logout ends the session also if another request has changed its ID meanwhile, in stores of every kind.
import assert from "node:assert/strict";
import test, { after } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import type { SessionStore } from "../../src/core/record/store.ts";
import { bridge, MemoryStore } from "../../src/express-session/index.ts";
import { flaskSessionRedisStore } from "../../src/flask-cookie/index.ts";
import { cookieStore } from "../../src/stores/cookie/index.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { nodeRedis } from "../fixtures/redis/clients.ts";
import { anyRedis } from "../fixtures/redis/server.ts";
import { createVisitor } from "../fixtures/visitor.ts";

const server = await anyRedis();
const { client, close } = await nodeRedis(server.url);
after(async () => {
  close();
  await server.stop();
});

/** Two stores on the same data, as two processes have them, or the same one twice where it has no server. */
const kinds: Readonly<Record<string, () => readonly [SessionStore, SessionStore]>> = {
  memoryStore: () => twice(memoryStore()),
  bridge: () => {
    const store = new MemoryStore();
    return [bridge(store), bridge(store)];
  },
  cookieStore: () => twice(cookieStore()),
  flaskSessionRedisStore: () => [flaskSessionRedisStore({ client }), flaskSessionRedisStore({ client })],
};

function twice(store: SessionStore): readonly [SessionStore, SessionStore] {
  return [store, store];
}

for (const [kind, make] of Object.entries(kinds)) {
  for (const how of ["regenerate", "login"] as const) {
    test(`S9 S10 ${kind}: a logout follows ${how} of another request`, async () => {
      const [here, there] = make().map((store) => createManager<AnyData>({ secret: SECRET, store }, memoryStore));
      assert.ok(here && there);
      const leaving = createVisitor(here);
      await leaving.request((session) => session.update({ a: 1 }));
      if (how === "regenerate") await leaving.request((session) => session.login("ada"));
      const staying = createVisitor(there, leaving.cookie);
      await leaving.request(async (session) => {
        assert.equal(session["a"], 1);
        await staying.request((same) => (how === "login" ? same.login("ada") : same.regenerate()));
        await session.logout();
      });
      await staying.request((session) => assert.deepEqual([{ ...session }, session.owner], [{}, undefined]));
      // Once more, when it has ended, is no failure.
      await leaving.request((session) => session.logout());
    });
  }
}
