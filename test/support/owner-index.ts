// Finds sessions by owner for a store that can't, so that the conformance suite can look at such a store: for tests.
import type { SessionStore } from "../../src/core/store.ts";

/** The same store, with an index in this process's memory of what came through here. */
export function withOwnerIndex(store: SessionStore): SessionStore {
  const keys = new Set<string>();

  async function liveKeysOf(owner: string): Promise<string[]> {
    const found: string[] = [];
    for (const key of keys) {
      const record = await store.load(key);
      if (record?.owner === owner && record.movedTo === undefined) found.push(key);
    }
    return found.sort();
  }

  return {
    ...store,
    create: async (key, record) => {
      keys.add(key);
      return store.create(key, record);
    },
    replace: async (oldKey, newKey, replacement) => {
      keys.add(newKey);
      return store.replace(oldKey, newKey, replacement);
    },
    async list(owner, { limit = 100, cursor = "" } = {}) {
      const sessions = [];
      for (const key of await liveKeysOf(owner)) {
        if (key <= cursor) continue;
        if (sessions.length === limit) return { sessions, next: sessions.at(-1)?.key };
        const record = await store.load(key);
        if (record?.owner === owner) sessions.push({ key, record });
      }
      return { sessions };
    },
    async destroyAll(owner, { except } = {}) {
      let count = 0;
      for (const key of await liveKeysOf(owner)) if (key !== except && (await store.destroy(key))) count++;
      return count;
    },
  };
}
