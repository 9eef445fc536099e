// Which cookie values have verified lately and which were refused, so that one that comes again costs no signature.
import { Recent } from "../util/recent.ts";

/** How many values that verified are remembered, in each of two generations. */
const VERIFIED = 5_000;
/** How many that did not: browsers whose cookie a removed secret signed send it again and again. */
const REFUSED = 1_000;
/** No value that this library writes is longer; longer ones are not remembered. */
const MAX_LENGTH = 256;

export interface SignedText {
  readonly text: string;
}

/** A bounded memory for one cookie name and one list of secrets. */
export class SignatureCache<Verified extends SignedText> {
  readonly #verified = new Recent<number, Verified>(VERIFIED);
  readonly #refused = new Recent<number, SignedText>(REFUSED);

  /** Returns what `addVerified` was given for this text, or `"refused"`; `undefined` if the text has to be verified. */
  find(text: string): Verified | "refused" | undefined {
    const place = placeOf(text);
    const known = this.#verified.get(place);
    if (known?.text === text) return known;
    return this.#refused.get(place)?.text === text ? "refused" : undefined;
  }

  /** @param verified Must not hold parts of the header: use {@link copyOf}. */
  addVerified(verified: Verified): void {
    if (verified.text.length <= MAX_LENGTH) this.#verified.set(placeOf(verified.text), verified);
  }

  addRefused(text: string): void {
    if (text.length <= MAX_LENGTH) this.#refused.set(placeOf(text), { text: copyOf(text) });
  }
}

/** Copies a text: a part of a header keeps the whole header in memory. */
export function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Thirty bits of the signature, which tell texts apart; hashing the whole text would cost more than all the rest. */
function placeOf(text: string): number {
  let place = 0;
  for (let i = text.length - 6; i < text.length - 1; i++) place = (place << 6) ^ text.charCodeAt(i);
  return place;
}
