// Stores that keep every law as long as one call comes after another: what each call does is done in several steps.

import { applyChange, applyReplacement } from "../../../src/core/record/record.ts";
import type { Change, CommitResult, SessionRecord } from "../../../src/core/record/store.ts";
import { type Broken, broken, type Fault, type Parts, slow } from "./breakable.ts";

/** Reads, lets others go on, and writes: a change that was made meanwhile is lost, a record that ended is back. */
function readThenWrite({ inner, wait, overwrite }: Parts): (key: string, change: Change) => Promise<CommitResult> {
  return async (key, change) => {
    const record = inner.load(key);
    await wait();
    if (!record || record.movedTo !== undefined) return "gone";
    if (change.ifVersion !== undefined && change.ifVersion !== record.version) return "conflict";
    overwrite(key, applyChange(record, change));
    return "committed";
  };
}

const lastWriterWins: Fault = (parts) => ({ commit: readThenWrite(parts) });

/** As {@link lastWriterWins}, but for a record that ended meanwhile. */
const lostUpdates: Fault = (parts) => ({
  async commit(key, change) {
    const record = parts.inner.load(key);
    await parts.wait();
    if (!record || !parts.inner.load(key)) return "gone";
    if (change.ifVersion !== undefined && change.ifVersion !== record.version) return "conflict";
    parts.overwrite(key, applyChange(record, change));
    return "committed";
  },
});

/** Fields one after another. */
const fieldByField: Fault = ({ inner, wait }) => ({
  async commit(key, change) {
    const none = { set: new Map<string, string>(), remove: new Set<string>() };
    const result = inner.commit(key, { ...change, ...none });
    if (result !== "committed") return result;
    for (const name of change.remove) inner.commit(key, { ...change, ...none, remove: new Set([name]) });
    for (const pair of change.set) {
      await wait();
      inner.commit(key, { ...change, ...none, set: new Map([pair]) });
    }
    return "committed";
  },
});

const createAfterLook: Fault = ({ inner, wait, overwrite }) => ({
  async create(key, record) {
    if (inner.load(key)) return false;
    await wait();
    overwrite(key, record);
    return true;
  },
});

const destroyAfterLook: Fault = ({ inner, wait }) => ({
  async destroy(key, { ifVersion } = {}) {
    const record = inner.load(key);
    await wait();
    if (!record || record.movedTo !== undefined) return false;
    if (ifVersion !== undefined && ifVersion !== record.version) return false;
    inner.destroy(key);
    return true;
  },
});

/** The new record is there before the old one goes. */
const createThenDestroy: Fault = ({ inner, wait }) => ({
  async replace(oldKey, newKey, replacement) {
    const old = inner.load(oldKey);
    if (!old || old.movedTo !== undefined) return "gone";
    inner.create(newKey, applyReplacement(old, replacement));
    await wait();
    // Only the old key's way out is the memory store's own: what it makes of it under a key of no one is dropped.
    const dropped = `dropped ${newKey}`;
    inner.replace(oldKey, dropped, replacement);
    inner.destroy(dropped);
    return "committed";
  },
});

/** What is to be ended is looked up first. */
const destroyAllAfterLook: Fault = ({ inner, wait }) => ({
  async destroyAll(owner, { except } = {}) {
    const keys = inner.list(owner, { limit: 10_000 }).sessions.map(({ key }) => key);
    await wait();
    return keys.filter((key) => key !== except && inner.destroy(key)).length;
  },
});

const countThenDestroy: Fault = ({ inner, wait }) => ({
  async destroyAll(owner, options) {
    const { sessions } = inner.list(owner, { limit: 10_000 });
    await wait();
    inner.destroyAll(owner, options);
    return sessions.filter(({ key }) => key !== options?.except).length;
  },
});

