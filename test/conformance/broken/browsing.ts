// Stores that show everyone's sessions wrongly: too few, too many, in another order, or those that a pattern finds.
import type { BrowseOptions, ListPage } from "../../../src/core/record/store.ts";
import type { MemoryStore } from "../../../src/stores/memory/index.ts";
import { type Broken, broken, type Fault } from "./breakable.ts";

/** Changes each page. */
function browsing(change: (page: ListPage, inner: MemoryStore, options: BrowseOptions) => ListPage): Fault {
  return ({ inner }) => ({ browse: (options = {}) => change(inner.browse(options), inner, options) });
}

const ALL = "browse finds every live session, each with its record, whatever the limit of its pages";
const PREFIXES = "browse takes a prefix of keys as plain text";
const CURSORS = "hostile cursors of browse are no more than wrong";
const PRESENT = "browse gives a session under its present key only";

export const browsingFaults: readonly Broken[] = [
  broken(
    "a store can browse, but the harness does not say so",
    "the harness says truly whether the store can browse and count",
    () => ({}),
    { browses: false },
  ),
  broken(
    "each page leaves out its last",
    ALL,
    browsing(({ sessions, next }) => ({ sessions: sessions.slice(0, Math.max(1, sessions.length - 1)), next })),
  ),
  broken(
    "browse forgets the fields",
    ALL,
    browsing(({ sessions, next }) => ({
      sessions: sessions.map(({ key, record }) => ({ key, record: { ...record, fields: new Map() } })),
      next,
    })),
  ),
  broken("there is one page", "a page of browse without a limit has at most 100", ({ inner }) => ({
    browse: (options) => inner.browse({ limit: 100_000, ...options }),
  })),
  broken(
    "a cursor of browse counts sessions",
    "pages of browse stay right while sessions begin and end",
    ({ inner }) => {
      const begun = new Set<string>();
      return {
        create: (key, record) => inner.create(key, record) && begun.add(key) !== undefined,
        browse: ({ limit = 100, cursor = "0" } = {}) => {
          const sessions = [...begun].flatMap((key) => {
            const record = inner.load(key);
            return record ? [{ key, record }] : [];
          });
          const end = Number(cursor) + limit;
          return {
            sessions: sessions.slice(Number(cursor), end),
            next: end < sessions.length ? String(end) : undefined,
          };
        },
      };
    },
  ),
  broken("browse gives what a renewal keeps", PRESENT, ({ inner, clock }) => {
    const kept = new Set<string>();
    return {
      replace: (oldKey, newKey, replacement) => {
        if ((replacement.keepOldUntil ?? 0) > clock()) kept.add(oldKey);
        return inner.replace(oldKey, newKey, replacement);
      },
      browse: (options) => {
        const { sessions, next } = inner.browse(options);
        const more = [...kept].flatMap((key) => ({ key, record: inner.load(key) }));
        return {
          sessions: [...sessions, ...more.filter(({ record }) => record !== undefined)] as typeof sessions,
          next,
        };
      },
    };
  }),
  broken("browse gives what was destroyed", PRESENT, ({ inner }) => {
    const ended: ListPage["sessions"][number][] = [];
    return {
      destroy: (key, options) => {
        const record = inner.load(key);
        const answer = inner.destroy(key, options);
        if (record && answer) ended.push({ key, record });
        return answer;
      },
      browse: (options) => {
        const { sessions, next } = inner.browse(options);
        return { sessions: next === undefined ? [...sessions, ...ended] : sessions, next };
      },
    };
  }),
  broken("browse gives what has expired", "browse gives nothing that has expired", ({ inner }) => {
    const made = new Map<string, ListPage["sessions"][number]>();
    return {
      create: (key, record) => inner.create(key, record) && made.set(key, { key, record }) !== undefined,
      browse: (options) => {
        const { sessions, next } = inner.browse(options);
        const expired = [...made.values()].filter(({ key }) => inner.load(key) === undefined);
        return { sessions: next === undefined ? [...sessions, ...expired] : sessions, next };
      },
    };
  }),
  broken("the order of browse is not what it says", "in the order recent, what expires last comes first", () => ({
    browseOrder: "recent",
  })),
  ...["*", "%", "_", "?"].map((wildcard) =>
    broken(`a prefix with ${wildcard} is a pattern`, PREFIXES, ({ inner }) => ({
      browse: (options) => {
        const { keyPrefix = "", ...rest } = options ?? {};
        if (!keyPrefix.includes(wildcard)) return inner.browse(options);
        const [start = ""] = keyPrefix.split(wildcard);
        return inner.browse({ ...rest, keyPrefix: start });
      },
    })),
  ),
  broken("a prefix has no upper or lower case", PREFIXES, ({ inner }) => ({
    browse: ({ keyPrefix = "", ...options } = {}) => {
      const { sessions, next } = inner.browse(options);
      const matching = sessions.filter(({ key }) => key.toLowerCase().startsWith(keyPrefix.toLowerCase()));
      return { sessions: matching, next };
    },
  })),
  broken("a cursor is a key, and a session", CURSORS, ({ inner }) => ({
    browse: (options = {}) => {
      const record = { fields: new Map(), createdAt: 0, expiresAt: 0, owner: undefined, version: 0 };
      const { cursor } = options;
      return cursor?.startsWith("'") ? { sessions: [{ key: cursor, record }] } : inner.browse(options);
    },
  })),
  broken("a cursor breaks the query", CURSORS, ({ inner }) => ({
    browse: async (options = {}) => {
      if (options.cursor?.includes("'")) throw new Error("StoreUnavailableError: syntax error");
      return inner.browse(options);
    },
  })),
  broken("a cursor takes a session along", CURSORS, ({ inner }) => ({
    browse: (options = {}) => {
      if (options.cursor !== undefined) inner.destroy(options.cursor);
      return inner.browse(options);
    },
  })),
  broken(
    "an exact count counts what has expired",
    "count counts live sessions, or says that it estimates",
    (parts) => ({
      count: () => ({ ...parts.inner.count(), isEstimate: false }),
    }),
  ),
  broken(
    "a destroy is browsed one call late",
    "browse finds what random calls leave, and nothing else",
    ({ inner }) => {
      let last: ListPage["sessions"][number] | undefined;
      return {
        destroy: (key, options) => {
          const record = inner.load(key);
          const answer = inner.destroy(key, options);
          if (record && answer) last = { key, record };
          return answer;
        },
        browse: (options = {}) => {
          const { sessions, next } = inner.browse(options);
          const [late, prefix] = [last, options.keyPrefix ?? ""];
          last = undefined;
          return {
            sessions: late?.key.startsWith(prefix) ? [late, ...sessions].slice(0, options.limit) : sessions,
            next,
          };
        },
      };
    },
    // The case tries a twentieth of them.
    { interleavings: 4_000 },
  ),
];
