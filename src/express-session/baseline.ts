// What is known to be stored of one session object, which a save compares it with. It knows no store.
import { type FieldChange, NO_FIELDS } from "../core/fields.ts";
import { applyToFields } from "../core/record.ts";
import type { SessionRecord } from "../core/store.ts";
import type { Cookie } from "./cookie.ts";
import { expiryOf, hasSettingsOf } from "./cookie-field.ts";
import type { StoredSession } from "./session.ts";
import { changeOf, type Fields, type LoadedData } from "./session-fields.ts";
import type { Description } from "./tracker.ts";

/** A session as it was loaded. */
export class Loaded implements LoadedData {
  readonly fields: Fields;
  readonly values: StoredSession;
  readonly expiresAt: number;
  /** What `describe` says as long as nothing differs. */
  readonly description: Description;
  /** Its cookie ends as the record does, or with the browser, and not at an earlier moment of its own. */
  readonly endsWithRecord: boolean;

  /** @param values Nobody changes them. */
  constructor({ fields, expiresAt, version }: SessionRecord, values: StoredSession) {
    const { expires } = values.cookie;
    this.fields = fields;
    this.values = values;
    this.expiresAt = expiresAt;
    this.description = { text: `version ${version}\n` };
    this.endsWithRecord = !(expires instanceof Date) || expires.getTime() === expiresAt;
  }
}

export class Baseline {
  /** Who knows it. */
  readonly store: object;
  readonly loaded: Loaded | undefined;
  expiresAt: number;
  /** A save under way; the next one waits for it. */
  saving: Promise<unknown> | undefined;
  /** With `#unapplied`, as they were before that. */
  #fieldsBefore: Fields;
  /** The last change that was stored. Most requests end with it, and then it need not be applied here too. */
  #unapplied: FieldChange | undefined;

  constructor(store: object, loaded?: Loaded | undefined) {
    this.store = store;
    this.loaded = loaded;
    this.#fieldsBefore = loaded?.fields ?? NO_FIELDS;
    this.expiresAt = loaded?.expiresAt ?? 0;
  }

  get fields(): Fields {
    if (this.#unapplied) this.#fieldsBefore = applyToFields(this.#fieldsBefore, this.#unapplied);
    this.#unapplied = undefined;
    return this.#fieldsBefore;
  }

  /** All of this is stored now. */
  reset(fields: Fields, expiresAt: number): void {
    this.#fieldsBefore = fields;
    this.#unapplied = undefined;
    this.expiresAt = expiresAt;
  }

  /** This change is stored now. */
  note(change: FieldChange, expiresAt: number): void {
    this.#fieldsBefore = this.fields;
    this.#unapplied = change;
    this.expiresAt = Math.max(this.expiresAt, expiresAt);
  }

  /** How the data differs from what is stored. @param described What `describe` has just said of it. */
  changeOf(session: object, described: Description | undefined): FieldChange | undefined {
    // Until something was stored, the change since the session was loaded is the same.
    const isAsLoaded = this.loaded !== undefined && this.fields === this.loaded.fields;
    return described && isAsLoaded ? described.change : changeOf(session, this.fields, this.loaded);
  }

  /** Whether the cookie's settings are those that were loaded, and its end no earlier. */
  isCookieAsLoaded(cookie: Cookie): boolean {
    if (!this.loaded?.endsWithRecord || (cookie.expires && expiryOf(cookie) < this.expiresAt)) return false;
    return hasSettingsOf(cookie, this.loaded.values.cookie);
  }
}

const NOTHING: Description = { text: "" };

/** The data of a session as it would be stored, so that a change within a Map or a Date is seen. */
export function describe(session: object, loaded: Loaded | undefined): Description {
  const change = changeOf(session, loaded?.fields ?? NO_FIELDS, loaded);
  const asLoaded = loaded?.description ?? NOTHING;
  return change ? { text: asLoaded.text + textOf(change), change } : asLoaded;
}

/** The same for equal changes. */
function textOf({ set, remove }: FieldChange): string {
  let text = "";
  for (const [field, value] of set) text += `${field.length}:${field}=${value}\n`;
  for (const field of remove) text += `${field.length}:${field}-\n`;
  return text;
}
