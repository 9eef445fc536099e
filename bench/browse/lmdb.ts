// The embedded store's part of bench/browse.ts. Its bare work is LMDB's own reads of the same entries.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lmdbStore } from "coatcheck/lmdb";
import { type Database, open } from "lmdb";
import type { ListPage } from "../../src/core/store.ts";
import { expiryKey, keyInExpiryKey, keyInOwnerKey, ownerRange } from "../../src/stores/lmdb/keys.ts";
import { type Bare, type Line, measure, walk } from "./measure.ts";
import { fill, keyOf, recordOf } from "./sessions.ts";

const BATCH = 5_000;
const TIMEOUT = 60_000;

export async function browseLmdb(total: number): Promise<Line[]> {
  const folder = mkdtempSync(join(tmpdir(), "coatcheck-browse-"));
  const path = join(folder, "sessions");
  const store = lmdbStore({ path, timeout: TIMEOUT });
  try {
    const now = Date.now();
    await fill(total, BATCH, (from, to) =>
      Promise.all(Array.from({ length: to - from }, (_, i) => store.create(keyOf(from + i), recordOf(from + i, now)))),
    );
    const lines = await measure(store, bare(path), total);
    console.log(`all by key: ${await walk(store, { limit: 1_000, keyPrefix: "" })}`);
    return lines;
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Reads the store's tables as they are. */
function bare(path: string): Bare {
  const root = open({ path, readOnly: true, noSubdir: false });
  const table = { keyEncoding: "binary", encoding: "binary" } as const;
  const records = root.openDB<Buffer, Buffer>("records", { ...table, useVersions: true });
  const [expiries, owners] = [
    root.openDB<Buffer, Buffer>("expiries", table),
    root.openDB<Buffer, Buffer>("owners", table),
  ];
  const page = async (start: Buffer): Promise<unknown> => {
    return read(records, Array.from(expiries.getKeys({ start, reverse: true, limit: 101 }), keyInExpiryKey));
  };
  return {
    firstPage: () => page(Buffer.from([0xff])),
    pageAfter: ({ sessions }: ListPage) => {
      const { key, record } = sessions.at(-1) ?? { key: "", record: { expiresAt: 0 } };
      return page(expiryKey(record.expiresAt, Buffer.from(key)));
    },
    byOwner: async (owner) =>
      read(
        records,
        Array.from(owners.getKeys({ ...ownerRange(owner, ""), limit: 101 }), (key) => Buffer.from(keyInOwnerKey(key))),
      ),
    byPrefix: async (prefix) =>
      Array.from(records.getRange({ start: Buffer.from(prefix), end: Buffer.from(`${prefix}\u{10ffff}`), limit: 101 })),
    count: async () => records.getStats(),
  };
}

function read(records: Database<Buffer, Buffer>, keys: readonly Buffer[]): unknown[] {
  return keys.map((key) => records.get(key));
}
