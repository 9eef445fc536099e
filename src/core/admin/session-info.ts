// A live session seen from outside: what lists, consoles and command lines show of a record. Never its ID.

import { SessionRecordError } from "../errors.ts";
import { decodeValue } from "../record/codec.ts";
import type { ListedRecord, SessionRecord } from "../record/store.ts";
import { DEVICE, keyOfField } from "../session/reserved-fields.ts";
import type { SessionContext } from "../session-context.ts";
import type { Limits } from "../time.ts";
import { type KnownDevice, knownDevice } from "./device.ts";

/** A live session, seen from outside. */
export interface SessionInfo {
  readonly key: string;
  readonly owner: string | undefined;
  /** When it began or logged in. */
  readonly createdAt: Date;
  /** When it was used last, as exactly as activity is stored: to a tenth of the idle limit, a minute at most. */
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  /** From where its owner logged in, as `login` was told. */
  readonly device: KnownDevice | undefined;
}

/** One key of a session's data. */
export interface SessionField {
  readonly name: string;
  /** How many bytes its value takes as text. */
  readonly bytes: number;
}

/** One session, and what it holds. */
export interface SessionDetails<Data> extends SessionInfo {
  readonly fields: readonly SessionField[];
  /** The data itself: what a console shows only when it is asked for. */
  readonly data: Partial<Data>;
}

/** A page of sessions. `next`, when present, is the cursor of the page after it. */
export interface SessionPage {
  readonly sessions: readonly SessionInfo[];
  readonly next?: string | undefined;
}

/** What looking at records from outside needs of a manager. */
interface View extends Pick<SessionContext, "encryption"> {
  readonly limits: Pick<Limits, "idle">;
}

export function infoOf(view: View, { key, record }: ListedRecord): SessionInfo {
  const { owner, createdAt, expiresAt } = record;
  return {
    key,
    owner,
    createdAt: new Date(createdAt),
    lastActiveAt: new Date(Math.max(createdAt, expiresAt - view.limits.idle)),
    expiresAt: new Date(expiresAt),
    device: deviceOf(view, key, record),
  };
}

/** @throws SessionRecordError when the record is not what this library writes. */
export function detailsOf<Data>(view: View, { key, record }: ListedRecord): SessionDetails<Data> {
  const opened = openFields(view, key, record);
  const data: Record<string, unknown> = {};
  for (const [field, text] of opened) {
    const name = keyOfField(field);
    if (name !== undefined) data[name] = decodeValue(text);
  }
  return { ...infoOf(view, { key, record }), fields: sizesOf(opened), data: data as Partial<Data> };
}

/** Names and sizes alone, without a look at the values. */
export function sizesOf(fields: ReadonlyMap<string, string>): SessionField[] {
  const sizes: SessionField[] = [];
  for (const [field, text] of fields) {
    const name = keyOfField(field);
    if (name !== undefined) sizes.push({ name, bytes: Buffer.byteLength(text) });
  }
  return sizes;
}

/** One broken record must not hide the list. */
function deviceOf(view: View, key: string, record: SessionRecord): KnownDevice | undefined {
  if (!record.fields.has(DEVICE)) return undefined;
  try {
    const text = openFields(view, key, record).get(DEVICE);
    return text === undefined ? undefined : knownDevice(decodeValue(text));
  } catch (error) {
    if (error instanceof SessionRecordError) return undefined;
    throw error;
  }
}

function openFields({ encryption }: View, key: string, record: SessionRecord): ReadonlyMap<string, string> {
  return encryption
    ? encryption.open({ key, createdAt: record.createdAt, owner: record.owner }, record.fields).fields
    : record.fields;
}
