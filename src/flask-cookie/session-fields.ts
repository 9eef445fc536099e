// A Flask session, as Flask keeps it, and the fields of a record of ours: what Flask keeps under names of its own is
// found where coatcheck has it, and Python's types stay as they are for as long as nobody assigns the key.
import { decodeValue, encodeValue } from "../core/codec.ts";
import { FLASH_PREFIX, fieldOfKey, keyOfField, PERMANENT } from "../core/field-names.ts";
import { isFlashMessage } from "../core/flash.ts";
import type { Change } from "../core/store.ts";
import { Markup, Tuple, Uuid } from "./values.ts";

/** A Flask session's dict. */
export type FlaskData = Readonly<Record<string, unknown>>;

/** Flask's own names. */
const FLASK_PERMANENT = "_permanent";
const FLASK_FLASHES = "_flashes";
/** What coatcheck notes in a session for itself. */
const OURS = "_coatcheck_";

/** Where Flask-Login keeps who has logged in. */
export const FLASK_LOGIN_OWNER = "_user_id";

export function fieldsOf(data: FlaskData, ownerKey: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (key === ownerKey || key === "__proto__") continue;
    if (key === FLASK_FLASHES) addFlashes(fields, value);
    else fields.set(fieldOf(key), encodeValue(plain(value), key));
  }
  return fields;
}

export function ownerOf(data: FlaskData, ownerKey: string): string | undefined {
  const owner = data[ownerKey];
  return typeof owner === "string" && owner !== "" ? owner : undefined;
}

/** The dict after a change, with the owner that the session then has. */
export function changed(
  data: FlaskData,
  { set, remove }: Pick<Change, "set" | "remove">,
  ownerKey: string,
  owner: string | undefined,
): FlaskData {
  const next: Record<string, unknown> = { ...data };
  const flashes = new Map<string, string>();
  addFlashes(flashes, data[FLASK_FLASHES]);
  for (const name of remove) {
    if (!flashes.delete(name)) delete next[keyOf(name)];
  }
  for (const [name, text] of set) {
    if (name.startsWith(FLASH_PREFIX)) flashes.set(name, text);
    else next[keyOf(name)] = decodeValue(text);
  }
  if (flashes.size > 0) next[FLASK_FLASHES] = flashList(flashes);
  else delete next[FLASK_FLASHES];
  if (owner === undefined) delete next[ownerKey];
  else next[ownerKey] = owner;
  return next;
}

function fieldOf(key: string): string {
  if (key === FLASK_PERMANENT) return PERMANENT;
  return key.startsWith(OURS) ? `$${key.slice(OURS.length)}` : fieldOfKey(key);
}

function keyOf(field: string): string {
  return field === PERMANENT ? FLASK_PERMANENT : (keyOfField(field) ?? OURS + field.slice(1));
}

/** Flask's list of (category, message), as one field each, in its order. */
function addFlashes(fields: Map<string, string>, list: unknown): void {
  if (!Array.isArray(list)) return;
  for (const [i, pair] of (list as unknown[]).entries()) {
    const [category, message]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof category !== "string") continue;
    const name = `${FLASH_PREFIX}${"0".repeat(9)}-${String(i).padStart(6, "0")}-flask`;
    fields.set(name, encodeValue({ category, message: plain(message) }, FLASK_FLASHES));
  }
}

function flashList(flashes: ReadonlyMap<string, string>): Tuple[] {
  return [...flashes.keys()].sort().flatMap((name) => {
    const flash = decodeValue(flashes.get(name) ?? "null");
    return isFlashMessage(flash) ? [Tuple.of(flash.category, flash.message)] : [];
  });
}

/** The nearest that a session of ours can hold. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null || value instanceof Date || value instanceof Uint8Array) {
    return value ?? null;
  }
  if (value instanceof Markup || value instanceof Uuid) return String(value);
  if (Array.isArray(value)) return Array.from(value, plain);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__proto__")
      .map(([key, member]) => [key, plain(member)]),
  );
}
