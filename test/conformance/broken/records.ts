// Stores that break law 1 or 2, whoever calls them and when.
import type { Change, SessionRecord } from "../../../src/core/record/store.ts";
import { type Broken, broken } from "./breakable.ts";

const HOUR = 3_600_000;
const NO_FIELDS: ReadonlyMap<string, string> = new Map();
const isTouch = (change: Change): boolean => change.set.size + change.remove.size === 0;

export const changeFaults: readonly Broken[] = [
  broken("create rounds the beginning to seconds", "a created record is loaded as it was given", ({ inner }) => ({
    create: (key, record) => inner.create(key, { ...record, createdAt: Math.floor(record.createdAt / 1_000) * 1_000 }),
  })),
  broken(
    "commit overwrites all fields",
    "commit sets and removes the fields it names and leaves the others",
    ({ inner }) => ({
      commit: (key, change) => {
        const others = [...(inner.load(key)?.fields.keys() ?? [])].filter((name) => !change.set.has(name));
        return inner.commit(key, isTouch(change) ? change : { ...change, remove: new Set(others) });
      },
    }),
  ),
  broken("commit refuses to remove an absent field", "removing an absent field is no error", ({ inner }) => ({
    commit: (key, change) => {
      const { fields } = inner.load(key) ?? { fields: NO_FIELDS };
      return [...change.remove].some((name) => !fields.has(name)) ? "gone" : inner.commit(key, change);
    },
  })),
  broken("a touch raises the version", "a touch moves the expiry and nothing else", ({ inner }) => ({
    commit: (key, change) => inner.commit(key, isTouch(change) ? { ...change, remove: new Set(["-"]) } : change),
  })),
  broken(
    "a removal does not raise the version",
    "the version grows by one with every commit that names a field",
    ({ inner, overwrite }) => ({
      commit: (key, change) => {
        const before = inner.load(key);
        const result = inner.commit(key, change);
        const after = inner.load(key);
        if (result !== "committed" || change.set.size > 0 || !before || !after) return result;
        overwrite(key, { ...after, version: before.version });
        return result;
      },
    }),
  ),
  broken("the last expiry wins", "the later expiry wins, the stored or the change's", ({ inner, overwrite }) => ({
    commit: (key, change) => {
      const result = inner.commit(key, change);
      const after = inner.load(key);
      if (after && result === "committed" && change.expiresAt > 0)
        overwrite(key, { ...after, expiresAt: change.expiresAt });
      return result;
    },
  })),
  broken(
    "commit ignores ifVersion",
    "ifVersion: a change for another version is a conflict and stores nothing",
    ({ inner }) => ({ commit: (key, change) => inner.commit(key, { ...change, ifVersion: undefined }) }),
  ),
  broken("at most 255 fields are written", "a change of 500 fields arrives whole", ({ inner }) => ({
    commit: (key, change) => inner.commit(key, { ...change, set: new Map([...change.set].slice(0, 255)) }),
  })),
  broken("load hands out the store's own map", "a later commit changes no record that was handed out", ({ inner }) => {
    const own = new Map<string, Map<string, string>>();
    return {
      create: (key, record) => inner.create(key, record) && own.set(key, new Map(record.fields)) !== undefined,
      load: (key) => {
        const [record, fields] = [inner.load(key), own.get(key)];
        return record && fields ? { ...record, fields } : record;
      },
      commit: (key, change) => {
        for (const name of change.remove) own.get(key)?.delete(name);
        for (const [name, text] of change.set) own.get(key)?.set(name, text);
        return inner.commit(key, change);
      },
    };
  }),
  broken(
    "create keeps the caller's map",
    "maps that the caller changes afterwards change nothing that is stored",
    ({ inner }) => {
      const given = new Map<string, SessionRecord>();
      return {
        create: (key, record) => inner.create(key, record) && given.set(key, record) !== undefined,
        load: (key) => {
          const record = inner.load(key);
          return record?.version === given.get(key)?.version ? given.get(key) : record;
        },
      };
    },
  ),
];

