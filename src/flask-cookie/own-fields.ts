// What coatcheck notes in a session that a Flask app shares, such as where its CSRF token comes from. The Flask app can
// write under the same names, perhaps with what a visitor sent, so each note carries a MAC: what coatcheck has not written
// is no note.
import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";

/** 128 bits, in characters of base64url. */
const MAC_LENGTH = 22;

export class OwnFields {
  /** The newest first. Without a manager, what this store writes only it can read. */
  #keys: readonly [KeyObject, ...KeyObject[]] = [createSecretKey(randomBytes(32))];

  /** Takes the keys of the manager that the store serves. */
  use(keys: readonly [KeyObject, ...KeyObject[]]): void {
    this.#keys = keys;
  }

  /** What is kept in the session's dict for a field. */
  seal(field: string, text: string): string {
    return macOf(this.#keys[0], field, text) + text;
  }

  /** The text of a field; `undefined` for what `seal` has not made for it. */
  open(field: string, value: unknown): string | undefined {
    if (typeof value !== "string") return undefined;
    const given = Buffer.from(value.slice(0, MAC_LENGTH));
    const text = value.slice(MAC_LENGTH);
    const isOurs = this.#keys.some((key) => {
      const expected = Buffer.from(macOf(key, field, text));
      return given.length === expected.length && timingSafeEqual(given, expected);
    });
    return isOurs ? text : undefined;
  }
}

function macOf(key: KeyObject, field: string, text: string): string {
  const mac = createHmac("sha256", key).update(`coatcheck flask field\n${field}\n${text}`).digest("base64url");
  return mac.slice(0, MAC_LENGTH);
}
