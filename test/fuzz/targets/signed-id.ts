// The signed cookie: what was signed verifies, and no other text does, however close it comes (SECURITY-BAR S2, S22).
import assert from "node:assert/strict";
import { createIdSigner } from "../../../src/core/request/session-id.ts";
import { deriveKeys } from "../../../src/core/secrets.ts";
import { oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { foreignTexts, issueIds, SECRETS } from "./issued.ts";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

export const signedId = defineTarget<string>({
  name: "signed-id",
  about: "verifies what was signed, tells which secret did, and takes no other spelling and no other text",
  share: 150_000,
  cases: 100_000,
  prepare,
});

function prepare(): Subject<string> {
  const issued = issueIds("session", 8);
  const known = new Map(issued.map((each) => [each.text, each]));
  const samples = [...known.keys(), ...foreignTexts("session")];
  const halves = samples.flatMap((text) => [text.slice(0, 43), text.slice(44), `.${text.slice(44)}`]);
  const signer = createIdSigner("session", deriveKeys(SECRETS));

  return {
    generate: (random) => candidate(random, samples, halves),
    ofText: (text) => text,
    check(text) {
      const first = signer.verify(text);
      const right = known.get(text);
      if (right) {
        assert.partialDeepStrictEqual(first, { id: right.id, key: right.key, newest: right.isNewest });
      } else {
        assert.equal(first, isWellFormed(text) ? "signature" : "malformed");
      }
      // Once more, now that the signer may remember the text.
      assert.deepEqual(signer.verify(text), first);
    },
  };
}

function candidate(random: Random, samples: readonly string[], halves: readonly string[]): string {
  switch (random.below(8)) {
    case 0:
      return pick(random, samples);
    case 1:
      return pick(random, halves) + pick(random, halves);
    case 2:
      return anyText(random);
    case 3:
      return respelled(random, pick(random, samples));
    default:
      return mutated(random, pick(random, samples), oneIn(random, 2) ? halves : [...ALPHABET]);
  }
}

/** One character of base64url is another one. */
function respelled(random: Random, text: string): string {
  const at = pick(random, [random.below(text.length), 42, text.length - 1]);
  return text.slice(0, at) + pick(random, [...ALPHABET]) + text.slice(at + 1);
}

/** Two times 32 bytes, each as base64url spells it, with a dot between. */
function isWellFormed(text: string): boolean {
  const [id = "", signature = "", ...rest] = text.split(".");
  return rest.length === 0 && isSpelledOnce(id) && isSpelledOnce(signature);
}

function isSpelledOnce(text: string): boolean {
  const bytes = Buffer.from(text, "base64url");
  return bytes.length === 32 && bytes.toString("base64url") === text;
}
