// Stores that find a session that they should not, or not find one that they should: by time, by owner or by name.
import { StoreUnavailableError } from "../../../src/core/errors.ts";
import type { ListPage, SessionRecord } from "../../../src/core/record/store.ts";
import { type Broken, broken, type Fault, type Parts } from "./breakable.ts";

/** As the memory store would be at another time. */
function offBy(ms: number, parts: Parts): ReturnType<Fault> {
  const { inner, clock } = parts;
  const expired = new Map<string, SessionRecord>();
  return {
    create: (key, record) => {
      const stored = inner.create(key, { ...record, expiresAt: record.expiresAt + ms });
      if (stored) expired.set(key, record);
      return stored;
    },
    load: (key) => {
      const record = inner.load(key);
      return record && clock() >= 0 ? { ...record, expiresAt: record.expiresAt - ms } : undefined;
    },
  };
}

/** Changes each page of a list. */
function listing(change: (page: ListPage, parts: Parts, limit: number) => ListPage): Fault {
  return (parts) => ({
    list: (owner, page) => change(parts.inner.list(owner, page), parts, page?.limit ?? 100),
  });
}

export const expiryFaults: readonly Broken[] = [
  broken("expired records stay until they are swept", "an expired record is absent for every call", ({ inner }) => {
    const stored = new Map<string, SessionRecord>();
    return {
      create: (key, record) => inner.create(key, record) && stored.set(key, record) !== undefined,
      load: (key) => inner.load(key) ?? stored.get(key),
    };
  }),
  broken(
    "a record expires one millisecond late",
    "a record is live up to the last millisecond and absent from its expiry on",
    (parts) => offBy(1, parts),
  ),
  broken(
    "a record expires one millisecond early",
    "a record is live up to the last millisecond and absent from its expiry on",
    (parts) => offBy(-1, parts),
  ),
  broken("a touch is forgotten", "a touch in time keeps a session beyond its first expiry", ({ inner }) => ({
    commit: (key, change) => inner.commit(key, { ...change, expiresAt: 0 }),
  })),
  broken(
    "a key is taken for good",
    "an expired record may be created anew and is then another session",
    ({ inner }) => {
      const taken = new Set<string>();
      return {
        create: (key, record) => {
          if (taken.has(key)) return false;
          taken.add(key);
          return inner.create(key, record);
        },
      };
    },
  ),
  broken(
    "replace keeps the later expiry",
    "a replaced session expires by its new expiry, a sooner one too",
    ({ inner }) => ({
      replace: (oldKey, newKey, replacement) => {
        const expiresAt = Math.max(inner.load(oldKey)?.expiresAt ?? 0, replacement.expiresAt);
        return inner.replace(oldKey, newKey, { ...replacement, expiresAt });
      },
    }),
  ),
  broken(
    "destroyAll counts what has expired",
    "expired sessions are neither listed nor counted by destroyAll",
    ({ inner }) => {
      const owned = new Map<string, number>();
      return {
        create: (key, record) => {
          owned.set(record.owner ?? "", (owned.get(record.owner ?? "") ?? 0) + 1);
          return inner.create(key, record);
        },
        destroyAll: (owner, options) => {
          inner.destroyAll(owner, options);
          return (owned.get(owner) ?? 0) - (options?.except === undefined ? 0 : 1);
        },
      };
    },
  ),
  broken("sweep drops live sessions", "sweep leaves every live session as it was", ({ inner }) => ({
    sweep: (now, limit) => inner.sweep(now + 2 * 3_600_000, limit),
  })),
  broken("sweep counts the destroyed", "sweep drops nothing, and says so, when nothing has expired", ({ inner }) => {
    let destroyed = 0;
    return {
      destroy: (key, options) => inner.destroy(key, options) && ++destroyed > 0,
      sweep: (now, limit) => {
        const count = Math.min(limit, inner.sweep(now, limit) + destroyed);
        destroyed = 0;
        return count;
      },
    };
  }),
  broken("sweep ignores its limit", "sweep drops what expired, at most its limit, and counts it", ({ inner }) => ({
    sweep: (now) => inner.sweep(now, Number.POSITIVE_INFINITY),
  })),
];

export const ownerFaults: readonly Broken[] = [
  broken(
    "list forgets the fields",
    "list finds every session of the owner, each with its record",
    listing(({ sessions, next }) => ({
      sessions: sessions.map(({ key, record }) => ({ key, record: { ...record, fields: new Map() } })),
      next,
    })),
  ),
  broken(
    "list misses the newest",
    "list finds every session of the owner, each with its record",
    listing(({ sessions, next }) => ({ sessions: next === undefined ? sessions.slice(0, -1) : sessions, next })),
  ),
  broken(
    "destroyAll of no one's sessions fails",
    "list and destroyAll of an owner without sessions find none",
    ({ inner }) => ({
      destroyAll: (owner, options) => inner.destroyAll(owner, options) || -1,
    }),
  ),
  broken(
    "list ignores its limit",
    "list gives at most limit a page and each session exactly once over all pages",
    ({ inner }) => ({ list: (owner) => inner.list(owner, { limit: 10_000 }) }),
  ),
  broken("a page has as many as there are", "a page without a limit has at most 100 sessions", ({ inner }) => ({
    list: (owner, page) => inner.list(owner, { ...page, limit: page?.limit ?? 10_000 }),
  })),
  broken("a cursor counts sessions", "pages stay right while sessions are added and destroyed", ({ inner }) => ({
    list: (owner, { limit = 100, cursor = "0" } = {}) => {
      const { sessions } = inner.list(owner, { limit: 10_000 });
      const end = Number(cursor) + limit;
      const next = end < sessions.length ? String(end) : undefined;
      return { sessions: sessions.slice(Number(cursor), end), next };
    },
  })),
  broken(
    "the old owner goes on to list a session",
    "a session is found under the owner that replace gave it, and under no other",
    ({ inner }) => {
      const former = new Map<string, string>();
      return {
        replace: (oldKey, newKey, replacement) => {
          const { owner } = inner.load(oldKey) ?? {};
          if (owner !== undefined) former.set(owner, newKey);
          return inner.replace(oldKey, newKey, replacement);
        },
        list: (owner, page) => {
          const { sessions, next } = inner.list(owner, page);
          const key = former.get(owner);
          const record = key === undefined ? undefined : inner.load(key);
          const isListed = sessions.some((listed) => listed.key === key);
          return { sessions: key && record && !isListed ? [...sessions, { key, record }] : sessions, next };
        },
      };
    },
  ),
  broken(
    "destroyAll forgets the excepted one",
    "destroyAll ends all sessions of the owner, spares the excepted one and counts",
    ({ inner }) => ({ destroyAll: (owner) => inner.destroyAll(owner) }),
  ),
  broken("destroyAll ends the first page", "destroyAll ends 1,000 sessions and no one else's", ({ inner }) => ({
    destroyAll: (owner, options) => {
      const { sessions } = inner.list(owner);
      return sessions.filter(({ key }) => key !== options?.except && inner.destroy(key)).length;
    },
  })),
];

