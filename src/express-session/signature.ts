// The text of the session's cookie: `s:` and the session ID, a dot, and its HMAC-SHA-256, as express-session writes it.
import { createHmac, createSecretKey, KeyObject, timingSafeEqual } from "node:crypto";
import { types } from "node:util";
import { SessionOptionError } from "../core/errors.ts";
import { Recent } from "../core/recent.ts";

/** What can sign. */
export type Secret = string | Buffer | NodeJS.ArrayBufferView | ArrayBufferLike | KeyObject;

/** How many cookie texts that verified are remembered, in each of two generations. */
const REMEMBERED = 5_000;
/** How many that did not: browsers whose cookie a removed secret signed send it again and again. */
const REFUSED = 1_000;
/** No session ID is longer; what is goes unremembered. */
const MAX_REMEMBERED_LENGTH = 256;

const PREFIX = "s:";

export interface Signer {
  sign(id: string): string;
  /** The ID in a cookie's text that one of the secrets has signed. */
  unsign(text: string): string | undefined;
}

/**
 * Keys are made once, here, and not for every request.
 * @throws SessionOptionError when a secret is of no kind that can sign.
 */
export function createSigner(secrets: readonly Secret[]): Signer {
  const keys = secrets.map(toKey);
  const [newest] = keys as [KeyObject, ...KeyObject[]];
  const verified = new Recent<string, string>(REMEMBERED);
  const refused = new Recent<string, true>(REFUSED);

  function verify(text: string): string | undefined {
    const dot = text.lastIndexOf(".");
    if (!text.startsWith(PREFIX) || dot < PREFIX.length) return undefined;
    const id = text.slice(PREFIX.length, dot);
    const given = Buffer.from(text.slice(dot + 1));
    const isSigned = keys.some((key) => {
      const expected = Buffer.from(signatureOf(id, key));
      return expected.length === given.length && timingSafeEqual(expected, given);
    });
    return isSigned ? id : undefined;
  }

  return {
    sign: (id) => `${PREFIX}${id}.${signatureOf(id, newest)}`,
    unsign(text) {
      const known = verified.get(text);
      if (known !== undefined) return known;
      if (refused.get(text)) return undefined;
      const id = verify(text);
      if (text.length > MAX_REMEMBERED_LENGTH) return id;
      // A copy: a part of a header keeps the whole header in memory.
      const copy = Buffer.from(text).toString();
      if (id === undefined) refused.set(copy, true);
      else verified.set(copy, Buffer.from(id).toString());
      return id;
    },
  };
}

/** Base64 of the usual alphabet, without padding: 43 characters. */
function signatureOf(id: string, key: KeyObject): string {
  return createHmac("sha256", key).update(id).digest("base64").slice(0, 43);
}

function toKey(secret: unknown): KeyObject {
  if (secret instanceof KeyObject) return secret;
  if (typeof secret === "string") return createSecretKey(secret, "utf8");
  if (ArrayBuffer.isView(secret)) return createSecretKey(secret as Buffer);
  if (types.isAnyArrayBuffer(secret)) return createSecretKey(new Uint8Array(secret));
  throw new SessionOptionError(
    "secret",
    "is, or holds, something that can't sign",
    "Give a string or a Buffer of at least 32 random bytes, or an array of them, the newest first.",
  );
}
