// Flask's cookies as this process knows them for a while: what requests under way work on, what keeps parallel ones from
// undoing each other, and which cookies were logged out. Bounded, and lost with the process.
// It knows no manager and no header.
import { SessionValueError } from "../core/errors.ts";
import { keyOfId, type RefusalReason, type VerifiedId } from "../core/id.ts";
import { Recent } from "../core/recent.ts";
import type { Change, Clock, CommitResult, Replacement, SessionRecord } from "../core/store.ts";
import { MAX_COOKIE_LENGTH, readFlaskCookie, writeFlaskCookie } from "./cookie.ts";
import { changed, type FlaskData, fieldsOf, ownerOf } from "./session-fields.ts";
import type { FlaskSignature } from "./signer.ts";

/** How cookies are signed, how long they last and what in them says who has logged in. */
interface CookieRules {
  readonly signature: FlaskSignature;
  /** In seconds. */
  readonly maxAge: number;
  readonly ownerKey: string;
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

/** How many sessions of requests under way each half of the memory holds. */
const SESSIONS = 10_000;
/** A key and nothing else, so that a logout is remembered for long, whatever else comes by. */
const ENDED = 50_000;

/** Browsers drop a longer cookie in silence: with its name and attributes it may have 4096 bytes (RFC 6265bis 5.6). */
const MAX_COOKIE = 3_800;

export class KnownCookies {
  readonly #rules: CookieRules;
  readonly #clock: Clock;
  readonly #states = new Recent<string, State>(SESSIONS);
  readonly #ended = new Recent<string, true>(ENDED);

  constructor(rules: CookieRules, clock: Clock) {
    this.#rules = rules;
    this.#clock = clock;
  }

  /** Takes a session as a browser's cookie has it, unless something newer is known. */
  verify(text: string): VerifiedId | RefusalReason {
    // Before it costs a hash.
    if (text.length > MAX_COOKIE_LENGTH) return "malformed";
    // Of what shows in events, nothing is a cookie.
    const key = keyOfId(text);
    const known = this.#states.get(key);
    if (known) return { id: text, key, newest: !known.isSignatureOld };
    if (this.#ended.get(key)) return { id: text, key, newest: true };
    const { signature, maxAge } = this.#rules;
    const cookie = readFlaskCookie(text, { ...signature, maxAge, now: this.#seconds() });
    if (cookie.verdict !== "valid") return cookie.verdict === "bad_payload" ? "malformed" : "signature";
    const { data, signedAt, isSignatureOld } = cookie;
    const newest = isSignatureOld ? this.#write(data, 1).text : text;
    this.#states.set(key, { text: newest, data, signedAt, version: 1, isSignatureOld });
    return { id: text, key, newest: !isSignatureOld };
  }

  /** The cookie for a session's browser. */
  sign(id: string): string {
    const key = keyOfId(id);
    // Another request ended it meanwhile. The browser gets what opens nothing, as with a store on the server.
    if (this.#ended.get(key)) return "";
    return this.#states.get(key)?.text ?? id;
  }

  load(key: string): SessionRecord | undefined {
    const state = this.#live(key);
    if (!state) return undefined;
    const { data, signedAt, version } = state;
    const { maxAge, ownerKey } = this.#rules;
    return {
      fields: fieldsOf(data, ownerKey),
      createdAt: signedAt * 1000,
      expiresAt: (signedAt + maxAge + 1) * 1000,
      owner: ownerOf(data, ownerKey),
      version,
    };
  }

  create(key: string, { fields, owner }: SessionRecord): boolean {
    if (this.#live(key)) return false;
    const data = changed({}, { set: fields, remove: new Set() }, this.#rules.ownerKey, owner);
    this.#states.set(key, this.#write(data, 1));
    this.#ended.delete(key);
    return true;
  }

  commit(key: string, change: Change): CommitResult {
    const state = this.#live(key);
    if (!state) return "gone";
    if (change.ifVersion !== undefined && change.ifVersion !== state.version) return "conflict";
    const isTouch = change.set.size + change.remove.size === 0;
    const { ownerKey } = this.#rules;
    const data = isTouch ? state.data : changed(state.data, change, ownerKey, ownerOf(state.data, ownerKey));
    this.#states.set(key, this.#write(data, isTouch ? state.version : state.version + 1));
    return "committed";
  }

  replace(oldKey: string, newKey: string, replacement: Replacement): "committed" | "gone" {
    const state = this.#live(oldKey);
    if (!state) return "gone";
    const data = changed(state.data, replacement, this.#rules.ownerKey, replacement.owner);
    this.#states.set(newKey, this.#write(data, state.version + 1, oldKey));
    this.#end(oldKey);
    return "committed";
  }

  destroy(key: string, ifVersion: number | undefined): boolean {
    const state = this.#live(key);
    if (!state || (ifVersion !== undefined && ifVersion !== state.version)) return false;
    this.#end(key);
    return true;
  }

  /**
   * @param endingKey The key that ends with this write.
   * @throws SessionValueError when no browser would keep the cookie, or Python could not have written it.
   */
  #write(data: FlaskData, version: number, endingKey?: string): State {
    const sign = (now: number): string => writeFlaskCookie(data, { ...this.#rules.signature, now });
    let signedAt = this.#seconds();
    let text = sign(signedAt);
    // The same data signed in the same second is the same text, and one that was ended must not come back as the new one.
    for (let key = keyOfId(text); key === endingKey || this.#ended.get(key); key = keyOfId(text)) {
      text = sign(--signedAt);
    }
    if (text.length > MAX_COOKIE) {
      const problem = `needs a cookie of ${text.length} bytes, of which browsers keep about ${MAX_COOKIE}`;
      throw new SessionValueError("session", problem, "Keep less in it, or keep it on the server.");
    }
    return { text, data, signedAt, version, isSignatureOld: false };
  }

  #live(key: string): State | undefined {
    const state = this.#states.get(key);
    return state && state.signedAt + this.#rules.maxAge >= this.#seconds() ? state : undefined;
  }

  #end(key: string): void {
    this.#states.delete(key);
    this.#ended.set(key, true);
  }

  #seconds(): number {
    return Math.floor(this.#clock() / 1000);
  }
}
