// Session IDs: making them, signing them for the cookie, and turning them into the keys that stores see.
// It knows no store and no header.
import { createHmac, hash, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";
import { RandomnessError } from "../errors.ts";
import type { Clock, SessionStore } from "../record/store.ts";
import type { SecretKeys } from "../secrets.ts";
import { copyOf, SignatureCache, type SignedText } from "./signature-cache.ts";

/** Where IDs come from; replaced in tests only. @returns 32 bytes from a CSPRNG (ASVS 7.2.3). */
export type RandomBytes = (size: number) => Uint8Array;

/** 256 bits. */
export const ID_BYTES = 32;
const ID_LENGTH = 43;
const SIGNATURE_LENGTH = 43;

/** A signed ID is exactly this long: `id.signature`. */
export const SIGNED_ID_LENGTH: number = ID_LENGTH + 1 + SIGNATURE_LENGTH;

/**
 * 43 characters of base64url stand for 32 bytes in one spelling only: the last one carries 4 bits, the rest must be 0.
 * Whoever could write one ID in two ways could slip past anything that compares texts.
 */
const SIGNED_ID = /^[\w-]{42}[AEIMQUYcgkosw048]\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/** What a verified cookie stands for. */
export interface VerifiedId {
  readonly id: string;
  /** The key of the ID's record. */
  readonly key: string;
  /** Signed by the newest secret; otherwise the cookie is due to be signed again. */
  readonly newest: boolean;
}

/** Why a cookie was refused before any store was asked. */
export type RefusalReason = "malformed" | "signature";

/**
 * A new ID: 256 random bits as base64url.
 * @throws RandomnessError when the generator gives too little; whatever the generator throws.
 */
export function generateId(random: RandomBytes = randomBytes): string {
  const bytes = random(ID_BYTES);
  if (bytes.length !== ID_BYTES) throw new RandomnessError(`gave ${bytes.length} bytes instead of ${ID_BYTES}`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64url");
}

/** The key under which a store keeps an ID's record: SHA-256, so that a dump of the store logs nobody in (S28). */
export function keyOfId(id: string): string {
  return hash("sha256", id, "base64url");
}

/** A new session's ID, and the key of its record. */
export interface NewId {
  readonly id: string;
  readonly key: string;
}

/** Makes IDs, signs them for one cookie name, and verifies them. */
export interface IdSigner {
  /** @throws RandomnessError when the generator gives too little; whatever the generator throws. */
  create(): NewId;
  sign(id: string): string;
  /** The ID in a signed text, or why it is refused. A wrong signature takes the same time wherever it differs (S3). */
  verify(text: string): VerifiedId | RefusalReason;
  /** What `sign` answers changes with what is stored, so every write has to reach the browser. Default `false`. */
  readonly changesOnWrite?: boolean;
  /** A session has another key in later requests, so what must outlast a request can't be derived from it. Default `false`. */
  readonly keysChange?: boolean;
  /**
   * How long a session lasts from each write or visit on, in ms, by the rules of the program that shares it. Default: the
   * manager's limits.
   */
  readonly lifetime?: number;
  /** A visit prolongs permanent sessions alone. Default `false`. */
  readonly prolongsPermanentOnly?: boolean;
}

/** What a store that brings its own cookie is told of the manager it serves. */
export interface CookieTerms {
  readonly cookieName: string;
  /** One of each secret, the newest first: for what the cookie holds to be encrypted. */
  readonly sealKeys: readonly [KeyObject, ...KeyObject[]];
  readonly clock: Clock;
  readonly random: RandomBytes | undefined;
}

/** A store with a cookie of its own making: another program's, or one that holds the session itself. */
export interface StoreWithOwnCookie extends SessionStore {
  /** Called once by each manager that the store is given to. */
  ids(terms: CookieTerms): IdSigner;
}

/** The signer that a store brings; `undefined` for nearly all, whose cookies are signed here. */
export function ownSignerOf(store: SessionStore | StoreWithOwnCookie, terms: CookieTerms): IdSigner | undefined {
  return "ids" in store ? store.ids(terms) : undefined;
}

/**
 * A signer for one cookie name: the name is part of what is signed, so that a cookie of one name is nothing under
 * another (S20).
 */
export function createIdSigner(
  cookieName: string,
  secrets: readonly [SecretKeys, ...SecretKeys[]],
  random?: RandomBytes | undefined,
): IdSigner {
  const cache = new SignatureCache<VerifiedId & SignedText>();
  const [given, expected] = [Buffer.alloc(SIGNATURE_LENGTH), Buffer.alloc(SIGNATURE_LENGTH)];

  // As text: a digest that comes as a Buffer costs half as much again.
  const signature = (id: string, keys: SecretKeys): string =>
    createHmac("sha256", keys.cookie).update(`${cookieName}|${id}`).digest("base64url");

  /** The place of the secret that signed, or -1. */
  function findSigner(id: string, text: string): number {
    given.write(text, "latin1");
    return secrets.findIndex((keys) => {
      expected.write(signature(id, keys), "latin1");
      return timingSafeEqual(given, expected);
    });
  }

  function verify(text: string): VerifiedId | RefusalReason {
    const known = cache.find(text);
    if (known) return known === "refused" ? "signature" : known;
    if (text.length !== SIGNED_ID_LENGTH || !SIGNED_ID.test(text)) return "malformed";
    const id = text.slice(0, ID_LENGTH);
    const signer = findSigner(id, text.slice(ID_LENGTH + 1));
    if (signer === -1) {
      cache.addRefused(text);
      return "signature";
    }
    const copy = copyOf(text);
    const verified = { text: copy, id: copy.slice(0, ID_LENGTH), key: keyOfId(id), newest: signer === 0 };
    cache.addVerified(verified);
    return verified;
  }

  function create(): NewId {
    const id = generateId(random);
    return { id, key: keyOfId(id) };
  }

  return { create, sign: (id) => `${id}.${signature(id, secrets[0])}`, verify };
}