/** Owners by another name. */
function naming(name: (owner: string) => string): Fault {
  return ({ inner }) => {
    const owner = (given: string | undefined) => (given === undefined ? undefined : name(given));
    return {
      create: (key, record) => inner.create(key, { ...record, owner: owner(record.owner) }),
      replace: (oldKey, newKey, asked) => inner.replace(oldKey, newKey, { ...asked, owner: owner(asked.owner) }),
      list: (given, page) => inner.list(name(given), page),
      destroyAll: (given, options) => inner.destroyAll(name(given), options),
    };
  };
}

/** Keys by another name. */
function keyed(name: (key: string) => string): Fault {
  return ({ inner }) => ({
    load: (key) => inner.load(name(key)),
    commit: (key, change) => inner.commit(name(key), change),
    destroy: (key, options) => inner.destroy(name(key), options),
  });
}

const APART = "hostile owners are kept apart and come back as they were given";

export const opaqueFaults: readonly Broken[] = [
  broken(
    "owners are written in lower case",
    APART,
    naming((owner) => owner.toLowerCase()),
  ),
  broken(
    "owners are trimmed",
    APART,
    naming((owner) => owner.trim()),
  ),
  broken(
    "owners are normalized",
    APART,
    naming((owner) => owner.normalize("NFC")),
  ),
  broken(
    "owners end at NUL",
    APART,
    naming((owner) => owner.split("\0")[0] ?? ""),
  ),
  broken(
    "owners are cut at 10,240 characters",
    APART,
    naming((owner) => owner.slice(0, 10_240)),
  ),
  broken("an owner is a pattern", APART, ({ inner }) => {
    const owners = new Set<string>();
    return {
      create: (key, record) => {
        if (record.owner !== undefined) owners.add(record.owner);
        return inner.create(key, record);
      },
      destroyAll: (owner, options) => {
        if (owner === "*") for (const each of owners) inner.destroyAll(each);
        return inner.destroyAll(owner, options);
      },
    };
  }),
  broken("the empty owner is none", "the empty owner is an owner, and not the lack of one", ({ inner }) => ({
    create: (key, record) => inner.create(key, { ...record, owner: record.owner || undefined }),
  })),
  broken(
    "fields are kept in an object",
    "hostile field names are written, read and removed like any other",
    ({ inner }) => ({
      create: (key, record) => {
        const fields: Record<string, string> = {};
        for (const [name, text] of record.fields) fields[name] = text;
        return inner.create(key, { ...record, fields: new Map(Object.entries(fields)) });
      },
    }),
  ),
  broken("empty values are removed", "values are opaque texts of any size", ({ inner }) => ({
    commit: (key, change) => inner.commit(key, { ...change, set: new Map([...change.set].filter(([, text]) => text)) }),
  })),
  broken(
    "keys are trimmed",
    "hostile keys open, change and end nothing",
    keyed((key) => key.trim()),
  ),
  broken(
    "keys end at NUL",
    "hostile keys open, change and end nothing",
    keyed((key) => key.split("\0")[0] ?? ""),
  ),
  broken("a cursor may be another's key", "hostile cursors and exceptions are no more than wrong", ({ inner }) => ({
    list: (owner, page) => {
      const record = page?.cursor ? inner.load(page.cursor) : undefined;
      return record && page?.cursor ? { sessions: [{ key: page.cursor, record }] } : inner.list(owner, page);
    },
  })),
  broken(
    "owners are written as UTF-8",
    "a lone surrogate is kept as it is or refused, never taken for another",
    naming((owner) => Buffer.from(owner).toString()),
  ),
];

export const unreadableFaults: readonly Broken[] = [
  broken(
    "a record that can't be read looks like an outage",
    "a record that can't be read is an error of that record, and no outage",
    ({ inner, damaged }) => ({
      load: (key) => {
        if (damaged.has(key)) throw new StoreUnavailableError("broken", "load");
        return inner.load(key);
      },
    }),
  ),
  broken(
    "a record that can't be read is left out without a word",
    "a record that can't be read is named by list, hides no other and can be ended",
    ({ inner, damaged }) => ({
      list: (owner, page) => {
        const { sessions, next } = inner.list(owner, page);
        return { sessions: sessions.filter(({ key }) => !damaged.has(key)), next };
      },
    }),
  ),
];
