// The cookie that holds its session: what was sealed opens as it was, and no other text does (SECURITY-BAR S2, S20, S22).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { SessionRecord } from "../../../src/core/record/store.ts";
import { deriveKeys, keysFor } from "../../../src/core/secrets.ts";
import { createSealer } from "../../../src/stores/cookie/sealing.ts";
import { oneIn, pick, type Random, seededRandom } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated, wellFormedText } from "../texts.ts";
import { FOREIGN_SECRET, issueIds, SECRETS } from "./issued.ts";
import { anyRecord } from "./records.ts";

interface Sealed {
  readonly id: string;
  readonly record: SessionRecord;
}

const SAMPLES = 40;

export const sealedCookie = defineTarget<string>({
  name: "sealed-cookie",
  about: "a cookie that holds its session opens as what was sealed, in its one spelling; any other text is refused",
  share: 60_000,
  cases: 40_000,
  prepare,
});

function prepare(): Subject<string> {
  const sealer = createSealer("session", keysFor("seal", deriveKeys(SECRETS)));
  const own = SECRETS.map((secret) => createSealer("session", keysFor("seal", deriveKeys(secret))));
  const foreign = [
    createSealer("session", keysFor("seal", deriveKeys(FOREIGN_SECRET))),
    createSealer("session2", keysFor("seal", deriveKeys(SECRETS[0]))),
  ];
  const known = new Map<string, Sealed>();
  const others: string[] = [];
  for (const [i, { id }] of issueIds("session", SAMPLES).entries()) {
    const record = recordOf(seededRandom(1, i));
    known.set((own[i % own.length] ?? sealer).seal(id, record), { id, record });
    others.push((foreign[i % foreign.length] ?? sealer).seal(id, record));
  }
  const samples = [...known.keys(), ...others];

  return {
    generate: (random) => candidate(random, samples),
    ofText: (text) => text,
    check(text) {
      const opened = sealer.open(text);
      const right = known.get(text);
      if (typeof opened === "string") return assert.equal(right, undefined, "what was sealed opens");
      assert(right !== undefined, "nothing else opens");
      assert(opened.id === right.id && isDeepStrictEqual(opened.record, right.record), "it opens as it was");
    },
  };
}

/** As sessions are: whole characters, in whole milliseconds. */
function recordOf(random: Random): SessionRecord {
  const record = anyRecord(random, wellFormedText);
  return { ...record, createdAt: Math.ceil(record.createdAt), expiresAt: Math.ceil(record.expiresAt) };
}

function candidate(random: Random, samples: readonly string[]): string {
  const text = pick(random, samples);
  switch (random.below(8)) {
    case 0:
      return text;
    case 1:
      return anyText(random);
    case 2: {
      const [at, other] = [random.below(text.length), pick(random, samples)];
      return text.slice(0, at) + other.slice(at);
    }
    default:
      return mutated(random, text, ["A", "=", "-", "_", ...(oneIn(random, 2) ? samples : [])]);
  }
}