export const endingFaults: readonly Broken[] = [
  broken("commit creates", "commit never creates", ({ inner, clock }) => ({
    commit: (key, change) => {
      const result = inner.commit(key, change);
      if (result !== "gone" || inner.load(key)) return result;
      const { set: fields, expiresAt } = change;
      inner.create(key, { fields, createdAt: clock(), expiresAt, owner: undefined, version: 1 });
      return "committed";
    },
  })),
  broken("create overwrites", "create never overwrites a live record", ({ overwrite }) => ({
    create: (key, record) => {
      overwrite(key, record);
      return true;
    },
  })),
  broken("destroy leaves a touch open", "destroy ends a session for every call", ({ inner }) => ({
    commit: (key, change) => (isTouch(change) ? "committed" : inner.commit(key, change)),
  })),
  broken("destroy ignores ifVersion", "destroy with ifVersion ends that version only", ({ inner }) => ({
    destroy: (key) => inner.destroy(key),
  })),
  broken("destroy always answers true", "of parallel destroys exactly one answers true", ({ inner }) => ({
    destroy: (key, options) => inner.destroy(key, options) || true,
  })),
  broken("destroy ends all of the owner's", "ending one session leaves all others as they were", ({ inner }) => ({
    destroy: (key, options) => {
      const { owner } = inner.load(key) ?? {};
      const ended = inner.destroy(key, options);
      if (ended && owner !== undefined) inner.destroyAll(owner);
      return ended;
    },
  })),
];

export const replaceFaults: readonly Broken[] = [
  broken(
    "replace keeps the version",
    "replace moves the record whole, changed, with its version one higher",
    ({ inner, overwrite }) => ({
      replace: (oldKey, newKey, replacement) => {
        const result = inner.replace(oldKey, newKey, replacement);
        const moved = inner.load(newKey);
        if (moved) overwrite(newKey, { ...moved, version: moved.version - 1 });
        return result;
      },
    }),
  ),
  broken(
    "replace keeps the later expiry",
    "replace sets owner, beginning and expiry to its own, even to an earlier one",
    ({ inner }) => ({
      replace: (oldKey, newKey, replacement) => {
        const expiresAt = Math.max(inner.load(oldKey)?.expiresAt ?? 0, replacement.expiresAt);
        return inner.replace(oldKey, newKey, { ...replacement, expiresAt });
      },
    }),
  ),
  broken("replace leaves the old key alive", "after replace the old key is gone at once", ({ inner, overwrite }) => ({
    replace: (oldKey, newKey, replacement) => {
      const old = inner.load(oldKey);
      const result = inner.replace(oldKey, newKey, replacement);
      if (old && result === "committed" && replacement.keepOldUntil === undefined) overwrite(oldKey, old);
      return result;
    },
  })),
  broken("replace creates what is gone", "replace of what is gone stores nothing", ({ inner }) => ({
    replace: (oldKey, newKey, replacement) => {
      const { set: fields, createdAt, expiresAt, owner } = replacement;
      const result = inner.replace(oldKey, newKey, replacement);
      if (result === "gone") inner.create(newKey, { fields, createdAt, expiresAt, owner, version: 1 });
      return result;
    },
  })),
  broken(
    "a kept key may be destroyed",
    "a kept old key answers load with movedTo, and is gone to every other call",
    ({ inner }) => ({
      destroy: (key, options) => {
        const newKey = inner.load(key)?.movedTo;
        return inner.destroy(newKey ?? key, options);
      },
    }),
  ),
  broken("a kept key stays for good", "a kept old key is absent when its time has come", ({ inner, clock }) => ({
    replace: (oldKey, newKey, replacement) => {
      const keepOldUntil = replacement.keepOldUntil && clock() + HOUR;
      return inner.replace(oldKey, newKey, { ...replacement, keepOldUntil });
    },
  })),
  broken(
    "a kept key ends one millisecond late",
    "a kept old key answers up to the last millisecond and is absent from the moment on",
    ({ inner }) => ({
      replace: (oldKey, newKey, replacement) => {
        const keepOldUntil = replacement.keepOldUntil && replacement.keepOldUntil + 1;
        return inner.replace(oldKey, newKey, { ...replacement, keepOldUntil });
      },
    }),
  ),
];
