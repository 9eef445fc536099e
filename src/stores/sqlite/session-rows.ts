// The table of sessions: one row for each record, read and written by prepared statements. It knows no transaction.
import { createHash } from "node:crypto";
import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import { DataRefusedError } from "../../core/errors.ts";
import { decodeRecord, encodeRecord } from "../../core/record/record.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import { keyIsTaken, STORE } from "./errors.ts";

/** A row as a call finds it. */
export interface SessionRow {
  readonly id: number;
  readonly record: SessionRecord | undefined;
  /** Why the row's text could not be read; then `record` is `undefined`. */
  readonly damage?: unknown;
}

export interface KeyedRow extends SessionRow {
  readonly key: string;
  readonly sweepAt: number;
}

interface PointedMove {
  readonly oldKey: string;
  readonly newKey: string;
  readonly next: SessionRecord;
  readonly pointer: SessionRecord;
}

/** Some versions of Node read a TEXT column only up to its first NUL; a key may have one. */
const COLUMNS = "id, CAST(key AS BLOB) AS key, sweepAt, record";
/** Enough of the hash to tell owners apart; the record names the owner in full. */
const OWNER_BYTES = 16;

export class SessionRows {
  readonly #read: StatementSync;
  readonly #find: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;
  readonly #move: StatementSync;
  readonly #postpone: StatementSync;
  readonly #delete: StatementSync;
  readonly #ofOwner: StatementSync;
  readonly #due: StatementSync;
  readonly #byTime: StatementSync;
  readonly #fromKey: StatementSync;
  readonly #afterKey: StatementSync;
  readonly #count: StatementSync;
  readonly #addToCount: StatementSync;
  /** How many sessions the transaction at work has added, less those that it ended. */
  #added = 0;

