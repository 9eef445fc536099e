// Secrets -> keys: what makes a secret acceptable, and the derived keys that sign. Keys are made once, at start.
import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { SecretError } from "./errors.ts";

/** One secret, or a list to rotate: the first signs, all verify. */
export type SecretOption = string | readonly [string, ...string[]];

/** The derived keys of one secret. */
export interface SecretKeys {
  /** Signs session IDs. */
  readonly cookie: KeyObject;
  /** Makes CSRF tokens. */
  readonly csrf: KeyObject;
  /** Encrypts cookies that hold their session. */
  readonly seal: KeyObject;
}

const MIN_BYTES = 32;

/** Fewer different characters than this in 32 is nothing that a generator makes. */
const MIN_DISTINCT = 8;

/** Secrets of tutorials and READMEs, which word lists for cracking session cookies carry. Compared without case. */
const PUBLISHED = new Set([
  "fkdjsafjdkfdlkjfadskjfadskljdsfklj",
  "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
  "complex_password_at_least_32_characters_long",
  "password_at_least_32_characters_long",
  "this_is_a_secret_password_at_least_32_characters_long",
  "a secret with minimum length of 32 characters",
  "averylogphrasebiggerthanthirtytwochars",
  "averylongphrasebiggerthanthirtytwochars",
  "your-secret-key-must-be-at-least-32-characters-long",
  "this-is-a-very-long-secret-key-for-development-only",
  "super-secret-key-change-in-production-please",
  "0123456789abcdef0123456789abcdef",
  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
  "abcdefghijklmnopqrstuvwxyz123456",
  "abcdefghijklmnopqrstuvwxyz0123456789",
  "00112233445566778899aabbccddeeff",
]);

/** Words that stand in for a secret that someone meant to make later. */
const PLACEHOLDER =
  /change.?(me|this|it|in.?prod)|your.?(own.?)?(secret|session|password)|keyboard.?cat|any random string/i;

/** A new secret: 256 random bits as text. */
export function generateSecret(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * The keys of each secret, the signing one first.
 * @throws SecretError when a secret is missing, shorter than 32 bytes, repetitive or published (SECURITY-BAR S25).
 */
export function deriveKeys(secret: unknown): readonly [SecretKeys, ...SecretKeys[]] {
  const [first, ...older]: unknown[] = Array.isArray(secret) ? secret : [secret];
  return [deriveKeysOf(first), ...older.map(deriveKeysOf)];
}

/** The keys for one purpose, the newest secret's first. */
export function keysFor(
  purpose: keyof SecretKeys,
  [newest, ...older]: readonly [SecretKeys, ...SecretKeys[]],
): readonly [KeyObject, ...KeyObject[]] {
  return [newest[purpose], ...older.map((keys) => keys[purpose])];
}

function deriveKeysOf(secret: unknown): SecretKeys {
  checkSecret(secret);
  // RFC 5869; the labels keep the keys apart, so that no signature of one kind passes for another.
  const derive = (label: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", `coatcheck ${label} v1`, 32)));
  return { cookie: derive("cookie"), csrf: derive("csrf"), seal: derive("seal") };
}

/** @throws SecretError when a secret is missing, shorter than 32 bytes, repetitive or published. */
export function checkSecret(secret: unknown): asserts secret is string {
  if (secret === undefined || secret === null || secret === "") throw new SecretError("There is no secret.");
  if (typeof secret !== "string") throw new SecretError("The secret is not a string.");
  const bytes = Buffer.byteLength(secret);
  if (PUBLISHED.has(secret.toLowerCase()) || PLACEHOLDER.test(secret)) {
    throw new SecretError("The secret is a published sample or a placeholder, which attackers try first.");
  }
  if (bytes < MIN_BYTES) {
    throw new SecretError(`The secret has ${bytes} bytes; at least ${MIN_BYTES} are needed.`);
  }
  if (new Set(secret).size < MIN_DISTINCT || isRepetition(secret)) {
    throw new SecretError("The secret repeats itself and is easily guessed.");
  }
}

/** Whether a text is a shorter one over and over: it then occurs in its own double before the end. */
function isRepetition(text: string): boolean {
  return (text + text).indexOf(text, 1) < text.length;
}
