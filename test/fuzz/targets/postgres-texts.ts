// How PostgreSQL's texts are spelled: what is written is read again, no two are alike, the database takes each, and rows
// that somebody else wrote are records or a SessionRecordError (SECURITY-BAR S24, S35).
import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { SessionRecordError } from "../../../src/core/errors.ts";
import type { SessionRecord } from "../../../src/core/record/store.ts";
import { decodeText, encodeText } from "../../../src/stores/postgres/codec.ts";
import { encodeFields, recordOf } from "../../../src/stores/postgres/records.ts";
import { pick, type Random } from "../random.ts";
import { defineTarget } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { anyRecord } from "./records.ts";

type Input =
  | { readonly kind: "names"; readonly a: string; readonly b: string }
  | { readonly kind: "fields"; readonly fields: ReadonlyMap<string, string> }
  | { readonly kind: "row"; readonly row: readonly [string, ...(string | null)[]] };

const PIECES = [
  "\uffff",
  "\uffff0;",
  "\uffffzzzz;",
  ";",
  "{",
  "}",
  '"',
  ":",
  ",",
  "null",
  "\\u0000",
  '"__proto__":"x"',
];

export const postgresTexts = defineTarget<Input>({
  name: "postgres-texts",
  about:
    "PostgreSQL's texts come back as they were, no two are spelled alike, and any row is a record or a SessionRecordError",
  share: 80_000,
  cases: 60_000,
  prepare: () => ({
    generate: anyInput,
    ofText: (text) => ({ kind: "row", row: [text, "0", "1", "1", text, text] }),
    check(input) {
      if (input.kind === "names") checkNames(input.a, input.b);
      else if (input.kind === "fields") checkFields(input.fields);
      else checkRow(input.row);
    },
  }),
});

function anyInput(random: Random): Input {
  const { fields } = anyRecord(random);
  switch (random.below(4)) {
    case 0:
      return { kind: "names", a: anyText(random), b: pick(random, [anyText(random), encodeText(anyText(random))]) };
    case 1:
      return { kind: "fields", fields };
    default: {
      const text = mutated(random, encodeFields(fields), PIECES);
      const owner = pick(random, [null, anyText(random)]);
      return { kind: "row", row: [text, "0", "1", "1", owner, pick(random, [null, anyText(random)])] };
    }
  }
}

function checkNames(a: string, b: string): void {
  const encoded = encodeText(a);
  assert.equal(decodeText(encoded), a);
  assert(!encoded.includes("\0") && encoded.isWellFormed(), "the database takes it");
  assert.equal(encoded === encodeText(b), a === b);
}

function checkFields(fields: ReadonlyMap<string, string>): void {
  const read = recordOf([encodeFields(fields), "0", "1", "1", null, null]);
  assert.deepEqual(sorted(read), sorted({ ...read, fields }), "fields come back as they were");
}

/** The database has its own order. */
function sorted({ fields }: SessionRecord): object {
  return [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
}

function checkRow(row: readonly [string, ...(string | null)[]]): void {
  try {
    const record = recordOf([...row]);
    for (const text of [...record.fields].flat()) assert.equal(typeof text, "string");
    assert(isDeepStrictEqual(record, recordOf([...row])));
  } catch (error) {
    assert(error instanceof SessionRecordError, `not a ${String(error)}`);
  }
}
