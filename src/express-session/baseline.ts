// What the store is known to hold of one session object, which a save compares it with. It knows no store.

import type { SessionRecord } from "../core/record/store.ts";
import { type FieldChange, NO_CHANGE, StoredFields } from "../core/session/tracked-fields.ts";
import type { Cookie } from "./cookie.ts";
import { COOKIE_FIELD, encodeCookie, expiryOf, hasSettingsOf } from "./cookie-field.ts";
import type { StoredSession } from "./session.ts";
import { changeOf, type Description, type Fields, type LoadedData } from "./session-fields.ts";

const NO_VALUES: StoredSession = { cookie: {} };

export class Baseline extends StoredFields implements LoadedData {
  /** The store that holds it. */
  readonly store: object;
  /** As loaded; empty for a session that this request began. */
  readonly fields: Fields;
  /** As loaded. Nobody changes them. */
  readonly values: StoredSession;
  /** Describes the session while nothing differs from what was loaded. */
  readonly description: Description;
  expiresAt: number;
  /** A save under way; the next one waits for it. */
  saving: Promise<unknown> | undefined;
  /** The loaded cookie ends when the record does, or with the browser, and not at an earlier moment of its own. */
  readonly #endsWithRecord: boolean;

  constructor(store: object, record?: SessionRecord, values: StoredSession = NO_VALUES) {
    super(record?.fields);
    const { expires } = values.cookie;
    this.store = store;
    this.fields = this.stored;
    this.values = values;
    this.description = { text: record ? `version ${record.version}\n` : "" };
    this.expiresAt = record?.expiresAt ?? 0;
    this.#endsWithRecord = record !== undefined && (!(expires instanceof Date) || expires.getTime() === this.expiresAt);
  }

  noteRecord({ fields, expiresAt }: Pick<SessionRecord, "fields" | "expiresAt">): void {
    this.reset(fields);
    this.expiresAt = expiresAt;
  }

  noteCommit(change: FieldChange, expiresAt: number): void {
    this.markStored(change);
    this.expiresAt = Math.max(this.expiresAt, expiresAt);
  }

  /** Describes the data as it would be stored, so that a change within a Map or a Date is seen. */
  describe(session: object): Description {
    const change = changeOf(session, this.fields, this);
    return change ? { text: this.description.text + textOf(change), change } : this.description;
  }

  /**
   * How the data differs from what is stored.
   * @param described The result of `describe`, if nothing has changed since.
   */
  changeOf(session: object, described: Description | undefined): FieldChange | undefined {
    // Until something is stored, the change since the session was loaded is the same.
    return described && this.stored === this.fields ? described.change : changeOf(session, this.stored, this);
  }

  /** Adds to a change of the data how the cookie's settings differ from what is stored. */
  withCookie(change: FieldChange | undefined, cookie: Cookie): FieldChange | undefined {
    const asLoaded = this.#isAsLoaded(cookie) ? this.fields.get(COOKIE_FIELD) : undefined;
    const text = asLoaded ?? encodeCookie(cookie, this.expiresAt);
    if (text === this.stored.get(COOKIE_FIELD)) return change;
    const { set, remove } = change ?? NO_CHANGE;
    return { set: new Map(set).set(COOKIE_FIELD, text), remove };
  }

  /** Whether the cookie's settings are those that were loaded, and its end no earlier. */
  #isAsLoaded(cookie: Cookie): boolean {
    if (!this.#endsWithRecord || (cookie.expires && expiryOf(cookie) < this.expiresAt)) return false;
    return hasSettingsOf(cookie, this.values.cookie);
  }
}

/** The same for equal changes. */
function textOf({ set, remove }: FieldChange): string {
  let text = "";
  for (const [field, value] of set) text += `${field.length}:${field}=${value}\n`;
  for (const field of remove) text += `${field.length}:${field}-\n`;
  return text;
}
