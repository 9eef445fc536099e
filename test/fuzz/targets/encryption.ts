// Encrypted records that were tampered with: what opens is what was sealed under this key and name, and all else is a
// SessionRecordError (SECURITY-BAR S29).
import assert from "node:assert/strict";
import { SessionRecordError } from "../../../src/core/errors.ts";
import {
  createFieldEncryption,
  type FieldEncryption,
  type RecordIdentity,
} from "../../../src/core/record/encryption.ts";
import { RECORD_KEY } from "../../../src/core/session/reserved-fields.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { FOREIGN_SECRET, SECRETS } from "./issued.ts";

/** A record as a store would hand it over. */
interface Stored {
  readonly identity: RecordIdentity;
  readonly fields: ReadonlyMap<string, string>;
  /** As it was sealed, with a key that is known: all of it opens. */
  readonly isWhole: boolean;
}

const KEYS = ["k".repeat(43), "K".repeat(43), "", "__proto__"];
const NAMES = ["cart", "Cart", "", "__proto__", "用户", "\ud800", "\ud801", "\ufffd", "$flash:1"];
/** Owners and beginnings that could be taken for one another, were they put together without care. */
const OWNERS = ["ada", "Ada", "", "1", "null", '","', undefined];
const BEGINNINGS = [1, 11];
const NO_NAMES: ReadonlySet<string> = new Set();

export const encryption = defineTarget<Stored>({
  name: "encryption",
  about: "an encrypted record opens as what it was sealed as alone, and a field under its own record and name alone",
  share: 50_000,
  cases: 20_000,
  prepare,
});

const IDENTITIES: readonly RecordIdentity[] = KEYS.flatMap((key) =>
  OWNERS.flatMap((owner) => BEGINNINGS.map((createdAt) => ({ key, owner, createdAt }))),
);

function prepare(): Subject<Stored> {
  const keys = [SECRETS[0], SECRETS[1]] as const;
  const encrypting = [keys[0], keys[1], FOREIGN_SECRET].map((secret) => createFieldEncryption({ keys: [secret] }));
  const sealedWith = encrypting.map((each) =>
    IDENTITIES.map((identity) => ({ identity, fields: sealedBy(each, identity) })),
  );
  const [sealed, known] = [sealedWith.flat(), sealedWith.slice(0, keys.length).flat()];
  const wraps = new Set(sealed.map(({ identity, fields }) => wrapOf(identity, fields)));
  const reading = createFieldEncryption({ keys });

  return {
    generate(random) {
      if (oneIn(random, 8)) return { ...pick(random, known), isWhole: true };
      const { identity, fields } = pick(random, sealed);
      return {
        identity: oneIn(random, 2) ? identity : pick(random, IDENTITIES),
        fields: tampered(random, fields, () => pick(random, [...pick(random, sealed).fields.values()])),
        isWhole: false,
      };
    },
    check({ identity, fields, isWhole }) {
      const opened = openedOrRefused(() => reading.open(identity, fields).fields);
      assert(opened !== undefined || !isWhole, "what is as it was sealed opens");
      if (opened === undefined) return;
      assert(wraps.has(wrapOf(identity, fields)), "it opens as what it was sealed as, and as nothing else");
      for (const name of NAMES) assertOpens(opened, identity.key, name, isWhole);
    },
  };
}

function assertOpens(opened: ReadonlyMap<string, string>, key: string, name: string, isWhole: boolean): void {
  const clear = openedOrRefused(() => opened.get(name));
  if (clear !== undefined || isWhole) assert.equal(clear, clearTextOf(key, name));
}

/** What every field holds before it is sealed: no two of different records or names alike, so that a swap shows. */
function clearTextOf(key: string, name: string): string {
  return JSON.stringify([key, name]);
}

/** The record's own key as it lies in the record, in one spelling, and what the record is. */
function wrapOf(identity: RecordIdentity, fields: ReadonlyMap<string, string>): string {
  const bytes = Buffer.from(fields.get(RECORD_KEY)?.split(".")[1] ?? "", "base64url");
  return JSON.stringify([identity.key, identity.owner ?? null, identity.createdAt, bytes.toString("hex")]);
}

function sealedBy(encrypting: FieldEncryption, identity: RecordIdentity): ReadonlyMap<string, string> {
  const set = new Map(NAMES.map((name) => [name, clearTextOf(identity.key, name)]));
  return encrypting.create(identity.key).seal({ set, remove: NO_NAMES }, identity).set;
}

/** Fields of one record, with some moved here from other names, records and keys, and some changed. */
function tampered(
  random: Random,
  own: ReadonlyMap<string, string>,
  otherText: () => string,
): ReadonlyMap<string, string> {
  const fields = new Map(own);
  const names = [...NAMES, RECORD_KEY];
  for (const name of listOf(random, few(random, 4), () => pick(random, names))) {
    const text = oneIn(random, 2) ? otherText() : (fields.get(pick(random, names)) ?? "");
    const next = oneIn(random, 2) ? text : mutated(random, text, ["~", ".", "=", "A", otherText()]);
    fields.set(name, oneIn(random, 20) ? anyText(random) : next);
  }
  for (const name of NAMES) if (oneIn(random, 2)) fields.delete(name);
  return fields;
}

function openedOrRefused<Result>(open: () => Result): Result | undefined {
  try {
    return open();
  } catch (error) {
    assert(error instanceof SessionRecordError, `not a ${String(error)}`);
    return undefined;
  }
}