/** The owner's keys are read, one is added, and they are written. */
const indexAfterLook: Fault = ({ inner, wait }) => {
  const index = new Map<string, readonly string[]>();
  return {
    async create(key, record) {
      if (record.owner === undefined) return inner.create(key, record);
      const known = index.get(record.owner) ?? [];
      await wait();
      index.set(record.owner, [...known, key]);
      return inner.create(key, record);
    },
    list(owner) {
      const keys = index.get(owner) ?? [];
      const found = keys.map((key) => ({ key, record: inner.load(key) }));
      return { sessions: found.filter((each): each is { key: string; record: SessionRecord } => !!each.record) };
    },
  };
};

/** Some of them show once in hundreds of runs; a run ends when it is found. */
const MANY = { interleavings: 5_000 };
const RANDOM = "random calls at a time answer as in some order of them";

export const raceFaults: readonly Broken[] = [
  broken("parallel commits overwrite each other", "100 parallel commits to different fields all arrive", lostUpdates),
  broken(
    "parallel commits undo each other's removals",
    "parallel commits that set and remove different fields all arrive",
    lostUpdates,
  ),
  broken("a change is written field by field", "no load ever sees half a change", fieldByField),
  broken(
    "ifVersion is compared before the write",
    "of parallel commits for one version exactly one is committed",
    lostUpdates,
  ),
  broken(
    "increments are lost",
    "read, change and commit by ifVersion until it succeeds loses no increment",
    lostUpdates,
  ),
  broken("touches undo writes", "parallel touches and writes keep the latest expiry and every field", lostUpdates),
  broken(
    "create looks before it writes",
    "of parallel creates of one key exactly one is stored, whole",
    createAfterLook,
  ),
  broken("destroy looks before it ends", "of parallel destroys exactly one answers true", destroyAfterLook),
  broken(
    "destroy compares the version first",
    "of a destroy and a commit for one version exactly one succeeds",
    destroyAfterLook,
  ),
  broken(
    "a commit on its way brings a session back",
    "what was destroyed is not brought back by commits on their way",
    lastWriterWins,
  ),
  broken(
    "a replace on its way brings a session back",
    "what was destroyed is not brought back by replaces on their way",
    createThenDestroy,
  ),
  broken(
    "commits bring back what destroyAll ended",
    "what destroyAll ended is not brought back by commits and replaces on their way",
    lastWriterWins,
  ),
  broken("parallel replaces all win", "of parallel replaces of one key exactly one wins", createThenDestroy),
  broken(
    "replace loses a commit",
    "a commit that meets a replace is in the new record, or it answers gone",
    createThenDestroy,
  ),
  broken(
    "both keys open for a moment",
    "at no moment do the old and the new key both open a record",
    createThenDestroy,
  ),
  broken(
    "destroyAll looks up its sessions first",
    "no session slips through a destroyAll by getting a new ID meanwhile",
    destroyAllAfterLook,
  ),
  broken("destroyAll counts before it ends", "parallel destroyAlls count every session once", countThenDestroy),
  broken("the owner's index is written without a look", "parallel creates of one owner are all found", indexAfterLook),
  ...[lostUpdates, lastWriterWins, fieldByField, createAfterLook, destroyAfterLook].map((fault) =>
    broken(`random, ${fault === lostUpdates ? "lost updates" : fault.name}`, RANDOM, mixed(fault), MANY),
  ),
  ...[createThenDestroy, destroyAllAfterLook, countThenDestroy].map((fault, i) =>
    broken(
      `random, ${["replace in two steps", "destroyAll after a look", "destroyAll counts first"][i]}`,
      RANDOM,
      mixed(fault),
      MANY,
    ),
  ),
  broken(
    "random, replace keeps the version",
    "random calls one after another answer as the model does",
    ({ inner, overwrite }) => ({
      replace: (oldKey, newKey, replacement) => {
        const result = inner.replace(oldKey, newKey, replacement);
        const moved = inner.load(newKey);
        if (moved) overwrite(newKey, { ...moved, version: moved.version - 1 });
        return result;
      },
    }),
  ),
];

/** All other calls take their time too. */
function mixed(fault: Fault): Fault {
  return (parts) => ({ ...slow(parts), ...fault(parts) });
}
