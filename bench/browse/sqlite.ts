// The embedded store's part of bench/browse.ts. Its bare work is SQLite's own reads of the same rows.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { sqliteStore } from "coatcheck/sqlite";
import type { ListPage } from "../../src/core/record/store.ts";
import { ownerHash } from "../../src/stores/sqlite/session-rows.ts";
import { type Bare, type Line, measure, walk } from "./measure.ts";
import { fill, keyOf, recordOf } from "./sessions.ts";

const BATCH = 5_000;
const TIMEOUT = 60_000;

export async function browseSqlite(total: number): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-browse-"));
  const path = join(folder, "sessions");
  const store = sqliteStore({ path, timeout: TIMEOUT });
  const database = new DatabaseSync(join(path, "sessions.sqlite"));
  try {
    const now = Date.now();
    await fill(total, BATCH, (from, to) =>
      Promise.all(Array.from({ length: to - from }, (_, i) => store.create(keyOf(from + i), recordOf(from + i, now)))),
    );
    const lines = await measure(store, bare(database), total);
    console.log(`all by key: ${await walk(store, { limit: 1_000, keyPrefix: "" })}`);
    return lines;
  } finally {
    database.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the store's table as it is. */
function bare(database: DatabaseSync): Bare {
  const prepare = (condition: string) =>
    database.prepare(`SELECT CAST(key AS BLOB) AS key, record FROM sessions WHERE ${condition} LIMIT 101`);
  const byTime = prepare("sweepAt < ? ORDER BY sweepAt DESC, id DESC");
  const byOwner = prepare("owner = ? ORDER BY id");
  const byKey = prepare("key >= ? ORDER BY key");
  const count = database.prepare("SELECT value FROM counts");
  return {
    firstPage: async () => byTime.all(Number.MAX_VALUE),
    pageAfter: async ({ sessions }: ListPage) => byTime.all(sessions.at(-1)?.record.expiresAt ?? 0),
    byOwner: async (owner) => byOwner.all(ownerHash(owner)),
    byPrefix: async (prefix) => byKey.all(prefix),
    count: async () => count.get(),
  };
}
