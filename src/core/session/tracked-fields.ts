// The data of one session while a request works on it: values are decoded when they are first read, and the change is
// found by encoding again what may differ. The cost follows the keys that were touched, not the session's size.
// It knows no store, no ID and no time.
import { decodeValue, encodeValue } from "../record/codec.ts";
import { applyToFields } from "../record/record.ts";

/** What differs between the data and the stored fields. */
export interface FieldChange {
  readonly set: ReadonlyMap<string, string>;
  readonly remove: ReadonlySet<string>;
}

export const NO_FIELDS: ReadonlyMap<string, string> = new Map();
export const NO_CHANGE: FieldChange = { set: NO_FIELDS, remove: new Set() };

/** The fields of one record as they are stored. */
export class StoredFields {
  /** Encoded text by name; without `#unapplied`. */
  #before: ReadonlyMap<string, string>;
  /** The last change that was stored. Most requests end with it, and then it need not be applied here too. */
  #unapplied: FieldChange | undefined;

  constructor(stored: ReadonlyMap<string, string> = NO_FIELDS) {
    this.#before = stored;
  }

  get stored(): ReadonlyMap<string, string> {
    if (!this.#unapplied) return this.#before;
    this.#before = applyToFields(this.#before, this.#unapplied);
    this.#unapplied = undefined;
    return this.#before;
  }

  /** Notes that a change was stored. */
  markStored(change: FieldChange): void {
    this.#before = this.stored;
    this.#unapplied = change;
  }

  /** Starts again from other stored fields. */
  reset(stored: ReadonlyMap<string, string> = NO_FIELDS): void {
    this.#before = stored;
    this.#unapplied = undefined;
  }
}

export class TrackedFields extends StoredFields {
  /** Assigned in this request, or an object that was read; made when first needed. */
  #touched: Map<string, unknown> | undefined;
  #removed: Set<string> | undefined;
  /** Something was assigned or removed, or an object was handed out, whose inside the request may change unseen. */
  #mayDiffer = false;

  has(name: string): boolean {
    if (this.#touched?.has(name)) return true;
    return this.stored.has(name) && !this.#removed?.has(name);
  }

  get(name: string): unknown {
    const value = this.#touched?.get(name);
    if (value !== undefined) return value;
    const text = this.stored.get(name);
    if (text === undefined || this.#removed?.has(name)) return undefined;
    const decoded = decodeValue(text);
    // What can't change is decoded again when it is read again.
    if (typeof decoded !== "object" || decoded === null) return decoded;
    this.#mayDiffer = true;
    this.#touch(name, decoded);
    return decoded;
  }

  /** @throws SessionValueError when the value cannot be stored; the old value then stays. */
  set(name: string, value: unknown): void {
    encodeValue(value, name);
    this.#touch(name, value);
    this.#removed?.delete(name);
    this.#mayDiffer = true;
  }

  delete(name: string): boolean {
    const existed = this.has(name);
    this.#touched?.delete(name);
    if (this.stored.has(name)) {
      this.#removed ??= new Set();
      this.#removed.add(name);
      this.#mayDiffer = true;
    }
    return existed;
  }

  /** Whether the value of one of these fields is an object, whose inside may change unseen. */
  hasObjectAmong(isIncluded: (name: string) => boolean): boolean {
    for (const [name, value] of this.#touched ?? []) {
      if (typeof value === "object" && value !== null && isIncluded(name)) return true;
    }
    for (const [name, text] of this.stored) {
      if (isObjectText(text) && isIncluded(name) && !this.#removed?.has(name)) return true;
    }
    return false;
  }

  /** The names in the order in which they were first set. */
  names(): string[] {
    const names: string[] = [];
    for (const name of this.stored.keys()) if (!this.#removed?.has(name)) names.push(name);
    if (this.#touched) for (const name of this.#touched.keys()) if (!this.stored.has(name)) names.push(name);
    return names;
  }

  /**
   * What the request changed so far, nested changes included; `undefined` when nothing differs from what is stored.
   * @throws SessionValueError when a value was changed into something that cannot be stored.
   */
  change(): FieldChange | undefined {
    if (!this.#mayDiffer) return undefined;
    const set = new Map<string, string>();
    if (this.#touched) {
      for (const [name, value] of this.#touched) {
        const text = encodeValue(value, name);
        if (text !== this.stored.get(name)) set.set(name, text);
      }
    }
    const remove: ReadonlySet<string> = new Set(this.#removed);
    return set.size > 0 || remove.size > 0 ? { set, remove } : undefined;
  }

  /** Takes a change of this data as stored: from here on, only what differs from it is a change. */
  override markStored(change: FieldChange): void {
    super.markStored(change);
    for (const name of change.remove) this.#removed?.delete(name);
    for (const name of change.set.keys()) {
      // Every name in a change was touched; one that no longer is was deleted while the store was at work.
      if (this.#touched?.has(name)) continue;
      this.#removed ??= new Set();
      this.#removed.add(name);
    }
  }

  /** Starts again from other stored fields. What was not stored yet is forgotten, but for `unsaved`. */
  override reset(stored?: ReadonlyMap<string, string>, unsaved?: FieldChange): void {
    super.reset(stored);
    this.#touched = undefined;
    this.#removed = undefined;
    this.#mayDiffer = false;
    if (!unsaved) return;
    for (const name of unsaved.remove) this.delete(name);
    for (const [name, text] of unsaved.set) {
      this.#touch(name, decodeValue(text));
      this.#mayDiffer = true;
    }
  }

  #touch(name: string, value: unknown): void {
    this.#touched ??= new Map();
    this.#touched.set(name, value);
  }
}

function isObjectText(text: string): boolean {
  return text.startsWith("{") || text.startsWith("[");
}
