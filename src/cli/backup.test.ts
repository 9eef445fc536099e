// `coatcheck backup`: a copy of an embedded store in use, and what a restore of it has.
import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createSessions } from "coatcheck";
import { sqliteStore } from "coatcheck/sqlite";
import { coatcheck, jsonOf } from "../../test/fixtures/cli/program.ts";
import { SECRET } from "../../test/fixtures/manager.ts";
import { createVisitor } from "../../test/fixtures/visitor.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-backup-"));
after(() => rmSync(folder, { recursive: true, force: true }));

test("a backup is taken while the store is written, and a restore of it keeps who had logged in", async () => {
  const path = join(folder, "sessions");
  const store = sqliteStore({ path });
  const sessions = createSessions<{ user?: string }>({ secret: SECRET, store });
  const visitor = createVisitor(sessions);
  await visitor.request(async (session) => void (await session.login("ada")));
  const busy = Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      store.create(`later-${i}`, {
        fields: new Map(),
        createdAt: 0,
        expiresAt: Date.now() + 3_600_000,
        owner: undefined,
        version: 1,
      }),
    ),
  );
  const file = join(folder, "backup.sqlite");
  const taken = await coatcheck(["backup", file, "--store", `sqlite:${path}`, "--json"]);
  assert.equal(taken.code, 0, taken.stderr);
  assert.deepEqual(jsonOf(taken), { file, bytes: statSync(file).size });
  assert.equal(statSync(file).mode & 0o777, 0o600);
  await busy;
  await sessions.close();

  const restored = join(folder, "restored");
  mkdirSync(restored, { mode: 0o700 });
  copyFileSync(file, join(restored, "sessions.sqlite"));
  const again = createSessions<{ user?: string }>({ secret: SECRET, store: sqliteStore({ path: restored }) });
  await createVisitor(again, visitor.cookie).request((session) => assert.equal(session.owner, "ada"));
  await again.close();
});

test("a backup overwrites no file, and is for embedded stores alone", async () => {
  const path = join(folder, "other");
  await sqliteStore({ path }).close();
  const file = join(folder, "there");
  assert.equal((await coatcheck(["backup", file, "--store", path])).code, 0);
  const again = await coatcheck(["backup", file, "--store", path]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /is there already/);
  assert.equal((await coatcheck(["backup", file, "--store", join(folder, "nowhere")])).code, 3);
});
