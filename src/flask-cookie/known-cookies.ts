// The sessions in Flask's cookies that this process works on. Requests share a session only by a cookie that no other
// visitor can have: one with random bits that the store put there (`writeUniqueCookie`). Any other cookie, such as one that
// Flask wrote, may be equal for two visitors, so each request with it has a session of its own.
// It knows no manager and no header.
import { SessionValueError } from "../core/errors.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord } from "../core/record/store.ts";
import {
  generateId,
  keyOfId,
  type NewId,
  type RandomBytes,
  type RefusalReason,
  type VerifiedId,
} from "../core/request/session-id.ts";
import { Recent } from "../core/util/recent.ts";
import { MAX_COOKIE_LENGTH, readCookie, type WrittenCookie, writeUniqueCookie } from "./cookie.ts";
import { changed, type FieldRules, type FlaskData, fieldsOf, ownerOf, withOwner } from "./session-fields.ts";
import type { FlaskSignature } from "./signer.ts";
import { SlotsUnderWay } from "./slots-under-way.ts";

/** How cookies are signed, how long they last and what in them says who has logged in. */
interface CookieRules extends FieldRules {
  readonly signature: FlaskSignature;
  /** In seconds. */
  readonly maxAge: number;
}

/** A live session, as the newest cookie that this process knows of has it. */
interface State {
  readonly text: string;
  readonly data: FlaskData;
  /** In seconds. */
  readonly signedAt: number;
  readonly version: number;
  /** The browser's cookie was signed by a fallback, and `text` is by the newest secret. */
  readonly isSignatureOld: boolean;
}

/** What all requests of one session share. */
interface Slot {
  /** `undefined` before it begins and after it ended. */
  state: State | undefined;
  /** Its key is of one request, so that nothing of it is remembered after that request. */
  readonly isOfOneRequest: boolean;
}

/** How many sessions each half of the memory holds beside those of requests under way. */
const SESSIONS = 10_000;
/** A key and nothing else, so that a logout is remembered for long, whatever else comes by. */
const ENDED = 50_000;

/** Browsers drop a longer cookie in silence: with its name and attributes it may have 4096 bytes (RFC 6265bis 5.6). */
const MAX_COOKIE = 3_800;

export class KnownCookies {
  readonly #rules: CookieRules;
  readonly #clock: Clock;
  /** Requests hold their slots themselves, so no number of other sessions can push out one that is in use. */
  readonly #underWay = new SlotsUnderWay<Slot>();
  readonly #recent = new Recent<string, Slot>(SESSIONS);
  readonly #ended = new Recent<string, true>(ENDED);

