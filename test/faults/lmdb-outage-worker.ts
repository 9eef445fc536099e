// A process for the tests of outages. node lmdb-outage-worker.ts <what> <directory>
import { createRequire } from "node:module";
import { StoreUnavailableError } from "../../src/core/errors.ts";
import { lmdbStore } from "../../src/stores/lmdb.ts";

const [what, directory = ""] = process.argv.slice(2);
if (what === "hold the lock") holdLock();
else await fillDisk();

/** Takes LMDB's lock and never gives it back. */
function holdLock(): void {
  const lmdb: typeof import("lmdb") = createRequire(import.meta.url)("lmdb");
  const root = lmdb.open({ path: directory, noSubdir: false, overlappingSync: false });
  root.transactionSync(() => {
    process.send?.("held");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
}

/** Writes until the file may grow no more; then looks at what was acknowledged. */
async function fillDisk(): Promise<void> {
  const store = lmdbStore({ path: directory });
  const record = { createdAt: 0, expiresAt: Date.now() + 3_600_000, owner: "ann", version: 1 };
  const acknowledged: string[] = [];
  const errors: unknown[] = [];
  while (errors.length === 0) {
    const keys = Array.from({ length: 5 }, (_, i) => `key-${acknowledged.length + i}`);
    const results = await Promise.allSettled(
      keys.map((key) => store.create(key, { ...record, fields: new Map([["text", "x".repeat(20_000)]]) })),
    );
    for (const [i, result] of results.entries()) {
      if (result.status === "rejected") errors.push(result.reason);
      else acknowledged.push(keys[i] as string);
    }
  }
  const isLoaded = (key: string): boolean => store.load(key)?.fields.get("text")?.length === 20_000;
  const kept = acknowledged.every(isLoaded);
  const typed = errors.every((error) => error instanceof StoreUnavailableError && error.cause instanceof Error);
  const listed = listAll(store).length;
  for (const key of acknowledged.slice(0, 20)) await store.destroy(key);
  const goesOn = await store.create("after", { ...record, fields: new Map() });
  await store.close();
  process.send?.({ acknowledged: acknowledged.length, kept, typed, listed, goesOn });
}

function listAll(store: ReturnType<typeof lmdbStore>): readonly unknown[] {
  return store.list("ann", { limit: 100_000 }).sessions;
}
