// Where the cases of a fuzz target come from: a source of whole numbers, seeded so that a case can be made again, or
// read from the bytes that a coverage-guided fuzzer chose. It knows no target.

/** A source of choices. */
export interface Random {
  /** A whole number from 0 up to `bound`, without it; `bound` is at most 2^32. */
  below(bound: number): number;
}

const WARM_UP = 12;

/**
 * The choices of one case: always the same for a seed and a number (sfc32 of PractRand: 128 bits, passes its tests, and
 * costs nothing beside what is fuzzed).
 */
export function seededRandom(seed: number, number: number): Random {
  let [a, b, c, counter] = [seed | 0, number | 0, Math.floor(number / 2 ** 32) | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < WARM_UP; i++) next();
  return { below: (bound) => Math.floor((next() / 2 ** 32) * bound) };
}

/** Choices that bytes say, so that who changes the bytes changes the case; 0 when they have come to an end. */
export function randomOfBytes(bytes: Uint8Array): Random {
  let at = 0;
  const byte = (): number => bytes[at++] ?? 0;
  return {
    below(bound) {
      if (bound <= 256) return byte() % bound;
      return (byte() + 256 * byte() + 65_536 * byte()) % bound;
    },
  };
}

/** One of them. */
export function pick<Item>(random: Random, items: readonly Item[]): Item {
  return items[random.below(items.length)] as Item;
}

/** `true` once in so many times. */
export function oneIn(random: Random, times: number): boolean {
  return random.below(times) === 0;
}

/** Fewer than `bound`, and small numbers far more often than great ones. */
export function few(random: Random, bound: number): number {
  return random.below(1 + random.below(bound));
}

export function listOf<Item>(random: Random, length: number, item: (random: Random) => Item): Item[] {
  return Array.from({ length }, () => item(random));
}
