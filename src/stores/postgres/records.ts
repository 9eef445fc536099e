// Records and changes as columns and parameters, and back. It knows no SQL.
import { SessionRecordError } from "../../core/errors.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import { decodeText, encodeName, encodeText, hasEscapes } from "./codec.ts";
import type { PgRow } from "./pool.ts";

/** The record in the columns fields, created_at, expires_at, version, owner, moved_to. */
export function recordOf([fields, createdAt, expiresAt, version, owner, movedTo]: PgRow): SessionRecord {
  return {
    fields: fieldsOf(fields ?? ""),
    createdAt: Number(createdAt),
    expiresAt: Number(expiresAt),
    version: Number(version),
    owner: decodeOptional(owner),
    ...(movedTo == null ? {} : { movedTo: decodeText(movedTo) }),
  };
}

/** Fields as the JSON object that the table keeps, each value a text. */
export function encodeFields(fields: ReadonlyMap<string, string>): string {
  return JSON.stringify(Object.fromEntries(Array.from(fields, ([name, text]) => [encodeName(name), encodeText(text)])));
}

export function encodeNames(names: ReadonlySet<string>): string[] {
  return Array.from(names, encodeName);
}

export function encodeOptional(text: string | undefined): string | null {
  return text === undefined ? null : encodeText(text);
}

/** Whole milliseconds, which is what a column holds. */
export function encodeTime(time: number): number {
  return Math.ceil(time);
}

function decodeOptional(text: string | null | undefined): string | undefined {
  return text == null ? undefined : decodeText(text);
}

function fieldsOf(json: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const isPlain = !hasEscapes(json);
  for (const [name, text] of Object.entries(objectOf(json))) {
    if (typeof text !== "string") throw new SessionRecordError("has a field that is no text");
    if (isPlain) fields.set(name, text);
    else fields.set(decodeText(name), decodeText(text));
  }
  return fields;
}

function objectOf(json: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new SessionRecordError("has no readable fields", cause);
  }
  if (typeof value !== "object" || value === null) throw new SessionRecordError("has no fields");
  return value;
}
