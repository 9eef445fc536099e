// What strangers send as a Flask cookie, and what someone who holds the key could: made from a seed, one after another.
import { deflateSync } from "node:zlib";
import { writeFlaskCookie } from "../../src/flask-cookie/index.ts";
import { type FlaskSignature, sign, signerOf } from "../../src/flask-cookie/signer.ts";

/** The app's key, and the moment at which its cookies are read, in seconds. */
export const SECRET = "a key of both apps";
export const NOW = 1_700_000_000;

export interface Forgery {
  readonly kind: string;
  readonly cookie: string;
  /** It is rightly signed, and may be read: a key holder made it. All others must be refused. */
  readonly mayBeValid: boolean;
}

/** Numbers from 0 to 1 in an order that the seed decides (mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."];
const ODD = [
  ".",
  "",
  "=",
  "+",
  "/",
  " ",
  "\0",
  "é",
  "\ud800",
  "😀",
  "%2e",
  '"',
  ";",
  "\n",
  "eyJ9.",
  "..",
  "a".repeat(40),
];

/** Payloads of a key holder: each is signed once, and comes again and again. */
const PAYLOADS: Readonly<Record<string, readonly string[]>> = {
  "deep nesting": [
    "[".repeat(65_000),
    `{"a":${"[".repeat(65_000)}`,
    `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`,
    `{"a":${'{" t":['.repeat(3_000)}${"]}".repeat(3_000)}}`,
    `{"a":${'{" di":{" di__":'.repeat(200)}1${"}}".repeat(200)}}`,
    `{"a":${"[".repeat(99)}${"]".repeat(99)}}`,
  ],
  prototypes: [
    '{"__proto__":{"polluted":true}}',
    '{"constructor":{"prototype":{"polluted":true}}}',
    '{"a":{"__proto__":{"polluted":true},"b":1}}',
    '{"a":{" di":{"__proto____":{"polluted":true}}}}',
    '{"a":[{"__proto__":[]}],"hasOwnProperty":1,"toString":{" b":"AA=="},"length":-1}',
    '{" di":{"__proto____":{"polluted":true}}}',
  ],
  "broken JSON": [
    "",
    "[]",
    "null",
    "1",
    '"text"',
    '{"a":1',
    '{"a":1}}',
    '{"a":1,}',
    "{'a':1}",
    "\0",
    '{"a":NaN,"b":-Infinity,"c":Infinity}',
    `{"a":1234567890123456"${'\\"'.repeat(32_000)}`,
    `{"a":1234567890123456"${"\\".repeat(65_001)}`,
    `{"a":${"1".repeat(4_301)}}`,
    `{"a":${"-".repeat(65_000)}1234567890123456}`,
    `{"a":{" u":"${"f".repeat(32)}"},"b":{" d":"never"},"c":{" b":"!"},"d":{" t":1}}`,
    '{"\\u0000number":"1"}',
  ],
  blanks: [" ".repeat(65_000), `{${" ".repeat(65_000)}`, `{"a":"${"x".repeat(65_000)}"}`],
};

