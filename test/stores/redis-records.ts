// Records and changes for the tests of the Redis store.
import assert from "node:assert/strict";
import { generateId, keyOfId } from "../../src/core/id.ts";
import type { Change, Replacement, SessionRecord, SessionStore } from "../../src/core/store.ts";

export const HOUR = 3_600_000;

export function newKey(): string {
  return keyOfId(generateId());
}

export function record(fields: Readonly<Record<string, string>>, more: Partial<SessionRecord> = {}): SessionRecord {
  const now = Date.now();
  return {
    fields: new Map(Object.entries(fields)),
    createdAt: now,
    expiresAt: now + HOUR,
    owner: undefined,
    version: 1,
    ...more,
  };
}

export function change(set: Readonly<Record<string, string>>, more: Partial<Change> = {}): Change {
  return { set: new Map(Object.entries(set)), remove: new Set(), expiresAt: 0, ...more };
}

export function replacement(set: Readonly<Record<string, string>>, more: Partial<Replacement> = {}): Replacement {
  const { fields, createdAt, expiresAt, owner } = record(set);
  return { set: fields, remove: new Set(), createdAt, expiresAt, owner, ...more };
}

export async function created(store: SessionStore, given: SessionRecord): Promise<string> {
  const key = newKey();
  assert.equal(await store.create(key, given), true);
  return key;
}

export async function fieldsAt(store: SessionStore, key: string): Promise<Record<string, string> | undefined> {
  const found = await store.load(key);
  return found && Object.fromEntries(found.fields);
}

export async function listedKeys(store: SessionStore, owner: string): Promise<string[]> {
  const { sessions } = await store.list(owner);
  return sessions.map(({ key }) => key);
}
