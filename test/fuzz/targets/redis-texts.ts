// How Redis' texts are spelled: what is written is read again, no two are alike, and any other text is a
// SessionRecordError and no outage (SECURITY-BAR S24, S35).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SessionRecordError } from "../../../src/core/errors.ts";
import type { SessionRecord } from "../../../src/core/record/store.ts";
import {
  decode,
  encodePending,
  encodeRecord,
  type Found,
  momentText,
  spell,
  unspell,
} from "../../../src/stores/redis/codec.ts";
import { oneIn, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { anyRecord } from "./records.ts";

type Input =
  | { readonly kind: "names"; readonly a: string; readonly b: string }
  | { readonly kind: "record"; readonly record: SessionRecord }
  | { readonly kind: "text"; readonly text: string };

const PIECES = [
  "L",
  "M",
  "P",
  "-",
  " ",
  "\n",
  " 0",
  " -1",
  " 1e3",
  " 0.5",
  "NaN",
  "\u0000j",
  '\u0000j"',
  "\u0000j{}",
  "é",
];

export const redisTexts = defineTarget<Input>({
  name: "redis-texts",
  about:
    "Redis' texts come back as they were, no two names are spelled alike, and any other text is a SessionRecordError",
  share: 80_000,
  cases: 60_000,
  prepare: () => ({
    generate: anyInput,
    ofText: (text) => ({ kind: "text", text }),
    check(input) {
      if (input.kind === "names") checkNames(input.a, input.b);
      else if (input.kind === "record") checkRecord(input.record);
      else checkText(input.text);
    },
  }),
});

function anyInput(random: Random): Input {
  switch (random.below(4)) {
    case 0:
      return { kind: "names", a: anyText(random), b: anyText(random) };
    case 1:
      return { kind: "record", record: wholeRecord(random) };
    default:
      return { kind: "text", text: mutated(random, stored(random), PIECES) };
  }
}

/** Redis counts in whole milliseconds. */
function wholeRecord(random: Random): SessionRecord {
  const { movedTo: _, ...record } = anyRecord(random);
  return { ...record, createdAt: Math.ceil(record.createdAt), expiresAt: Math.ceil(record.expiresAt) };
}

/** What may stand under a key. */
function stored(random: Random): string {
  if (oneIn(random, 8)) return anyText(random);
  if (oneIn(random, 4)) return encodePending(anyText(random));
  const text = encodeRecord(wholeRecord(random), {
    tag: "0az",
    listedUntil: oneIn(random, 2) ? momentText(5) : undefined,
  });
  if (!oneIn(random, 3)) return text;
  const to = spell(anyText(random));
  return `M${oneIn(random, 2) ? "-" : momentText(7)} 5 ${Buffer.byteLength(to)}\n${to}${text}`;
}

/** As a client gives it back. */
function throughUtf8(text: string): string {
  return Buffer.from(text).toString();
}

function checkNames(a: string, b: string): void {
  assert.equal(unspell(throughUtf8(spell(a))), a);
  assert.equal(throughUtf8(spell(a)) === throughUtf8(spell(b)), a === b);
  assert.deepEqual(decode(throughUtf8(encodePending(a))), { state: "pending", from: a });
}

function checkRecord(record: SessionRecord): void {
  const text = throughUtf8(encodeRecord(record, { tag: "0az", listedUntil: undefined }));
  assert(isDeepStrictEqual(decode(text), { state: "live", record }), "it comes back as it was");
}

function checkText(text: string): void {
  let found: Found;
  try {
    found = decode(text);
  } catch (error) {
    assert(error instanceof SessionRecordError, `not a ${String(error)}`);
    return;
  }
  if (found.state === "pending") assert.equal(typeof found.from, "string");
  const record = found.state === "live" ? found.record : found.state === "moved" ? found.kept : undefined;
  if (found.state === "moved") assert.equal(typeof found.to, "string");
  if (record) assertRecord(record);
}

function assertRecord({ fields, createdAt, expiresAt, owner, version, movedTo }: SessionRecord): void {
  for (const number of [createdAt, expiresAt, version]) assert(Number.isFinite(number), `${number} is no moment`);
  for (const text of [...[...fields].flat(), owner ?? "", movedTo ?? ""]) assert.equal(typeof text, "string");
}