/** An endless row of forgeries. The same seed gives the same ones. */
export function createForger(seed: number): () => Forgery {
  const random = createRandom(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const text = (length: number): string => Array.from({ length }, () => pick(LETTERS)).join("");

  const good = Array.from({ length: 50 }, (_, i) => goodCookie(random, i));
  const isGood = new Set(good);
  const others = otherSigners();
  const signedPools = Object.entries(PAYLOADS).map(([kind, payloads]) => ({
    kind,
    cookies: payloads.flatMap(signedBoth),
  }));
  const bombs = [1, 2, 10].map((megabytes) => bombOf(megabytes * 1_000_000));
  const megabyte = text(10_000).repeat(100);

  const tampered = (): string => {
    const cookie = pick(good);
    const at = below(cookie.length);
    const changed = cookie.slice(0, at) + pick(random() < 0.5 ? ODD : LETTERS) + cookie.slice(at + below(3));
    return isGood.has(changed) ? `${changed}.` : changed;
  };
  const spliced = (): string => {
    const [a, b] = [pick(good).split("."), pick(good).split(".")];
    const mixed = a.map((part, i) => (random() < 0.5 ? part : (b[i] ?? ""))).join(".");
    return isGood.has(mixed) ? `${mixed}A` : mixed;
  };

  const makers: readonly (readonly [share: number, make: () => Forgery])[] = [
    [30, () => refused("tampered", tampered())],
    [10, () => refused("parts of two", spliced())],
    [
      12,
      () => {
        const cookie = pick(good);
        return refused("truncated", cookie.slice(below(2), Math.max(0, cookie.length - 1 - below(60))));
      },
    ],
    [12, () => refused("wrong key", wrongKey(random, pick(others)))],
    [8, () => refused("future", writeFlaskCookie({ n: below(9) }, { secret: SECRET, now: NOW + 1 + below(2 ** 31) }))],
    [
      4,
      () => refused("too old", writeFlaskCookie({ n: below(9) }, { secret: SECRET, now: below(NOW - 2_678_400 - 1) })),
    ],
    [
      3,
      () => refused("odd time", signedAt(`eyJhIjoxfQ.${pick(["", "!", text(20), "AAAAAAAAAAAA", "_____________w"])}x`)),
    ],
    [
      10,
      () =>
        refused(
          "noise",
          Array.from({ length: below(8) }, () => (random() < 0.5 ? text(below(30)) : pick(ODD))).join(""),
        ),
    ],
    [2, () => refused("bomb of a stranger", `${pick(bombs).slice(0, -2)}${text(2)}.`)],
    [1, () => refused("bomb of the key", pick(bombs))],
    [2, () => refused("a megabyte", `${megabyte.slice(below(5_000))}.ZVPxAA.${text(27)}`)],
    [1, () => refused("16 KB", `${megabyte.slice(0, 16_300 + below(200))}.ZVPxAA.${text(27)}`)],
    [
      3,
      () => {
        const pool = pick(signedPools);
        return { kind: pool.kind, cookie: pick(pool.cookies), mayBeValid: true };
      },
    ],
    [2, () => ({ kind: "good", cookie: pick(good), mayBeValid: true })],
  ];
  const wheel = makers.flatMap(([share, make]) => Array.from({ length: share }, () => make));
  return () => pick(wheel)();
}

const refused = (kind: string, cookie: string): Forgery => ({ kind, cookie, mayBeValid: false });

function goodCookie(random: () => number, i: number): string {
  const data = {
    username: `user${i}`,
    cart: Array.from({ length: i % 7 }, () => Math.floor(random() * 1e6)),
    text: "x".repeat(i * 20),
  };
  return writeFlaskCookie(data, { secret: SECRET, now: NOW - Math.floor(random() * 2_678_400) });
}

function otherSigners(): readonly FlaskSignature[] {
  return [
    { secret: "another key" },
    { secret: `${SECRET} ` },
    { secret: SECRET, salt: "session" },
    { secret: SECRET, digest: "sha256" },
    { secret: SECRET, keyDerivation: "django-concat" },
    { secret: "cookie-session", salt: SECRET },
  ];
}

function wrongKey(random: () => number, signature: FlaskSignature): string {
  return writeFlaskCookie({ admin: true, n: Math.floor(random() * 1e9) }, { ...signature, now: NOW });
}

const signedAt = (text: string): string => sign(signerOf({ secret: SECRET }), text);
const base64 = (bytes: Buffer): string => bytes.toString("base64url");

/** As it is, and compressed. What is longer than any cookie may be is refused either way. */
function signedBoth(json: string): readonly string[] {
  const deflated = signedAt(`.${base64(deflateSync(json))}.ZVPxAA`);
  return json.length > 10_000 ? [deflated] : [deflated, signedAt(`${base64(Buffer.from(json))}.ZVPxAA`)];
}

/** Rightly signed zeros, and a dict that is as long. */
function bombOf(bytes: number): string {
  return signedAt(`.${base64(deflateSync(`{"a":"${"\0".repeat(bytes)}"}`))}.ZVPxAA`);
}
