// Records with names, owners and texts that try to break out of their place.
import type { SessionRecord } from "../../../src/core/record/store.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { anyText } from "../texts.ts";

const MOMENTS = [0, 1, 999.5, 1_700_000_000_000, 8_640_000_000_000_000];

/** @param text Makes owners and the names and texts of fields. */
export function anyRecord(random: Random, text: (random: Random) => string = anyText): SessionRecord {
  const owner = oneIn(random, 2) ? text(random) : undefined;
  const isMarker = oneIn(random, 10);
  return {
    fields: new Map(listOf(random, few(random, 6), () => [text(random), text(random)])),
    createdAt: moment(random),
    expiresAt: moment(random),
    owner,
    version: random.below(2 ** 32),
    ...(isMarker ? { movedTo: text(random) } : {}),
  };
}

function moment(random: Random): number {
  return oneIn(random, 3) ? pick(random, MOMENTS) : random.below(2 ** 32);
}
