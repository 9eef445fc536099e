// The dictionary's contents and methods: keys and values of one session, and its flashed messages. What a session is
// beyond that is added by who extends it. It knows no store.

import { SessionValueError } from "../errors.ts";
import { encodeValue } from "../record/codec.ts";
import { checkKey } from "./controls.ts";
import { flashField, isFlashMessage } from "./flash.ts";
import { FLASH_PREFIX, FLASH_VALUE, fieldOfKey, keyOfField } from "./reserved-fields.ts";
import type { TrackedFields } from "./tracked-fields.ts";
import type { FlashMessage } from "./types.ts";

export abstract class SessionItems {
  /** Anything was read or written. */
  accessed = false;
  readonly #fields: TrackedFields;

  constructor(fields: TrackedFields) {
    this.#fields = fields;
  }

  /** Throws when nothing can be written any more. */
  protected abstract beforeWrite(): void;
  protected abstract afterRead(value: unknown): void;

  has(key: string): boolean {
    this.accessed = true;
    return key !== "__proto__" && this.#fields.has(fieldOfKey(key));
  }

  keys(): string[] {
    this.accessed = true;
    const keys: string[] = [];
    for (const field of this.#fields.names()) {
      const key = keyOfField(field);
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  get(key: string, fallback?: unknown): unknown {
    this.accessed = true;
    const value = key === "__proto__" ? undefined : this.#fields.get(fieldOfMethodKey(key));
    this.afterRead(value);
    return value === undefined ? fallback : value;
  }

  /**
   * Sets a key; `undefined` removes it. It takes the key "flash" too, which @fastify/flash uses.
   * @throws SessionKeyError, SessionValueError; the old value then stays.
   */
  set(key: PropertyKey, value: unknown): void {
    if (key === "flash") this.#setField(FLASH_VALUE, value);
    else this.assign(key, value);
  }

  /**
   * Sets a key, as `session.key = value` does; `undefined` removes it.
   * @throws SessionKeyError, SessionValueError; the old value then stays.
   */
  assign(key: PropertyKey, value: unknown): void {
    checkKey(key);
    this.#setField(fieldOfKey(key), value);
  }

  #setField(field: string, value: unknown): void {
    this.accessed = true;
    if (value === undefined && !this.#fields.has(field)) return;
    this.#prepareWrite();
    if (value === undefined) this.#fields.delete(field);
    else this.#fields.set(field, value);
  }

  delete(key: PropertyKey): void {
    checkKey(key);
    if (!this.has(key)) return;
    this.#prepareWrite();
    this.#fields.delete(fieldOfKey(key));
  }

  pop(key: string, fallback?: unknown): unknown {
    const value = this.get(key, fallback);
    this.delete(key);
    return value;
  }

  setDefault(key: string, value: unknown): unknown {
    if (!this.has(key)) this.assign(key, value);
    return this.get(key);
  }

  update(values: unknown): void {
    if (typeof values !== "object" || values === null) {
      throw new SessionValueError("update()", "did not get an object", 'Give it keys and values: { theme: "dark" }.');
    }
    const entries = Object.entries(values);
    for (const [key, value] of entries) {
      checkKey(key);
      if (value !== undefined) encodeValue(value, key);
    }
    for (const [key, value] of entries) this.assign(key, value);
  }

  clear(): void {
    this.#prepareWrite();
    for (const field of this.#fields.names()) {
      if (keyOfField(field) !== undefined || isFlash(field)) this.#fields.delete(field);
    }
  }

  flash(message: unknown, category = "message"): void {
    if (typeof category !== "string") {
      throw new SessionValueError("flash()", `got a category that is a ${typeof category}`, 'Give text: "error".');
    }
    if (message === undefined) {
      throw new SessionValueError("flash()", "got no message", 'Give it one: session.flash("Saved").');
    }
    this.#prepareWrite();
    this.#fields.set(flashField(this.#fields.names().length), { category, message });
  }

  takeFlashes(categories?: readonly string[]): FlashMessage[] {
    this.accessed = true;
    const taken: FlashMessage[] = [];
    for (const field of this.#fields.names().sort()) {
      if (!field.startsWith(FLASH_PREFIX)) continue;
      const flash = this.#fields.get(field);
      if (!isFlashMessage(flash) || (categories && !categories.includes(flash.category))) continue;
      this.#prepareWrite();
      this.#fields.delete(field);
      taken.push(flash);
    }
    return taken;
  }

  #prepareWrite(): void {
    this.accessed = true;
    this.beforeWrite();
  }
}

/** The field that `get` and `set` mean by a key. */
function fieldOfMethodKey(key: string): string {
  return key === "flash" ? FLASH_VALUE : fieldOfKey(key);
}

function isFlash(field: string): boolean {
  return field === FLASH_VALUE || field.startsWith(FLASH_PREFIX);
}
