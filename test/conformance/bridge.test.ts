// Stores written for express-session keep, behind the bridge, all laws but those that it says it can't.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import expressSession from "express-session";
import createMemoryStore from "memorystore";
import createFileStore from "session-file-store";
import type { Clock, SessionStore } from "../../src/core/store.ts";
import { bridge, type ExpressSessionStore } from "../../src/express-session/bridge.ts";
import { storeConformance } from "../../src/testing/store-conformance.ts";
import { withOwnerIndex } from "../support/owner-index.ts";

const folder = mkdtempSync(join(tmpdir(), "coatcheck-bridge-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const MemoryStore = createMemoryStore(expressSession);
const FileStore = createFileStore(expressSession);
let folders = 0;

/** A store to bridge. Where its calls take time, laws 1 and 2 can't be kept even within one process. */
interface Bridged {
  readonly make: () => ExpressSessionStore;
  readonly unkeptLaws: readonly number[];
}

const stores: Record<string, Bridged> = {
  "express-session's MemoryStore": { make: () => new expressSession.MemoryStore(), unkeptLaws: [5] },
  memorystore: { make: () => new MemoryStore({ checkPeriod: 60_000 }), unkeptLaws: [5] },
  "session-file-store": {
    make: () => new FileStore({ path: join(folder, String(++folders)), logFn: () => {}, retries: 0, reapInterval: -1 }),
    unkeptLaws: [1, 2, 5],
  },
};

for (const [name, { make, unkeptLaws }] of Object.entries(stores)) {
  const createStore = (clock: Clock): SessionStore => withOwnerIndex(bridge(make(), { clock }));
  for (const { law, name: caseName, run } of storeConformance({ createStore, time: "real", interleavings: 200 })) {
    if (!unkeptLaws.includes(law)) test(`${name} behind the bridge, ${caseName}`, run);
  }
}
