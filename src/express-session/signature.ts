// The text of the session's cookie: `s:` and the session ID, a dot, and its HMAC-SHA-256, as express-session writes it.
import { createHmac, createSecretKey, KeyObject, timingSafeEqual } from "node:crypto";
import { types } from "node:util";
import { SessionOptionError } from "../core/errors.ts";
import { copyOf, SignatureCache, type SignedText } from "../core/request/signature-cache.ts";

/** What can sign. */
export type Secret = string | Buffer | NodeJS.ArrayBufferView | ArrayBufferLike | KeyObject;

const PREFIX = "s:";

export interface Signer {
  sign(id: string): string;
  /** The ID in a cookie's text that one of the secrets has signed. */
  unsign(text: string): string | undefined;
}

/** @throws SessionOptionError if there is no secret. */
export type SignerOf = (req: { readonly secret?: unknown }) => Signer;

/** Without a secret of its own, the middleware uses that of cookie-parser, which is a property of the request. */
export function signersOf(signer: Signer | undefined): SignerOf {
  if (signer) return () => signer;
  let known: { readonly secret: unknown; readonly signer: Signer } | undefined;
  return ({ secret }) => {
    if (!secret) {
      const remedy = "Pass 32 random bytes or more in from the environment, as secret: process.env.SESSION_SECRET.";
      throw new SessionOptionError("secret", "is missing, and is required for sessions", remedy);
    }
    if (known?.secret !== secret) known = { secret, signer: createSigner([secret as Secret]) };
    return known.signer;
  };
}

/**
 * Keys are made once, here, and not for every request.
 * @throws SessionOptionError when a secret is of no kind that can sign.
 */
export function createSigner(secrets: readonly Secret[]): Signer {
  const keys = secrets.map(toKey);
  const [newest] = keys as [KeyObject, ...KeyObject[]];
  const cache = new SignatureCache<SignedText & { readonly id: string }>();

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
      const known = cache.find(text);
      if (known) return known === "refused" ? undefined : known.id;
      const id = verify(text);
      if (id === undefined) cache.addRefused(text);
      else cache.addVerified({ text: copyOf(text), id: copyOf(id) });
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
