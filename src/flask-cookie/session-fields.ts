// A Flask session, as Flask keeps it, and the fields of a record of ours: what Flask keeps under names of its own is
// found where coatcheck has it, and Python's types stay as they are for as long as nobody assigns the key.

import { SessionValueError } from "../core/errors.ts";
import { decodeValue, encodeValue } from "../core/record/codec.ts";
import type { Change } from "../core/record/store.ts";
import { isFlashMessage } from "../core/session/flash.ts";
import { FLASH_PREFIX, fieldOfKey, keyOfField, PERMANENT } from "../core/session/reserved-fields.ts";
import type { OwnFields } from "./own-fields.ts";
import { Markup, Tuple, Uuid } from "./values.ts";

/** A Flask session's dict. */
export type FlaskData = Readonly<Record<string, unknown>>;

/** Flask's own names. */
const FLASK_PERMANENT = "_permanent";
const FLASK_FLASHES = "_flashes";
/** What coatcheck notes in a session for itself: `_coatcheck_csrf` is the field `$csrf`. */
const OURS = "_coatcheck_";

/** Where Flask-Login keeps who has logged in. */
export const FLASK_LOGIN_OWNER = "_user_id";

/** How the fields of a record are found in a session's dict. */
export interface FieldRules {
  readonly ownerKey: string;
  readonly ownFields: OwnFields;
}

export function fieldsOf(data: FlaskData, { ownerKey, ownFields }: FieldRules): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [key, value] of Object.entries(data)) {
    if (key === ownerKey || key === "__proto__") continue;
    if (key.startsWith(OURS)) addOwnField(fields, key, value, ownFields);
    else if (key === FLASK_FLASHES) addFlashes(fields, value);
    else if (key === FLASK_PERMANENT) fields.set(PERMANENT, encodeValue(plain(value), key));
    else fields.set(fieldOfKey(key), encodeValue(plain(value), key));
  }
  return fields;
}

/** What the Flask app keeps under such a name is none of ours, and nothing that TypeScript sees. */
function addOwnField(fields: Map<string, string>, key: string, value: unknown, ownFields: OwnFields): void {
  const field = `$${key.slice(OURS.length)}`;
  const text = ownFields.open(field, value);
  if (text !== undefined) fields.set(field, text);
}

/** Python apps keep a user's number as an integer, too. */
export function ownerOf(data: FlaskData, { ownerKey }: FieldRules): string | undefined {
  const kept = data[ownerKey];
  const owner = typeof kept === "number" || typeof kept === "bigint" ? String(kept) : kept;
  return typeof owner === "string" && owner !== "" ? owner : undefined;
}

/** The dict with another owner. What Flask keeps in the owner's place stays, unless the owner changes. */
export function withOwner(data: FlaskData, owner: string | undefined, rules: FieldRules): FlaskData {
  if (ownerOf(data, rules) === owner) return data;
  const { [rules.ownerKey]: _former, ...others } = data;
  return owner === undefined ? others : { ...others, [rules.ownerKey]: owner };
}

/**
 * The dict after a change. Values that the change does not name are the very same.
 * @throws SessionValueError for a key that Flask or coatcheck has for itself.
 */
export function changed(
  data: FlaskData,
  { set, remove }: Pick<Change, "set" | "remove">,
  rules: FieldRules,
): FlaskData {
  const next: Record<string, unknown> = { ...data };
  for (const field of remove) if (!field.startsWith(FLASH_PREFIX)) delete next[keyOf(field, rules)];
  for (const [field, text] of set) {
    if (!field.startsWith(FLASH_PREFIX)) next[keyOf(field, rules)] = valueOf(field, text, rules);
  }
  const flashes = flashesAfter(data[FLASK_FLASHES], { set, remove });
  if (flashes && flashes.length > 0) next[FLASK_FLASHES] = flashes;
  else if (flashes) delete next[FLASK_FLASHES];
  return next;
}

function valueOf(field: string, text: string, { ownFields }: FieldRules): unknown {
  return field === PERMANENT || keyOfField(field) !== undefined ? decodeValue(text) : ownFields.seal(field, text);
}

function keyOf(field: string, { ownerKey }: FieldRules): string {
  if (field === PERMANENT) return FLASK_PERMANENT;
  const key = keyOfField(field);
  if (key === undefined) return OURS + field.slice(1);
  if (key.startsWith(OURS)) throw reserved(key, "Choose another name: those are coatcheck's own.");
  if (key === FLASK_PERMANENT) throw reserved(key, "Use session.permanent.");
  if (key === FLASK_FLASHES) throw reserved(key, "Use session.flash() and session.takeFlashes().");
  if (key === ownerKey) throw reserved(key, "Use session.login(owner) and session.logout().");
  return key;
}

function reserved(key: string, remedy: string): SessionValueError {
  return new SessionValueError(key, "is a reserved key in a session that Flask shares", remedy);
}

/** Flask's list of (category, message), as one field each, in its order. */
function addFlashes(fields: Map<string, string>, list: unknown): void {
  for (const [field, pair] of flashFields(list)) {
    const [category, message]: unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof category !== "string") continue;
    fields.set(field, encodeValue({ category, message: plain(message) }, FLASK_FLASHES));
  }
}

/** The members of Flask's list, under names that stay the same from one reading to the next. */
function flashFields(list: unknown): Map<string, unknown> {
  const members: unknown[] = Array.isArray(list) ? list : [];
  return new Map(
    members.map((member, i) => [`${FLASH_PREFIX}${"0".repeat(9)}-${String(i).padStart(6, "0")}-flask`, member]),
  );
}

/** Flask's list after a change; `undefined` when the change is of something else. */
function flashesAfter(list: unknown, { set, remove }: Pick<Change, "set" | "remove">): unknown[] | undefined {
  const isFlash = (field: string): boolean => field.startsWith(FLASH_PREFIX);
  if (![...set.keys(), ...remove].some(isFlash)) return undefined;
  const flashes = flashFields(list);
  for (const field of remove) flashes.delete(field);
  for (const [field, text] of set) {
    const flash = isFlash(field) ? decodeValue(text) : undefined;
    if (isFlashMessage(flash)) flashes.set(field, Tuple.of(flash.category, flash.message));
  }
  return [...flashes.keys()].sort().map((field) => flashes.get(field));
}

/** The nearest that a session of ours can hold. */
function plain(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value;
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value ?? null;
  if (value instanceof Markup || value instanceof Uuid) return String(value);
  if (Array.isArray(value)) return Array.from(value, plain);
  if (value instanceof Map) return new Map(Array.from(value, ([key, member]) => [plain(key), plain(member)]));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== "__proto__")
      .map(([key, member]) => [key, plain(member)]),
  );
}
