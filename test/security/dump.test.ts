// S28: what a store holds logs nobody in.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createManager } from "../../src/core/manager.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { SQLITE_FILES } from "../../src/stores/sqlite/files.ts";
import { sqliteStore } from "../../src/stores/sqlite/index.ts";
import { type AnyData, SECRET } from "../fixtures/manager.ts";
import { createVisitor } from "../fixtures/visitor.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-dump-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("S28 no ID and no cookie stands in the embedded store's files, and no string from them opens a session", async () => {
  const path = join(folder, "sessions");
  const sessions = createManager<AnyData>({ secret: SECRET, store: sqliteStore({ path }) }, memoryStore);
  const told: string[] = [];
  for (let i = 0; i < 50; i++) {
    const visitor = createVisitor(sessions);
    await visitor.request(async (session) => {
      session["i"] = i;
      await session.login(`user${i}`);
      told.push(session.id);
    });
    told.push(visitor.cookie?.slice("session=".length) ?? "");
  }
  // Another process reads: a file that this one opens and closes would lose SQLite's locks on it.
  const files = SQLITE_FILES.map((name) => join(path, name));
  const dump = execFileSync("cat", files, { encoding: "latin1", maxBuffer: 2 ** 28 });
  for (const secret of told) assert(!dump.includes(secret));

  const candidates = new Set(dump.match(/[\w-]{43,}/g));
  assert(candidates.size >= 50, "the keys are in the dump");
  for (const text of candidates) {
    for (const value of [text, text.slice(0, 43), `${text.slice(0, 43)}.${text.slice(0, 43)}`, text.slice(0, 87)]) {
      const thief = createVisitor(sessions, `session=${value}`);
      await thief.request((session) => assert.deepEqual({ ...session }, {}));
    }
  }
  await sessions.close();
});
