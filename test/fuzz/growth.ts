// Inputs built to be slow to read: whether the work grows with their length alone (SECURITY-BAR S22).

import { SessionRecordError, SessionValueError } from "../../src/core/errors.ts";
import { createManager } from "../../src/core/manager.ts";
import { decodeValue, encodeValue } from "../../src/core/record/codec.ts";
import { decodeRecord } from "../../src/core/record/record.ts";
import { createSessionCookie } from "../../src/core/request/session-cookie.ts";
import { createIdSigner } from "../../src/core/request/session-id.ts";
import { deriveKeys } from "../../src/core/secrets.ts";
import { memoryStore } from "../../src/stores/memory/index.ts";
import { decodeText, encodeText } from "../../src/stores/postgres/codec.ts";
import { decode, spell, unspell } from "../../src/stores/redis/codec.ts";
import { cpuTime } from "../fixtures/cpu-time.ts";
import { foreignTexts, SECRETS } from "./targets/issued.ts";

/** A family of inputs, of any length. */
interface Family {
  readonly name: string;
  /** Default {@link MAX_RATIO}. */
  readonly maxRatio?: number | undefined;
  /** Does the work on an input of about so many characters, which is made beforehand. */
  prepare(length: number): () => unknown;
}

/**
 * JavaScript's own reading of a bigint grows faster than its length, with a power near 1.5: a million digits, which only
 * who can write to the store can plant, take a third of a second.
 */
const BIGINT_RATIO = 160;

const SESSIONS = createManager({ secret: [...SECRETS], store: memoryStore() }, memoryStore);
const COOKIE = createSessionCookie();
const SIGNER = createIdSigner("session", deriveKeys(SECRETS));

/** Parts of Cookie headers, each many times over. */
const HEADERS: Readonly<Record<string, string>> = {
  semicolons: ";",
  blanks: " ",
  equals: "=",
  "the name": "session",
  "the name without its end": "session ",
  "the name within values": "a=session=",
  "empty cookies": "session=;",
  "cookies behind blanks": `${" ".repeat(50)}session=a;`,
  "no semicolons": "session= session=",
  quotes: 'session="',
  NUL: "\0",
  "beyond Latin": "用户=session=;",
};

/** Parts of values' texts, records and names. */
const TEXTS: Readonly<Record<string, string>> = {
  digits: "9",
  brackets: "[",
  "brackets that close": "[]",
  tags: '{"$":',
  dates: '{"$date":1},',
  quotes: '"',
  backslashes: "\\",
  escapes: "\\u005f",
  prototypes: "__proto__",
  NUL: "\0",
  "PostgreSQL's escape": "\uffff",
  "PostgreSQL's escape with digits": "\uffffaaaaaaaaaaaa",
  "half pairs": "\ud800",
  sizes: " 1",
  newlines: "\n",
  blanks: " ",
};

export const families: readonly Family[] = [
  ...Object.entries(HEADERS).flatMap(([name, part]) => headerFamilies(name, part)),
  ...foreignTexts("session").map((text, i) => headerFamily(`cookies not ours (${i + 1})`, `session=${text};`)),
  ...Object.entries(TEXTS).flatMap(([name, part]) => textFamilies(name, part)),
  {
    name: "value: a long array",
    prepare: (length) => {
      const items = Array.from({ length: length / 10 }, (_, i) => i);
      return () => encodeValue(items, "key");
    },
  },
  {
    name: "value: many objects",
    prepare: (length) => {
      const objects = Array.from({ length: length / 20 }, (_, i) => ({ amount: i, text: "a" }));
      return () => encodeValue(objects, "key");
    },
  },
];

function headerFamilies(name: string, part: string): Family[] {
  return [
    { name: `find: ${name}`, prepare: (length) => work(filled(part, length), (header) => COOKIE.find(header)) },
    headerFamily(name, part),
    { name: `verify: ${name}`, prepare: (length) => work(filled(part, length), (text) => SIGNER.verify(text)) },
  ];
}

function headerFamily(name: string, part: string): Family {
  return { name: `open: ${name}`, prepare: (length) => work(filled(part, length), (header) => SESSIONS.open(header)) };
}

function textFamilies(name: string, part: string): Family[] {
  const by = (reader: string, read: (text: string) => unknown, before = "", after = ""): Family => ({
    name: `${reader}: ${name}`,
    prepare: (length) => work(before + filled(part, length) + after, read),
  });
  return [
    by("value", decodeValue),
    by("value in quotes", decodeValue, '"', '"'),
    by("value in a tag", decodeValue, '{"$set":["', '"]}'),
    { ...by("bigint", decodeValue, '{"$bigint":"', '"}'), ...(part === "9" ? { maxRatio: BIGINT_RATIO } : {}) },
    by("record", decodeRecord),
    by("record's header", decodeRecord, "[1,", "\n"),
    by("Redis", decode, "L"),
    by("Redis' marker", decode, "M"),
    by("Redis' name", (text) => unspell(spell(text))),
    by("PostgreSQL", (text) => decodeText(encodeText(text))),
    by("PostgreSQL, as it is", decodeText),
  ];
}

function filled(part: string, length: number): string {
  // A text that was put together is laid flat first, as one from a socket is.
  return Buffer.from(part.repeat(Math.ceil(length / part.length)), "utf16le").toString("utf16le");
}

function work(input: string, run: (input: string) => unknown): () => unknown {
  return () => {
    try {
      return run(input);
    } catch (error) {
      if (error instanceof SessionRecordError || error instanceof SessionValueError) return undefined;
      throw error;
    }
  };
}

interface Growth {
  readonly family: string;
  readonly isTooFast: boolean;
  /** The time for a longer input, as a multiple of the time for one that is {@link FACTOR} times shorter. */
  readonly ratio: number;
  readonly length: number;
  /** In ms, for the longer input. */
  readonly time: number;
}

const FACTOR = 16;
/**
 * Work that grows with the length takes 16 times as long for 16 times the length, with its square 256 times. Half-way
 * between, by the exponent, is what neither caches nor a busy machine make of the one or the other.
 */
const MAX_RATIO: number = FACTOR ** 1.5;
const START = 2_000;
const LONGEST = 4_000_000;
/** Of less time, in ms, caches and the collector make what they like; and what takes less for the longest is fast. */
const ENOUGH = 200;
const ROUNDS = 3;
const TRIES = 4;

/** Takes the best of some rounds, and measures again before it says that work grows too fast. */
export function measureGrowth(family: Family): Growth {
  let length = START;
  while (length < LONGEST && bestTime(family.prepare(length), 1) < ENOUGH) length *= 2;
  let growth = measureAt(family, length);
  for (let tries = 1; tries < TRIES && growth.isTooFast; tries++) growth = measureAt(family, length);
  return growth;
}

function measureAt({ name, prepare, maxRatio = MAX_RATIO }: Family, length: number): Growth {
  const time = bestTime(prepare(length), ROUNDS);
  const ratio = time < ENOUGH ? 1 : time / bestTime(prepare(length / FACTOR), ROUNDS);
  return { family: name, isTooFast: ratio > maxRatio, ratio, length, time };
}

function bestTime(run: () => unknown, rounds: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const started = cpuTime();
    run();
    best = Math.min(best, cpuTime() - started);
  }
  return best;
}
