// Encryption at rest (SECURITY-BAR S29): AES-256-GCM for each field, so that changes of different fields still commute.
// Each record has a key of its own, which lies in the record, encrypted for exactly this record; a field is bound to its
// name. What is moved between fields or records, or changed, does not open. It knows no session and no store.
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import { SessionOptionError, SessionRecordError } from "../errors.ts";
import { checkSecret } from "../secrets.ts";
import { RECORD_KEY } from "../session/reserved-fields.ts";
import { type FieldChange, NO_FIELDS } from "../session/tracked-fields.ts";
import { decrypt, encrypt, NONCE_BYTES } from "../util/aes-gcm.ts";
import { booleanOption, checkedWhereParsed, checkOptions, type OptionChecks } from "../util/option-checks.ts";

export interface EncryptionOptions {
  /**
   * Secrets of at least 32 bytes, others than `secret`: the first encrypts, all decrypt. To rotate, put a new one in
   * front; the old one may go when every session that it encrypted has been used once or has expired.
   */
  readonly keys: readonly [string, ...string[]];
  /**
   * Also reads records that are not encrypted: for the first `absoluteTimeout` after encryption was switched on, so that
   * nobody is logged out. Whoever can write to the store can then plant plain data. Default `false`.
   */
  readonly acceptPlaintext?: boolean | undefined;
}

/** What a record is, beside its fields. It is authenticated with them: nobody else's record, and no older one. */
export interface RecordIdentity {
  readonly key: string;
  readonly createdAt: number;
  readonly owner: string | undefined;
}

/** Encrypts and decrypts the fields of all records. */
export interface FieldEncryption {
  /** The cipher of a new record under this key. */
  create(recordKey: string): RecordCipher;
  /** The cipher of a stored record. @throws SessionRecordError when we have not encrypted it as what it claims to be. */
  open(identity: RecordIdentity, fields: ReadonlyMap<string, string>): RecordCipher;
}

/** Encrypts and decrypts the fields of one record. */
export interface RecordCipher {
  /** The record's fields in the clear, each decrypted when it is asked for; what does not open throws then. */
  readonly fields: ReadonlyMap<string, string>;
  /** A change as it is stored, in the record that this then is: another one, when the record moves. */
  seal(change: FieldChange, identity: RecordIdentity): FieldChange;
}

/** What an encrypted field begins with; no value's JSON does. */
const MARK = "~";

const SETUP = "Say encryption: { keys: [process.env.SESSION_KEY] }.";

const CHECKS: OptionChecks<EncryptionOptions> = { keys: checkedWhereParsed, acceptPlaintext: booleanOption };

interface MasterKey {
  /** Names the key in records, and tells nothing of it. */
  readonly id: string;
  readonly key: KeyObject;
}

/** @throws SessionOptionError, SecretError when a key is missing or weak. */
export function createFieldEncryption(options: EncryptionOptions): FieldEncryption {
  const { keys, acceptPlaintext = false } = checkOptions<EncryptionOptions>(options, CHECKS, SETUP, "encryption");
  if (!Array.isArray(keys) || keys.length === 0) {
    throw new SessionOptionError("encryption.keys", "must be an array of at least one secret", SETUP);
  }
  const masters = (keys as readonly unknown[]).map(masterKeyOf);
  const newest = masters[0] as MasterKey;

  /** Derived and not drawn, so that two servers which encrypt a plain record at once agree. */
  const firstCipherKey = (recordKey: string): Buffer => createHmac("sha256", newest.key).update(recordKey).digest();
  const wrap = (cipherKey: Buffer, context: string): string => `${newest.id}.${seal(newest.key, cipherKey, context)}`;

  function unwrap(context: string, wrapped: string): { cipherKey: Buffer; isOld: boolean } {
    const [id, text = ""] = wrapped.split(".");
    const place = masters.findIndex((master) => master.id === id);
    const master = masters[place];
    if (!master) throw new SessionRecordError("is encrypted with a key that encryption.keys does not have");
    return { cipherKey: unseal(master.key, text, context), isOld: place > 0 };
  }

  return {
    create: (recordKey) => new Cipher(firstCipherKey(recordKey), wrap, NO_FIELDS, undefined, acceptPlaintext),

    open(identity, fields) {
      const wrapped = fields.get(RECORD_KEY);
      if (wrapped !== undefined) {
        const context = contextOf(identity);
        const { cipherKey, isOld } = unwrap(context, wrapped);
        return new Cipher(cipherKey, wrap, fields, isOld ? undefined : context, acceptPlaintext);
      }
      if (!acceptPlaintext) throw new SessionRecordError("is not encrypted, and encryption.acceptPlaintext is not set");
      return new Cipher(firstCipherKey(identity.key), wrap, fields, undefined, true);
    },
  };
}

