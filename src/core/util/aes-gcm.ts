// AES-256-GCM, as records at rest and sealed cookies use it: ciphertext and tag in one, bound to a context.
// Keys are KeyObjects, since Node takes several times as long to begin with a key that is bytes. It knows no session.
import { type CipherGCM, createCipheriv, createDecipheriv, type DecipherGCM, type KeyObject } from "node:crypto";

const ALGORITHM = "aes-256-gcm";

/** How long a nonce is (NIST SP 800-38D, 8.2), in bytes. */
export const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/**
 * @param nonce 12 bytes that this key never encrypts with again.
 * @param context What is not encrypted and must be the same when it is opened.
 */
export function encrypt(key: KeyObject, nonce: Buffer, clear: Buffer, context?: Buffer): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  bind(cipher, context);
  return Buffer.concat([cipher.update(clear), cipher.final(), cipher.getAuthTag()]);
}

/** What {@link encrypt} was given; `undefined` unless key, nonce and context are the same and no byte has changed. */
export function decrypt(key: KeyObject, nonce: Buffer, encrypted: Buffer, context?: Buffer): Buffer | undefined {
  const tagAt = encrypted.length - TAG_BYTES;
  if (tagAt < 0) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  bind(decipher, context);
  decipher.setAuthTag(encrypted.subarray(tagAt));
  const clear = decipher.update(encrypted.subarray(0, tagAt));
  try {
    return Buffer.concat([clear, decipher.final()]);
  } catch {
    return undefined;
  }
}

/** No context and an empty one are the same. Cloudflare's workerd fails with an empty one. */
function bind(cipher: CipherGCM | DecipherGCM, context: Buffer | undefined): void {
  if (context !== undefined && context.length > 0) cipher.setAAD(context);
}
