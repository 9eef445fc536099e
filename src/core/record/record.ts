// A record as text, for stores that keep text or bytes, and the arithmetic of changes, which all stores share.
// It knows nothing of what a field's text means.
import { SessionRecordError } from "../errors.ts";
import type { Change, Replacement, SessionRecord } from "./store.ts";

/**
 * The record after a commit, or why the commit does not apply.
 * @param record Undefined if there is no live record.
 */
export function commitTo(record: SessionRecord | undefined, change: Change): SessionRecord | "gone" | "conflict" {
  if (!record) return "gone";
  return hasVersion(record, change.ifVersion) ? applyChange(record, change) : "conflict";
}

/** Whether a record has the version that a call requires; `undefined` accepts any version. */
export function hasVersion(record: SessionRecord, ifVersion: number | undefined): boolean {
  return ifVersion === undefined || ifVersion === record.version;
}

/** The record after a change; the version grows only when a field was named. */
export function applyChange(record: SessionRecord, change: Change): SessionRecord {
  const changesData = change.set.size > 0 || change.remove.size > 0;
  return {
    ...record,
    fields: changesData ? applyToFields(record.fields, change) : record.fields,
    expiresAt: Math.max(record.expiresAt, change.expiresAt),
    version: changesData ? record.version + 1 : record.version,
  };
}

/** The record under its new key. Its expiry is the replacement's own: a new owner may have other limits. */
export function applyReplacement(record: SessionRecord, replacement: Replacement): SessionRecord {
  return {
    fields: applyToFields(record.fields, replacement),
    createdAt: replacement.createdAt,
    expiresAt: replacement.expiresAt,
    owner: replacement.owner,
    version: record.version + 1,
  };
}

/** The record that a replacement keeps under the old key, if it keeps one. */
export function keptRecord(replacement: Replacement, newKey: string): SessionRecord | undefined {
  const { keepOldUntil, createdAt } = replacement;
  if (keepOldUntil === undefined) return undefined;
  return { fields: new Map(), createdAt, expiresAt: keepOldUntil, owner: undefined, version: 0, movedTo: newKey };
}

/** Where a replaced session goes on, as listeners are told: nowhere when the owner changed. */
export function movedTo(record: SessionRecord, replacement: Replacement, newKey: string): string | undefined {
  return record.owner === replacement.owner ? newKey : undefined;
}

/** The fields as they are after a change. */
export function applyToFields(
  fields: ReadonlyMap<string, string>,
  change: Pick<Change, "set" | "remove">,
): ReadonlyMap<string, string> {
  const next = new Map(fields);
  for (const name of change.remove) next.delete(name);
  for (const [name, text] of change.set) next.set(name, text);
  return next;
}

/**
 * A record as one text: a JSON header `[1, createdAt, expiresAt, version, owner, movedTo, name, length, …]`, a newline,
 * and then the fields' texts one after another. Reading it slices; no value is parsed before it is asked for.
 */
export function encodeRecord(record: SessionRecord): string {
  const header: (string | number | null)[] = [
    1,
    record.createdAt,
    record.expiresAt,
    record.version,
    record.owner ?? null,
    record.movedTo ?? null,
  ];
  let body = "";
  for (const [name, text] of record.fields) {
    header.push(name, text.length);
    body += text;
  }
  return `${JSON.stringify(header)}\n${body}`;
}

/**
 * The record in a text that {@link encodeRecord} made.
 * @throws SessionRecordError for any other text.
 */
export function decodeRecord(text: string): SessionRecord {
  const headerEnd = text.indexOf("\n");
  const header = parseHeader(headerEnd === -1 ? text : text.slice(0, headerEnd));
  const [, createdAt, expiresAt, version, owner, movedTo] = header;
  const valid =
    header[0] === 1 &&
    header.length % 2 === 0 &&
    Number.isFinite(createdAt) &&
    Number.isFinite(expiresAt) &&
    Number.isSafeInteger(version) &&
    (owner === null || typeof owner === "string") &&
    (movedTo === null || typeof movedTo === "string");
  if (!valid) throw new SessionRecordError("has no valid header");

  const fields = new Map<string, string>();
  let start = headerEnd + 1;
  for (let i = 6; i < header.length; i += 2) {
    const name = header[i];
    const length = header[i + 1];
    if (typeof name !== "string" || !Number.isSafeInteger(length) || (length as number) < 0) {
      throw new SessionRecordError("names its fields wrongly");
    }
    const end = start + (length as number);
    fields.set(name, text.slice(start, end));
    start = end;
  }
  if (start !== text.length) throw new SessionRecordError("is not as long as its header says");
  return {
    fields,
    createdAt: createdAt as number,
    expiresAt: expiresAt as number,
    version: version as number,
    owner: (owner as string | null) ?? undefined,
    ...(movedTo === null ? {} : { movedTo: movedTo as string }),
  };
}

function parseHeader(text: string): unknown[] {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new SessionRecordError("is no record of this library", cause);
  }
  if (!Array.isArray(header)) throw new SessionRecordError("is no record of this library");
  return header;
}
