// S27: what a developer prints of a session, a manager, an error or an option shows no ID, cookie or secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { format, inspect } from "node:util";
import { createManager } from "../../src/core/manager.ts";
import { generateSecret } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import type { AnyData } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";

test("S27 util.inspect, JSON, templates, spread and copies of a session show its data and nothing of its ID", async () => {
  const secret = generateSecret();
  const encryptionKey = generateSecret();
  const sessions = createManager<AnyData>(
    { secret, encryption: { keys: [encryptionKey] }, store: memoryStore() },
    memoryStore,
  );
  const visitor = createVisitor(sessions);
  await visitor.request((session) => session.update({ shown: "data" }) ?? session.login("ada"));
  await visitor.request(async (session) => {
    const hidden = [secret, encryptionKey, session.id, session.csrfToken, visitor.cookie?.split(".")[1] ?? ""];
    const list = await sessions.list("ada");
    const printed = [
      inspect(session),
      inspect(session, { depth: 20, showHidden: true, showProxy: true, getters: true }),
      JSON.stringify(session),
      format("%o %O %j %s", session, session, session, session),
      inspect({ ...session }, { depth: 20, showHidden: true }),
      inspect(structuredClone({ ...session })),
      Object.entries(session).join(),
      inspect(sessions, { depth: 20, showHidden: true, getters: true }),
      JSON.stringify(sessions),
      inspect(list, { depth: 20, showHidden: true }) + JSON.stringify(list),
      inspect(await sessions.inspect(session.key), { depth: 20 }),
    ];
    for (const [i, text] of printed.entries()) {
      for (const each of hidden) assert(each.length >= 43 && !text.includes(each), `print ${i} shows what it must not`);
    }
    assert.match(printed[0] ?? "", /shown: 'data'/);
  });
});