  constructor(database: DatabaseSync) {
    const prepare = (sql: string): StatementSync => database.prepare(sql);
    this.#read = prepare("SELECT record FROM sessions WHERE key = ?");
    this.#find = prepare("SELECT id, record FROM sessions WHERE key = ?");
    this.#insert = prepare(
      "INSERT INTO sessions (key, sweepAt, owner, record) VALUES (?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    );
    this.#update = prepare("UPDATE sessions SET record = ? WHERE id = ?");
    this.#move = prepare("UPDATE sessions SET key = ?, sweepAt = ?, owner = ?, record = ? WHERE id = ?");
    this.#postpone = prepare("UPDATE sessions SET sweepAt = ? WHERE id = ?");
    this.#delete = prepare("DELETE FROM sessions WHERE id = ?");
    this.#ofOwner = prepare(`SELECT ${COLUMNS} FROM sessions WHERE owner = ? AND id > ? ORDER BY id LIMIT ?`);
    this.#due = prepare(`SELECT ${COLUMNS} FROM sessions WHERE sweepAt <= ? ORDER BY sweepAt LIMIT ?`);
    this.#byTime = prepare(
      `SELECT ${COLUMNS} FROM sessions WHERE (sweepAt, id) < (?, ?) ORDER BY sweepAt DESC, id DESC LIMIT ?`,
    );
    this.#fromKey = prepare(`SELECT ${COLUMNS} FROM sessions WHERE key >= ? ORDER BY key LIMIT ?`);
    this.#afterKey = prepare(`SELECT ${COLUMNS} FROM sessions WHERE key > ? ORDER BY key LIMIT ?`);
    this.#count = prepare("SELECT value FROM counts WHERE name = 'sessions'");
    this.#addToCount = prepare("UPDATE counts SET value = value + ? WHERE name = 'sessions'");
  }

  /** @throws SessionRecordError when the row holds no record. */
  read(key: string): SessionRecord | undefined {
    if (!isUsable(key)) return undefined;
    const row = this.#read.get(key);
    return row && decodeRecord(decodeText(row["record"]));
  }

  find(key: string): SessionRow | undefined {
    const row = isUsable(key) ? this.#find.get(key) : undefined;
    return row && rowOf(row);
  }

  /** `false` when the key is taken. */
  insert(key: string, record: SessionRecord): boolean {
    assertUsable(key, "create");
    const { changes } = this.#insert.run(key, record.expiresAt, ownerHash(record.owner), encodeText(record));
    if (changes === 0) return false;
    if (record.movedTo === undefined) this.#added++;
    return true;
  }

  /** Stores what a commit makes of a record, which never changes its owner. */
  update({ id }: SessionRow, record: SessionRecord): void {
    this.#update.run(encodeText(record), id);
  }

  /** Stores a session's record under another key. @throws SQLite's constraint error when the key is taken. */
  move({ id }: SessionRow, key: string, record: SessionRecord): void {
    assertUsable(key, "replace");
    this.#move.run(key, record.expiresAt, ownerHash(record.owner), encodeText(record), id);
  }

  /** The same, with a pointer left in the session's place. */
  moveAndPoint({ id }: SessionRow, { oldKey, newKey, next, pointer }: PointedMove): void {
    if (!this.insert(newKey, next)) throw keyIsTaken("replace");
    this.#move.run(oldKey, pointer.expiresAt, null, encodeText(pointer), id);
    this.#added--;
  }

  /** Lets the next sweep after the expiry look at a session that was used meanwhile. */
  postpone({ id }: SessionRow, expiresAt: number): void {
    this.#postpone.run(expiresAt, id);
  }

  delete({ id, record }: SessionRow): void {
    this.#delete.run(id);
    if (record?.movedTo === undefined) this.#added--;
  }

  /** The owner's rows after an ID, in order of their IDs. */
  ofOwner(owner: string, afterId: number, limit: number): KeyedRow[] {
    return this.#ofOwner.all(ownerHash(owner), afterId, limit).map(keyedRowOf);
  }

  /** Rows for a sweep to look at. */
  due(now: number, limit: number): KeyedRow[] {
    return this.#due.all(now, limit).map(keyedRowOf);
  }

  /** Rows before a place in the order by time and ID, the latest first. */
  beforeTime(time: number, id: number, limit: number): KeyedRow[] {
    return this.#byTime.all(time, id, limit).map(keyedRowOf);
  }

  /** Rows from a key on, in order of their keys. */
  fromKey(key: string, limit: number): KeyedRow[] {
    return this.#fromKey.all(key, limit).map(keyedRowOf);
  }

  /** Rows behind a key, in order of their keys. */
  afterKey(key: string, limit: number): KeyedRow[] {
    return this.#afterKey.all(key, limit).map(keyedRowOf);
  }

  count(): number {
    return Number(this.#count.get()?.["value"]);
  }

  /** Before the end of a transaction: brings the count up to date. */
  storeCount(): void {
    if (this.#added !== 0) this.#addToCount.run(this.#added);
    this.#added = 0;
  }

  /** After a transaction that was not stored. */
  forgetCount(): void {
    this.#added = 0;
  }
}

/** SQLite keeps text as UTF-8, in which all lone surrogates are the same: one such key would open another's row. */
export function isUsable(key: string): boolean {
  return key !== "" && key.isWellFormed();
}

function assertUsable(key: string, operation: string): void {
  if (isUsable(key)) return;
  throw new DataRefusedError(
    STORE,
    operation,
    "A key must be a text of at least one character, without lone surrogates.",
  );
}

function rowOf(row: Record<string, SQLOutputValue>): SessionRow {
  const id = Number(row["id"]);
  try {
    return { id, record: decodeRecord(decodeText(row["record"])) };
  } catch (damage) {
    return { id, record: undefined, damage };
  }
}

function keyedRowOf(row: Record<string, SQLOutputValue>): KeyedRow {
  return { ...rowOf(row), key: decodeKey(row["key"]), sweepAt: Number(row["sweepAt"]) };
}

export function decodeKey(bytes: SQLOutputValue | undefined): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString() : "";
}

/** A text column cannot hold lone surrogates, and some versions of Node cut it at a NUL: such a record is kept as bytes. */
function encodeText(record: SessionRecord): string | Buffer {
  const text = encodeRecord(record);
  return text.isWellFormed() && !text.includes("\0") ? text : Buffer.from(text, "utf16le");
}

function decodeText(value: SQLOutputValue | undefined): string {
  if (typeof value === "string") return value;
  if (!(value instanceof Uint8Array)) return "";
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf16le");
}

/** Owners are any text of any length. UTF-16 tells apart what UTF-8 would not. */
export function ownerHash(owner: string): Buffer;
export function ownerHash(owner: string | undefined): Buffer | null;
export function ownerHash(owner: string | undefined): Buffer | null {
  if (owner === undefined) return null;
  return createHash("sha256").update(owner, "utf16le").digest().subarray(0, OWNER_BYTES);
}
