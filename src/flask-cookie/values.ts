// Python's values that JavaScript has no like of, as Flask's session cookie carries them: tuples, HTML that is safe, UUIDs.
// Its bytes are a Uint8Array, its datetimes a Date, its great integers a BigInt, its dicts plain objects.
import { SessionValueError } from "../core/errors.ts";
import { shareClass } from "../core/util/process-wide.ts";

/** A tuple: Flask's flashed messages are some. Reads as an array; write one where Python is to find a tuple. */
export class Tuple<Item = unknown> extends Array<Item> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }

  /** @example session.pair = tuple("left", 3); */
  static override of<Item>(...items: Item[]): Tuple<Item> {
    const made = new Tuple<Item>();
    made.push(...items);
    return made;
  }
}

/** Text that Python holds for HTML as it is (`markupsafe.Markup`). Whoever shows it unescaped trusts who signed it. */
export class Markup {
  readonly html: string;

  constructor(html: string) {
    this.html = html;
  }

  toString(): string {
    return this.html;
  }

  toJSON(): string {
    return this.html;
  }
}

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** A UUID (`uuid.UUID`). */
export class Uuid {
  /** In lower case, with dashes. */
  readonly text: string;

  /** @throws SessionValueError when the text is no UUID, with or without dashes. */
  constructor(text: string) {
    if (!UUID.test(text)) throw new SessionValueError("uuid", "is no UUID", "Give 32 hexadecimal digits.");
    const hex = text.replaceAll("-", "").toLowerCase();
    this.text = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

shareClass(Tuple, "flask-cookie.Tuple");
shareClass(Markup, "flask-cookie.Markup");
shareClass(Uuid, "flask-cookie.Uuid");
