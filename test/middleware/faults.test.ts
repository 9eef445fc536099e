// The faults that this suite was built for, each by itself with the right value.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Group, Result } from "./run.ts";
import { runInWorkers } from "./start-worker.ts";

type Case = Omit<Group, "cases">;

/** What differs from the same app without sessions. For a store that fails, what is not a whole 503. */
async function differencesOf(app: Case, ...cases: readonly string[]): Promise<string[]> {
  const results = await runInWorkers([{ ...app, cases }]);
  return results.flatMap(({ handler, difference }: Result) => (difference ? [`${handler}: ${difference}`] : []));
}

const express = { framework: "Express 5", position: "below" } as const;

test("A1: with compression 1.7.5 below the session and a store that answers late, files and pieces arrive", async () => {
  const app = { ...express, middleware: "compression 1.7", store: "5 ms" };
  const handlers = [
    "sendFile of 500 KB",
    "two writes",
    "events, each flushed",
    "pipe small pieces",
    "pipe large pieces",
  ];
  assert.deepEqual(await differencesOf(app, ...handlers), []);
});

test("A2: a forbidden status text is a 500 while the session is stored, as without sessions", async () => {
  const app = { ...express, middleware: "none", store: "5 ms" };
  assert.deepEqual(await differencesOf(app, "status text of Express that is forbidden"), []);
});

test("A4: events that compression 1.8 flushes are compressed, whether the session was changed or only read", async () => {
  const app = { ...express, middleware: "compression 1.8" };
  for (const store of ["5 ms", "5 ms, a change", "5 ms, a touch"]) {
    assert.deepEqual(await differencesOf({ ...app, store }, "events, written and flushed at once"), []);
  }
});

test("A7: below any compression, small files and pipelines end, whether the session was changed or only read", async () => {
  for (const middleware of ["compression 1.7", "compression 1.8"]) {
    for (const store of ["5 ms", "5 ms, a touch"]) {
      const app = { framework: "Express 5", position: "above", middleware, store } as const;
      assert.deepEqual(await differencesOf(app, "sendFile of 5 KB", "pipeline of rows", "pipeline of one piece"), []);
    }
  }
});

for (const framework of ["Express 5", "Express 5, drop-in", "HTTP/2"]) {
  const middlewares = [
    // Without sessions, too, compression 1.7 answers nothing on HTTP/2.
    ...(framework === "HTTP/2" ? [] : ["compression 1.7"]),
    "compression 1.8",
    ...(framework === "Express 5" ? ["express-session"] : []),
  ];
  for (const middleware of middlewares) {
    test(`A8: a store that fails above ${middleware} is a 503 on ${framework}`, async () => {
      const cases = framework === "HTTP/2" ? ["end text", "two writes"] : ["json", "end text", "two writes"];
      for (const store of ["fails at a create", "fails at a commit"]) {
        assert.deepEqual(await differencesOf({ framework, middleware, position: "below", store }, ...cases), []);
      }
    });
  }
}
