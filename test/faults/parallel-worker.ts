// One of the processes of an app that serve the same sessions at the same time.
// node parallel-worker.ts <shared store as JSON>; its parent sends it tasks, and hears when each is done.
import assert from "node:assert/strict";
import { SessionGoneError } from "../../src/core/errors.ts";
import { createManager, type SessionManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { openShared, type SharedStore } from "../fixtures/faults/shared-stores.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";

/** What a process is to do; all of a task's requests run at once. */
export type Task =
  /** Each request sets a key of its own. */
  | { readonly task: "keys"; readonly cookie: string; readonly names: readonly string[] }
  | { readonly task: "count"; readonly cookie: string; readonly times: number }
  /** In each session, requests write until the session is gone. */
  | { readonly task: "write"; readonly cookies: readonly string[] }
  /** Each session is ended after so many ms; by its own logout, or by its owner's. */
  | { readonly task: "end"; readonly cookies: readonly string[]; readonly after: number };

/** What it tells: nothing but that it is ready, how many writes were acknowledged, or what went wrong. */
export type Answer = { readonly done: number } | { readonly failed: string };

type Sessions = SessionManager<AnyData>;

/** No request of these tests may fail because the machine is busy. */
const STORE_TIMEOUT = 30_000;
const MAX_WRITES = 10_000;

if (process.argv[1] === import.meta.filename && process.argv[2] !== undefined) await serve(JSON.parse(process.argv[2]));

async function serve(shared: SharedStore): Promise<void> {
  const { store, release } = await openShared(shared);
  const sessions = createManager<AnyData>({ secret: SECRET, store, storeTimeout: STORE_TIMEOUT }, memoryStore);
  process.on("message", (task: Task) => {
    perform(sessions, task).then(
      (done) => tell({ done }),
      (error: unknown) => tell({ failed: error instanceof Error ? `${error.stack}` : String(error) }),
    );
  });
  process.on("disconnect", async () => {
    await sessions.close();
    await release();
  });
  tell({ done: 0 });
}

function tell(answer: Answer): void {
  process.send?.(answer);
}

async function perform(sessions: Sessions, task: Task): Promise<number> {
  switch (task.task) {
    case "keys":
      return total(task.names.map((name) => setKey(sessions, task.cookie, name)));
    case "count":
      return total(Array.from({ length: task.times }, () => increment(sessions, task.cookie)));
    case "write":
      return total(task.cookies.map((cookie) => writeUntilGone(sessions, cookie)));
    case "end":
      return total(task.cookies.map((cookie, i) => end(sessions, cookie, i, task.after)));
  }
}

async function total(counts: readonly Promise<number>[]): Promise<number> {
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

async function setKey(sessions: Sessions, cookie: string, name: string): Promise<number> {
  await createVisitor(sessions, cookie).request((session) => session.update({ [name]: name }));
  return 1;
}

async function increment(sessions: Sessions, cookie: string): Promise<number> {
  await createVisitor(sessions, cookie).request((session) =>
    session.transaction((inside) => inside.update({ count: Number(inside["count"] ?? 0) + 1 })),
  );
  return 1;
}

async function writeUntilGone(sessions: Sessions, cookie: string): Promise<number> {
  for (let writes = 0; writes < MAX_WRITES; writes++) {
    const visitor = createVisitor(sessions, cookie);
    try {
      const isGone = await visitor.request((session) => {
        if (!session.isNew) session.update({ [`write${process.pid}`]: writes });
        return session.isNew;
      });
      if (isGone) return writes;
    } catch (error) {
      if (error instanceof SessionGoneError) return writes;
      throw error;
    }
  }
  return assert.fail("the session is not ended");
}

async function end(sessions: Sessions, cookie: string, place: number, after: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, after));
  await createVisitor(sessions, cookie).request(async (session) => {
    const { owner } = session;
    if (place % 2 === 0 || owner === undefined) await session.logout();
    else await sessions.revokeAll(owner);
  });
  return 1;
}
