// S27: whatever the library tells - events, errors, warnings, the console - carries no ID, no cookie value, no secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { scriptStore } from "../fixtures/scripted-store.ts";
import { createVisitor } from "../fixtures/visitor.ts";

test("S27 a busy hour's events, errors and warnings, searched for every ID, cookie and secret", async (t) => {
  const told: unknown[] = [];
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    t.mock.method(console, method, (...args: unknown[]) => told.push(...args));
  }
  t.mock.method(process, "emitWarning", (...args: unknown[]) => told.push(...args));
  const secrets = new Set<string>([SECRET]);
  let isFailing = false;
  const store = scriptStore(memoryStore({ maxSessions: 20 }), (method, proceed) => {
    if (isFailing && method !== "load") throw new Error(`${method} failed`);
    return proceed();
  });
  const onEvent = (event: unknown): void => {
    told.push(event);
    throw new Error("a listener that throws");
  };
  const sessions = createManager<AnyData>({ secret: SECRET, store, onEvent }, memoryStore);

  for (let i = 0; i < 100; i++) {
    const visitor = createVisitor(sessions);
    const attempt = async (work: Parameters<typeof visitor.request>[0]): Promise<void> => {
      await visitor
        .request((session) => {
          secrets.add(session.id);
          return work(session);
        })
        .catch((error: unknown) => told.push(error));
      if (visitor.cookie) secrets.add(visitor.cookie.slice("session=".length));
    };
    await attempt((session) => session.update({ i }));
    await attempt((session) => session.login(`user${i}`));
    isFailing = i % 3 === 0;
    await attempt((session) => session.update({ i: () => 1 }));
    await attempt((session) => session.transaction((same) => same.update({ j: 1 })));
    await attempt((session) => Reflect.set(session, "login", 1));
    await attempt((session) => sessions.revoke(session.key));
    await attempt((session) => session.regenerate());
    isFailing = false;
    visitor.cookie = visitor.cookie?.slice(0, -1);
    await attempt((session) => session.logout());
  }

  assert(told.length > 300, "there was something to search");
  assert(secrets.size > 200);
  const text = told
    .map((each) => `${inspect(each, { depth: 20, showHidden: true })} ${JSON.stringify(each)} ${String(each)}`)
    .join("\n");
  for (const secret of secrets) assert(!text.includes(secret), "something was told that must not be");
});
