// Values of sessions: those that can be stored, those that can't, and those of which only one of both must hold.
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { anyText } from "../texts.ts";

export interface AnyValue {
  readonly value: unknown;
  /** `"maybe"`: nested around the limit; it is refused or comes back as it was. */
  readonly isStorable: boolean | "maybe";
}

class Account {
  name = "ann";
}
class Cart extends Array<string> {}

const UNSTORABLE: readonly (() => unknown)[] = [
  () => () => 1,
  () => Symbol("s"),
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => new Date(Number.NaN),
  () => new Account(),
  () => Cart.from(["apple"]),
  () => /x/,
  () => new Error("no data"),
  () => Promise.resolve(),
  () => new WeakMap(),
  () => new Int32Array(2),
  () => new ArrayBuffer(2),
  () => new String("boxed"),
  () => Object.assign([1], { extra: 1 }),
  () => new Array(2),
  () => ({ [Symbol("s")]: 1 }),
  () => JSON.parse('{"__proto__":{"polluted":1}}'),
  () => new (class Session extends Map {})(),
  () => new URL("https://example.com"),
];

/** A value; one in six has something within that can't be stored. */
export function anyValue(random: Random): AnyValue {
  if (oneIn(random, 30)) return { value: nested(random, 90 + random.below(40)), isStorable: "maybe" };
  if (!oneIn(random, 6)) return { value: storable(random, 4), isStorable: true };
  return { value: wrapped(random, pick(random, UNSTORABLE)(), random.below(4)), isStorable: false };
}

export function storable(random: Random, depth: number): unknown {
  if (depth === 0 || oneIn(random, 2)) return leaf(random);
  switch (random.below(5)) {
    case 0:
      return listOf(random, few(random, 5), () => storable(random, depth - 1));
    case 1:
      return new Set(listOf(random, few(random, 5), () => storable(random, depth - 1)));
    case 2:
      return new Map(listOf(random, few(random, 5), () => [leaf(random), storable(random, depth - 1)]));
    default:
      return objectOf(random, () => storable(random, depth - 1));
  }
}

/** Names that are alike in some spelling. */
const SHORT_NAMES = ["a", "\\", '"', "\n", "\ud800"];

function objectOf(random: Random, member: () => unknown): Record<string, unknown> {
  const object: Record<string, unknown> = {};
  const anyName = (): string => (oneIn(random, 3) ? pick(random, SHORT_NAMES) : anyText(random));
  for (const name of listOf(random, few(random, 5), anyName)) if (name !== "__proto__") object[name] = member();
  return object;
}

function leaf(random: Random): unknown {
  switch (random.below(10)) {
    case 0:
      return pick(random, [null, true, false, 0, -0, 1, -1, 2 ** 53, 5e-324, 1.7976931348623157e308, 1e21, 1e-7]);
    case 1:
      return (random.below(2 ** 32) - 2 ** 31) / (1 + random.below(1_000));
    case 2:
      return BigInt(random.below(2 ** 32)) ** BigInt(random.below(5)) * (oneIn(random, 2) ? -1n : 1n);
    case 3:
      return new Date((random.below(2 ** 32) - 2 ** 31) * 4_000_000);
    case 4:
      return Uint8Array.from(listOf(random, few(random, 40), () => random.below(256)));
    default:
      return anyText(random);
  }
}

/** Something inside so many containers. */
function wrapped(random: Random, inner: unknown, levels: number): unknown {
  let value = inner;
  for (let level = 0; level < levels; level++) {
    const content = value;
    value = pick(random, [
      () => [content],
      () => ({ a: content }),
      () => ({ '"': content }),
      () => ({ $date: content }),
      () => new Set([content]),
      () => new Map([["a", content]]),
    ])();
  }
  return value;
}

function nested(random: Random, levels: number): unknown {
  return wrapped(random, leaf(random), levels);
}
