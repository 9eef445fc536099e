// Read-modify-write: work runs on the record of this moment, and its change is stored only if nobody changed the record
// meanwhile; otherwise once more.
import { setTimeout as delay } from "node:timers/promises";
import { TransactionConflictError } from "../errors.ts";
import type { Awaitable } from "../record/store.ts";
import type { StoredSession } from "../record/stored-session.ts";
import type { KeyedQueue, Patience } from "../util/keyed-queue.ts";

/** For how long, in ms, a transaction waits for earlier ones of its session, and then for how long it tries. */
const TIME_LIMIT = 10_000;
const PATIENCE: Patience = { limit: TIME_LIMIT, tooLate: () => new TransactionConflictError(0) };
/** The longest pause between two tries, in ms. */
const MAX_PAUSE = 50;

/** @throws TransactionConflictError if it waits or conflicts for 10 s; SessionGoneError; whatever `work` throws. */
export function runTransaction<Result>(
  stored: StoredSession,
  queue: KeyedQueue,
  work: () => Awaitable<Result>,
): Promise<Result> {
  if (!stored.isStored) return runOnNewSession(stored, work);
  return queue.run(stored.identity.key, () => runOnRecord(stored, work), PATIENCE);
}

/** Nobody else knows a session that is not stored yet. */
async function runOnNewSession<Result>(stored: StoredSession, work: () => Awaitable<Result>): Promise<Result> {
  const unsaved = stored.fields.change();
  try {
    const result = await work();
    await stored.settle(true);
    return result;
  } catch (error) {
    if (!stored.isStored) stored.fields.reset(undefined, unsaved);
    throw error;
  }
}

async function runOnRecord<Result>(stored: StoredSession, work: () => Awaitable<Result>): Promise<Result> {
  const unsaved = stored.fields.change();
  const startedAt = performance.now();
  for (let tries = 1; ; tries++) {
    const record = await stored.load();
    stored.fields.reset(record.fields, unsaved);
    try {
      const result = await work();
      if (await stored.commitIf(record.version)) return result;
      if (performance.now() - startedAt > TIME_LIMIT) throw new TransactionConflictError(tries);
    } catch (error) {
      stored.fields.reset(record.fields, unsaved);
      throw error;
    }
    await delay(Math.random() * Math.min(2 ** tries, MAX_PAUSE));
  }
}