  constructor(rules: CookieRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  newId(random: RandomBytes | undefined): NewId {
    const id = generateId(random);
    const key = keyOfId(id);
    const slot = this.#slot(key) ?? { state: undefined, isOfOneRequest: false };
    return this.#underWay.hold({ id, key }, slot);
  }

  /** Takes a session as a browser's cookie has it, unless something newer is known. */
  verify(text: string): VerifiedId | RefusalReason {
    // Before it costs a hash.
    if (text.length > MAX_COOKIE_LENGTH) return "malformed";
    // Of what shows in events, nothing is a cookie.
    const key = keyOfId(text);
    const known = this.#slot(key);
    if (known?.state) {
      return this.#underWay.hold({ id: text, key, newest: !known.state.isSignatureOld }, known);
    }
    if (known || this.#ended.get(key)) return { id: text, key, newest: true };
    const { signature, maxAge } = this.#rules;
    const { cookie, isUnique } = readCookie(text, { ...signature, maxAge, now: this.#seconds() });
    if (cookie.verdict !== "valid") return cookie.verdict === "bad_payload" ? "malformed" : "signature";
    const { data, signedAt, isSignatureOld } = cookie;
    const newest = isSignatureOld ? this.#write(data, 1, { text, data }).text : text;
    const state = { text: newest, data, signedAt, version: 1, isSignatureOld };
    const slot: Slot = { state, isOfOneRequest: !isUnique };
    if (isUnique) {
      this.#recent.set(key, slot);
      return this.#underWay.hold({ id: text, key, newest: !isSignatureOld }, slot);
    }
    const id = generateId();
    return this.#underWay.hold({ id, key: keyOfId(id), newest: !isSignatureOld }, slot);
  }

  /** The cookie for a session's browser. */
  sign(id: string): string {
    // Another request may have ended it meanwhile. The browser gets what opens nothing, as with a store on the server.
    return this.#slot(keyOfId(id))?.state?.text ?? "";
  }

  load(key: string): SessionRecord | undefined {
    const state = this.#live(key)?.state;
    if (!state) return undefined;
    const { data, signedAt, version } = state;
    const { maxAge } = this.#rules;
    return {
      fields: fieldsOf(data, this.#rules),
      createdAt: signedAt * 1000,
      expiresAt: (signedAt + maxAge + 1) * 1000,
      owner: ownerOf(data, this.#rules),
      version,
    };
  }

  create(key: string, { fields, owner }: SessionRecord): boolean {
    if (this.#live(key)) return false;
    const data = changed({}, { set: fields, remove: new Set() }, this.#rules);
    this.#begin(key, this.#write(withOwner(data, owner, this.#rules), 1));
    return true;
  }

  commit(key: string, change: Change): CommitResult {
    const slot = this.#live(key);
    if (!slot) return "gone";
    const { state } = slot;
    if (change.ifVersion !== undefined && change.ifVersion !== state.version) return "conflict";
    const isTouch = change.set.size + change.remove.size === 0;
    const data = isTouch ? state.data : changed(state.data, change, this.#rules);
    slot.state = this.#write(data, isTouch ? state.version : state.version + 1, state);
    return "committed";
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): "committed" | "gone" {
    const slot = this.#live(oldKey);
    if (!slot) return "gone";
    const { state } = slot;
    const data = withOwner(changed(state.data, replacement, this.#rules), replacement.owner, this.#rules);
    this.#begin(newKey, this.#write(data, state.version + 1, state));
    this.#end(oldKey, slot);
    return "committed";
  }

  destroy(key: string, ifVersion: number | undefined): boolean {
    const slot = this.#live(key);
    if (!slot || (ifVersion !== undefined && ifVersion !== slot.state.version)) return false;
    this.#end(key, slot);
    return true;
  }

  /** @throws SessionValueError when no browser would keep the cookie, or Python could not have written it. */
  #write(data: FlaskData, version: number, from?: WrittenCookie): State {
    const signedAt = this.#seconds();
    const text = writeUniqueCookie(data, { ...this.#rules.signature, now: signedAt }, from);
    if (text.length > MAX_COOKIE) {
      const problem = `needs a cookie of ${text.length} bytes, of which browsers keep about ${MAX_COOKIE}`;
      throw new SessionValueError("session", problem, "Keep less in it, or keep it on the server.");
    }
    return { text, data, signedAt, version, isSignatureOld: false };
  }

  #slot(key: string): Slot | undefined {
    return this.#underWay.find(key) ?? this.#recent.get(key);
  }

  #live(key: string): (Slot & { state: State }) | undefined {
    const slot = this.#slot(key);
    return slot && hasState(slot) && slot.state.signedAt + this.#rules.maxAge >= this.#seconds() ? slot : undefined;
  }

  #begin(key: string, state: State): void {
    const slot = this.#slot(key) ?? { state, isOfOneRequest: false };
    slot.state = state;
    this.#recent.set(key, slot);
    this.#ended.delete(key);
  }

  #end(key: string, slot: Slot): void {
    slot.state = undefined;
    this.#recent.delete(key);
    if (!slot.isOfOneRequest) this.#ended.set(key, true);
  }

  #seconds(): number {
    return Math.floor(this.#clock() / 1000);
  }
}

function hasState(slot: Slot): slot is Slot & { state: State } {
  return slot.state !== undefined;
}
