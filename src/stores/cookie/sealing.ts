// A session and its ID <-> the text of a cookie that only this server can read or write. AES-256-GCM, under a key for
// each cookie alone: HMAC-SHA-256 makes it of the secret's key, the cookie's name and 24 random bytes. So a cookie of one
// name is nothing under another (SECURITY-BAR S20), and one secret may encrypt as many cookies as it likes.
// It knows no header, no limit and no time.
import { createHmac, createSecretKey, type KeyObject, randomBytes } from "node:crypto";
import { SessionRecordError } from "../../core/errors.ts";
import { decodeRecord, encodeRecord } from "../../core/record/record.ts";
import type { SessionRecord } from "../../core/record/store.ts";
import type { RefusalReason } from "../../core/request/session-id.ts";
import { decrypt, encrypt, NONCE_BYTES as GCM_NONCE_BYTES, TAG_BYTES } from "../../core/util/aes-gcm.ts";

/** What a cookie holds. */
export interface Opened {
  readonly id: string;
  readonly record: SessionRecord;
  /** Encrypted by the newest secret. */
  readonly isNewest: boolean;
}

interface Sealer {
  seal(id: string, record: SessionRecord): string;
  /** What {@link seal} made, or why it is refused. Never throws. */
  open(text: string): Opened | RefusalReason;
}

/** The cookie's key is made of all of it; GCM takes the last bytes. */
const NONCE_BYTES = 24;
const ID_BYTES = 32;
const OVERHEAD = NONCE_BYTES + ID_BYTES + TAG_BYTES;

/** Longer than any cookie that a browser keeps. */
const MAX_TEXT = 4_096;

/** How long the text for a record is; the ID takes the same room in each. */
export function sealedLength(record: SessionRecord): number {
  return Math.ceil(((OVERHEAD + Buffer.byteLength(encodeRecord(record))) * 4) / 3);
}

/** @param keys One of each secret: the first encrypts, all decrypt. */
export function createSealer(cookieName: string, keys: readonly [KeyObject, ...KeyObject[]]): Sealer {
  const cookieKey = (key: KeyObject, nonce: Buffer): KeyObject =>
    createSecretKey(createHmac("sha256", key).update(`${cookieName}|`).update(nonce).digest());

  return {
    seal(id, record) {
      const nonce = randomBytes(NONCE_BYTES);
      const clear = Buffer.concat([Buffer.from(id, "base64url"), Buffer.from(encodeRecord(record))]);
      return Buffer.concat([nonce, encrypt(cookieKey(keys[0], nonce), gcmNonce(nonce), clear)]).toString("base64url");
    },

    open(text) {
      if (text.length > MAX_TEXT) return "malformed";
      const sealed = Buffer.from(text, "base64url");
      // Base64 has several spellings of the same bytes, and Node reads them all.
      if (sealed.length <= OVERHEAD || sealed.toString("base64url") !== text) return "malformed";
      const [nonce, encrypted] = [sealed.subarray(0, NONCE_BYTES), sealed.subarray(NONCE_BYTES)];
      for (const [place, key] of keys.entries()) {
        const clear = decrypt(cookieKey(key, nonce), gcmNonce(nonce), encrypted);
        if (clear) return read(clear, place === 0);
      }
      return "signature";
    },
  };
}

/** Only what another version of this library has written is encrypted by us and yet no record. */
function read(clear: Buffer, isNewest: boolean): Opened | "malformed" {
  try {
    const record = decodeRecord(clear.toString("utf8", ID_BYTES));
    return { id: clear.toString("base64url", 0, ID_BYTES), record, isNewest };
  } catch (error) {
    if (error instanceof SessionRecordError) return "malformed";
    throw error;
  }
}

function gcmNonce(nonce: Buffer): Buffer {
  return nonce.subarray(NONCE_BYTES - GCM_NONCE_BYTES);
}
