// Encrypted records that were tampered with: what opens is what was sealed under this key and name, and all else is a
// SessionRecordError (SECURITY-BAR S29).
import assert from "node:assert/strict";
import { SessionRecordError } from "../../../src/core/errors.ts";
import {
  createFieldEncryption,
  type FieldEncryption,
  type RecordIdentity,
} from "../../../src/core/field-encryption.ts";
import { RECORD_KEY } from "../../../src/core/field-names.ts";
import { few, listOf, oneIn, pick, type Random } from "../random.ts";
import { defineTarget, type Subject } from "../target.ts";
import { anyText, mutated } from "../texts.ts";
import { FOREIGN_SECRET, SECRETS } from "./issued.ts";

/** A record as a store would hand it over. */
interface Stored {
  readonly key: string;
  readonly fields: ReadonlyMap<string, string>;
}

const KEYS = ["k".repeat(43), "K".repeat(43), "", "__proto__"];
const NAMES = ["cart", "Cart", "", "__proto__", "用户", "\ud800", "\ud801", "\ufffd", "$flash:1"];
const NO_NAMES: ReadonlySet<string> = new Set();

export const encryption = defineTarget<Stored>({
  name: "encryption",
  about: "an encrypted field opens under its own record's key and its own name alone, whatever was moved or changed",
  share: 50_000,
  cases: 20_000,
  prepare,
});

function prepare(): Subject<Stored> {
  const keys = [SECRETS[0], SECRETS[1]] as const;
  const encrypting = [keys[0], keys[1], FOREIGN_SECRET].map((secret) => createFieldEncryption({ keys: [secret] }));
  const sealed = encrypting.map((each) => new Map(KEYS.map((key) => [key, sealedBy(each, key)])));
  const texts = sealed.flatMap((records) => [...records.values()].flatMap((fields) => [...fields.values()]));
  const reading = createFieldEncryption({ keys });

  return {
    generate: (random) => ({ key: pick(random, KEYS), fields: tampered(random, sealed, texts) }),
    check({ key, fields }) {
      const opened = openedOrRefused(() => reading.open(identityOf(key), fields).fields);
      for (const name of opened?.keys() ?? []) {
        if (name === RECORD_KEY) continue;
        const clear = openedOrRefused(() => opened?.get(name));
        if (clear !== undefined) assert.equal(clear, clearTextOf(key, name));
      }
    },
  };
}

/** What every field holds before it is sealed: no two alike, so that a swap shows. */
function clearTextOf(key: string, name: string): string {
  return JSON.stringify([key, name]);
}

function identityOf(key: string): RecordIdentity {
  return { key, createdAt: 1, owner: "ada" };
}

function sealedBy(encrypting: FieldEncryption, key: string): ReadonlyMap<string, string> {
  const set = new Map(NAMES.map((name) => [name, clearTextOf(key, name)]));
  return encrypting.create(key).seal({ set, remove: NO_NAMES }, identityOf(key)).set;
}

/** Fields of one record, with some moved here from other names, records and keys, and some changed. */
function tampered(
  random: Random,
  sealed: readonly ReadonlyMap<string, ReadonlyMap<string, string>>[],
  texts: readonly string[],
): ReadonlyMap<string, string> {
  const fields = new Map(sealed[random.below(sealed.length)]?.get(pick(random, KEYS)));
  const names = [...NAMES, RECORD_KEY];
  for (const name of listOf(random, few(random, 4), () => pick(random, names))) {
    const text = oneIn(random, 2) ? pick(random, texts) : (fields.get(name) ?? "");
    const next = oneIn(random, 2) ? text : mutated(random, text, ["~", ".", "=", "A", ...texts]);
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
