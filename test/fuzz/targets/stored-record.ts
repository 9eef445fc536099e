// Records that somebody else wrote into the store, opened with a cookie that is right: a request reads plain data or
// meets a SessionError, and the outlook on all sessions goes on (SECURITY-BAR S23, S24).
import assert from "node:assert/strict";
import { SessionError, SessionRecordError } from "../../../src/core/errors.ts";
import { createManager, type SessionManager } from "../../../src/core/manager.ts";
import type { SessionRecord } from "../../../src/core/record/store.ts";
import { type MemoryStore, memoryStore } from "../../../src/stores/memory/index.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { issueIds, SECRETS } from "./issued.ts";
import { anyRecord } from "./records.ts";
import { assertPlainData } from "./value-text.ts";

type Data = { [key: string]: unknown };

interface Planted {
  readonly isEncrypted: boolean;
  readonly record: SessionRecord;
}

/** Names of the library's own, and texts that it may look for under them. */
const NAMES = [
  "a",
  "$$a",
  "__proto__",
  "$__proto__",
  "$$__proto__",
  "$permanent",
  "$renewedAt",
  "$csrf",
  "$device",
  "$flash:1",
  "$recordKey",
];
const TEXTS = [
  '"a"',
  "1",
  "true",
  "{}",
  '{"a":{"b":[1]}}',
  '{"category":"c","message":1}',
  '{"category":"c"}',
  '{"userAgent":"x","address":{}}',
  '{"$date":1}',
  '{"$date":1e999}',
  "1e999",
  '{"a":1e999}',
  '{"__proto__":{"polluted":1}}',
  '{"then":"x"}',
  "[".repeat(300) + "]".repeat(300),
  '{"$":'.repeat(300) + "1" + "}".repeat(300),
  "~AAAA",
];

export const storedRecord = defineTarget<Planted>({
  name: "stored-record",
  about:
    "a record that another program wrote is read as plain data or refused with a SessionError, and changes no prototype",
  share: 25_000,
  cases: 8_000,
  prepare,
});

function prepare(): Subject<Planted> {
  const [secret, key] = SECRETS;
  const [issued] = issueIds("session", 1);
  if (!issued) throw new Error("no ID was issued");
  const [plainStore, encryptedStore] = [memoryStore(), memoryStore()];
  const plain = createManager<Data>({ secret, store: plainStore, renewInterval: "1h" }, memoryStore);
  const encryption = { keys: [key], acceptPlaintext: true } as const;
  const encrypted = createManager<Data>({ secret, store: encryptedStore, encryption }, memoryStore);

  return {
    generate: (random) => ({ isEncrypted: oneIn(random, 4), record: anyPlanted(random) }),
    async check({ isEncrypted, record }) {
      const [store, sessions] = isEncrypted ? [encryptedStore, encrypted] : [plainStore, plain];
      store.create(issued.key, record);
      try {
        await visit(sessions, `session=${issued.text}`);
        await lookAround(sessions, issued.key, record.owner);
      } finally {
        empty(store, issued.key);
      }
    },
  };
}

function anyPlanted(random: Random): SessionRecord {
  const field = (): [string, string] => {
    const name = oneIn(random, 3) ? anyText(random) : pick(random, NAMES);
    const text = pick(random, TEXTS);
    return [name, oneIn(random, 3) ? mutated(random, text, TEXTS) : text];
  };
  const expiresAt = pick(random, [8.64e15, 1e300, 4_000_000_000_000]);
  return { ...anyRecord(random), expiresAt, fields: new Map(listOf(random, 1 + few(random, 6), field)) };
}

/** One request that reads all there is, and writes. */
async function visit(sessions: SessionManager<Data>, cookie: string): Promise<void> {
  const active = await sessions.open(cookie);
  const { session } = active;
  const names = onlySessionErrors(() => Object.keys(session));
  assert(!names?.includes("__proto__"));
  for (const key of names ?? ["a", "$a", ...NAMES]) {
    const read = onlySessionErrors(() => session[key]);
    assertPlainData(read);
  }
  assert.equal(Object.getPrototypeOf(session), Object.prototype);
  assert.equal(Reflect.get(session, "polluted"), undefined);
  onlySessionErrors(() => [session.permanent, session.owner, session.authenticatedAt, session.modified]);
  onlySessionErrors(() => [session.csrfToken, session.createdAt, session.expiresAt, session.takeFlashes()]);
  onlySessionErrors(() => {
    session["written"] = 1;
  });
  await onlySessionErrorsOf(async () => active.finish(() => true));
}

/** What a console and a page of the user's own sessions do. */
async function lookAround(sessions: SessionManager<Data>, key: string, owner: string | undefined): Promise<void> {
  await sessions.browse();
  if (owner !== undefined) await sessions.list(owner);
  try {
    await sessions.inspect(key);
  } catch (error) {
    assert(error instanceof SessionRecordError, `not a ${String(error)}`);
  }
}

function empty(store: MemoryStore, key: string): void {
  for (const session of store.browse({ limit: 10 }).sessions) store.destroy(session.key);
  store.destroy(key);
  store.sweep(Number.POSITIVE_INFINITY, 100);
}

function onlySessionErrors<Result>(work: () => Result): Result | undefined {
  try {
    return work();
  } catch (error) {
    assert(error instanceof SessionError, `not a ${String(error)}`);
    return undefined;
  }
}

async function onlySessionErrorsOf(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    assert(error instanceof SessionError, `not a ${String(error)}`);
  }
}