class Cipher implements RecordCipher {
  readonly fields: ReadonlyMap<string, string>;
  readonly #bytes: Buffer;
  readonly #key: KeyObject;
  readonly #wrap: (cipherKey: Buffer, context: string) => string;
  readonly #wrappedFor: string | undefined;

  /** @param wrappedFor The context for which the cipher's key lies in the record already, as the newest key wraps it. */
  constructor(
    key: Buffer,
    wrap: (cipherKey: Buffer, context: string) => string,
    fields: ReadonlyMap<string, string>,
    wrappedFor: string | undefined,
    acceptPlaintext: boolean,
  ) {
    this.#bytes = key;
    this.#key = createSecretKey(key);
    this.#wrap = wrap;
    this.#wrappedFor = wrappedFor;
    this.fields = new DecryptedFields(fields, this.#key, acceptPlaintext);
  }

  seal(change: FieldChange, identity: RecordIdentity): FieldChange {
    const context = contextOf(identity);
    const set = new Map<string, string>();
    for (const [name, text] of change.set) set.set(name, MARK + seal(this.#key, Buffer.from(text), name));
    if (this.#wrappedFor !== context) set.set(RECORD_KEY, this.#wrap(this.#bytes, context));
    return { set, remove: change.remove };
  }
}

/** Decrypts what is asked for, once. */
class DecryptedFields implements ReadonlyMap<string, string> {
  readonly #stored: ReadonlyMap<string, string>;
  readonly #key: KeyObject;
  readonly #acceptPlaintext: boolean;
  readonly #decrypted = new Map<string, string>();

  constructor(stored: ReadonlyMap<string, string>, key: KeyObject, acceptPlaintext: boolean) {
    this.#stored = stored;
    this.#key = key;
    this.#acceptPlaintext = acceptPlaintext;
  }

  get size(): number {
    return this.#stored.size;
  }

  has(name: string): boolean {
    return this.#stored.has(name);
  }

  get(name: string): string | undefined {
    const known = this.#decrypted.get(name);
    if (known !== undefined) return known;
    const text = this.#stored.get(name);
    if (text === undefined || name === RECORD_KEY) return text;
    if (this.#acceptPlaintext && !text.startsWith(MARK)) return text;
    const decrypted = unseal(this.#key, text.slice(MARK.length), name).toString();
    this.#decrypted.set(name, decrypted);
    return decrypted;
  }

  keys(): MapIterator<string> {
    return this.#stored.keys();
  }

  *entries(): MapIterator<[string, string]> {
    for (const name of this.#stored.keys()) yield [name, this.get(name) as string];
  }

  *values(): MapIterator<string> {
    for (const [, text] of this.entries()) yield text;
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  forEach(visit: (text: string, name: string, fields: ReadonlyMap<string, string>) => void): void {
    for (const [name, text] of this.entries()) visit(text, name, this);
  }
}

function masterKeyOf(secret: unknown): MasterKey {
  checkSecret(secret);
  // RFC 5869; labels of their own, so that one text given as both secrets would still be two keys.
  const derive = (label: string): Buffer => Buffer.from(hkdfSync("sha256", secret, "", `coatcheck ${label} v1`, 32));
  return { id: derive("encryption key id").toString("base64url", 0, 6), key: createSecretKey(derive("encryption")) };
}

/** As one text, which no other identity has. */
function contextOf({ key, createdAt, owner }: RecordIdentity): string {
  return JSON.stringify([key, createdAt, owner ?? null]);
}

/** Nonce, ciphertext and tag as base64url; it opens only with the same context. */
function seal(key: KeyObject, clear: Buffer, context: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  return Buffer.concat([nonce, encrypt(key, nonce, clear, bytesOf(context))]).toString("base64url");
}

/** @throws SessionRecordError unless {@link seal} made the text with this key and context. */
function unseal(key: KeyObject, text: string, context: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  const [nonce, encrypted] = [bytes.subarray(0, NONCE_BYTES), bytes.subarray(NONCE_BYTES)];
  const clear = nonce.length === NONCE_BYTES ? decrypt(key, nonce, encrypted, bytesOf(context)) : undefined;
  if (clear) return clear;
  throw new SessionRecordError("holds a field that was not encrypted for its place");
}

/** No two contexts are alike: half a surrogate pair has no UTF-8, so a text with one is told apart by a byte that is none. */
function bytesOf(context: string): Buffer {
  return context.isWellFormed()
    ? Buffer.from(context)
    : Buffer.concat([Buffer.from([0xff]), Buffer.from(context, "utf16le")]);
}
