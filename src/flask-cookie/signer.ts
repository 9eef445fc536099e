// itsdangerous' timed signatures, with the settings that Flask gives them. It knows text and bytes, and no session.
import { createHash, createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { SecretError, SessionOptionError } from "../core/errors.ts";
import { checkedWhereParsed, type OptionChecks, oneOfOption } from "../core/util/option-checks.ts";

/** A secret as Flask takes it: text, or bytes. */
export type FlaskSecret = string | Uint8Array;

/** How the app's session interface makes keys and signatures; the defaults are Flask's own. */
export interface FlaskSignature {
  /** `SECRET_KEY`: signs, and verifies. */
  readonly secret: FlaskSecret;
  /** `SECRET_KEY_FALLBACKS`: verify, and never sign. */
  readonly fallbacks?: readonly FlaskSecret[] | undefined;
  /** Default `"cookie-session"`. */
  readonly salt?: FlaskSecret | undefined;
  /** Default `"hmac"`; `"django-concat"` is itsdangerous' own. */
  readonly keyDerivation?: "hmac" | "concat" | "django-concat" | "none" | undefined;
  /** Default `"sha1"`. */
  readonly digest?: "sha1" | "sha256" | "sha384" | "sha512" | undefined;
}

/** The checks of these options, for the functions that take them. */
export const SIGNATURE_CHECKS: OptionChecks<FlaskSignature> = {
  secret: checkedWhereParsed,
  fallbacks: checkedWhereParsed,
  salt: saltOption,
  keyDerivation: oneOfOption("hmac", "concat", "django-concat", "none"),
  digest: oneOfOption("sha1", "sha256", "sha384", "sha512"),
};

/** The keys of one set of options, derived once. */
export interface FlaskSigner {
  readonly digest: string;
  /** The signing one first. */
  readonly keys: readonly [KeyObject, ...KeyObject[]];
}

/** How many sets of options are remembered: an app has one or two. */
const REMEMBERED = 100;
const signers = new Map<string, FlaskSigner>();

/** @throws SecretError when there is no secret. */
export function signerOf(options: FlaskSignature): FlaskSigner {
  const { secret, fallbacks = [], salt = "cookie-session", keyDerivation = "hmac", digest = "sha1" } = options;
  if (!Array.isArray(fallbacks)) {
    throw new SessionOptionError(
      "fallbacks",
      "must be an array",
      "Give the older secrets: [process.env.OLD_SECRET_KEY].",
    );
  }
  for (const one of [secret, ...fallbacks]) checkSecret(one);
  const name = [keyDerivation, digest, ...[salt, secret, ...fallbacks].map(nameOf)].join(" ");
  const known = signers.get(name);
  if (known) return known;
  const derive = (one: FlaskSecret): KeyObject => deriveKey(one, bytesOf(salt), keyDerivation, digest);
  const signer: FlaskSigner = { digest, keys: [derive(secret), ...fallbacks.map(derive)] };
  if (signers.size >= REMEMBERED) signers.clear();
  signers.set(name, signer);
  return signer;
}

const bytesOf = (text: FlaskSecret): Uint8Array => (typeof text === "string" ? Buffer.from(text) : text);
const nameOf = (text: FlaskSecret): string =>
  typeof text === "string" ? `${text.length} ${text}` : `bytes ${Buffer.from(text).toString("base64")}`;

function saltOption(option: string, value: unknown): void {
  if (typeof value === "string" || value instanceof Uint8Array) return;
  throw new SessionOptionError(option, "must be a string or bytes", "Give the salt of the Flask app, or leave it out.");
}

/** Flask without a key has no sessions; a signature without one would be none. How good it is, the Flask app decides. */
function checkSecret(secret: unknown): void {
  const isSecret = typeof secret === "string" || secret instanceof Uint8Array;
  if (!isSecret || secret.length === 0)
    throw new SecretError("There is no secret, where the app's SECRET_KEY belongs.");
}

function deriveKey(secret: FlaskSecret, salt: Uint8Array, derivation: string, digest: string): KeyObject {
  const key = bytesOf(secret);
  switch (derivation) {
    case "none":
      return createSecretKey(key);
    case "concat":
      return createSecretKey(createHash(digest).update(salt).update(key).digest());
    case "django-concat":
      return createSecretKey(createHash(digest).update(salt).update("signer").update(key).digest());
    default:
      return createSecretKey(createHmac(digest, key).update(salt).digest());
  }
}

export function sign({ digest, keys }: FlaskSigner, text: string): string {
  return `${text}.${createHmac(digest, keys[0]).update(text).digest("base64url")}`;
}

/** What was signed, and the place of the secret that did; `undefined` when none did. */
export function unsign({ digest, keys }: FlaskSigner, signed: string): { text: string; place: number } | undefined {
  const at = signed.lastIndexOf(".");
  if (at === -1) return undefined;
  const text = signed.slice(0, at);
  // Python's decoder takes some spellings more; one is enough for who writes it, and safer.
  const given = signed.slice(at + 1);
  const place = keys.findIndex((key) => equals(given, createHmac(digest, key).update(text).digest("base64url")));
  return place === -1 ? undefined : { text, place };
}

function equals(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given, "latin1"), Buffer.from(expected));
}
