// Where a session's data and the library's own notes lie in one record without meeting: the library's fields begin with
// "$", and a user's key that does so has one more in front.

/** The cookie outlives the browser. */
export const PERMANENT = "$permanent";
/** A CSRF token was handed out, so the session is kept although it has no data. */
export const CSRF = "$csrf";
/** When the ID was last renewed, in ms. */
export const RENEWED_AT = "$renewedAt";
/** The key before a renewal whose answer was lost: its ID still opens the session, which is then renewed again. */
export const UNSENT = "$unsent";
/** The key that encrypts the record's fields, itself encrypted: see field-encryption.ts. */
export const RECORD_KEY = "$recordKey";
/** From where the owner logged in: see device.ts. */
export const DEVICE = "$device";
/** Each flashed message is a field of its own, so that messages of parallel requests don't undo each other. */
export const FLASH_PREFIX = "$flash:";

/** The value that `set("flash", …)` keeps, as @fastify/flash does: as a property, the name is a control's. */
export const FLASH_VALUE = "$flashValue";

const DOLLAR = 36;

export function fieldOfKey(key: string): string {
  return key.charCodeAt(0) === DOLLAR ? `$${key}` : key;
}

/**
 * The user's key of a field; `undefined` for a field of the library's own, and for one that would reach a prototype,
 * which only another program can have written.
 */
export function keyOfField(field: string): string | undefined {
  if (field.charCodeAt(0) !== DOLLAR) return field === "__proto__" ? undefined : field;
  return field.charCodeAt(1) === DOLLAR ? field.slice(1) : undefined;
}

/** Whether a field alone is reason enough to keep a session. */
export function isContent(field: string): boolean {
  return field !== PERMANENT && field !== RENEWED_AT && field !== UNSENT && field !== DEVICE && field !== RECORD_KEY;
}
